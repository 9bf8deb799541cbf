/**
 * Divides SQL into its statements, by the rules of PostgreSQL's scanner (scan.l) and of psql for the end
 * of a statement (psqlscan.l): a semicolon outside of quotes, comments, parentheses and SQL-standard
 * function bodies. Backslashes are what they are with standard_conforming_strings on.
 */

/** A `:name` that stands for a parameter. */
interface ParameterPlace {
  readonly name: string;
  /** Of the colon, and behind the name, in UTF-16 units of the whole text. */
  readonly start: number;
  readonly end: number;
}

/** A statement in its text, without blanks and comments around it and without its semicolon. */
export interface StatementPlace {
  readonly start: number;
  readonly end: number;
  readonly parameters: readonly ParameterPlace[];
  /** Whether it has a `$1` of its own. */
  readonly hasPositions: boolean;
}

/** The statements of a text, and what is left open at its end. */
export interface DividedSql {
  readonly statements: readonly StatementPlace[];
  /** Whether the last statement has its semicolon: a prompt waits for it. */
  readonly complete: boolean;
}

const blank = /[ \t\n\r\f\v]*/y;
const lineComment = /--[^\n\r]*/y;
const identifier = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const number = /[0-9][A-Za-z0-9_.]*/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const position = /\$[0-9]+/y;
const parameter = /:([A-Za-z_][A-Za-z0-9_]*)/y;

/** @param text any text at all; what is no SQL is divided too, and left to the server */
export function divideSql(text: string): DividedSql {
  return new Divider(text).divide();
}

class Divider {
  readonly #text: string;
  readonly #statements: StatementPlace[] = [];
  #at = 0;
  /** Of the statement being read; -1 before its first token. */
  #start = -1;
  #end = 0;
  #parameters: ParameterPlace[] = [];
  #hasPositions = false;
  #open = false;
  #parentheses = 0;
  #body = new FunctionBody();

  constructor(text: string) {
    this.#text = text;
  }

  divide(): DividedSql {
    while (this.#at < this.#text.length) {
      if (!this.#skip()) this.#token();
    }
    const complete = this.#start < 0 && !this.#open;
    this.#finish();
    return { statements: this.#statements, complete };
  }

  /** Blanks and comments. */
  #skip(): boolean {
    const before = this.#at;
    this.#take(blank);
    this.#take(lineComment);
    if (this.#text.startsWith('/*', this.#at)) this.#blockComment();
    return this.#at > before;
  }

  /** They nest. */
  #blockComment(): void {
    let depth = 0;
    do {
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (two === '/*') depth += 1;
      if (two === '*/') depth -= 1;
      this.#at += two === '/*' || two === '*/' ? 2 : 1;
    } while (depth > 0 && this.#at < this.#text.length);
    this.#at = Math.min(this.#at, this.#text.length);
    this.#open = depth > 0;
  }

  #token(): void {
    const start = this.#at;
    const char = this.#text[start];
    if (char === ';') {
      this.#at += 1;
      if (this.#parentheses === 0 && !this.#body.isOpen) {
        this.#finish();
        return;
      }
    } else this.#inStatement(char ?? '');
    if (this.#start < 0) this.#start = start;
    this.#end = this.#at;
  }

  #inStatement(char: string): void {
    if (char === "'" || char === '"') this.#quoted(char);
    else if (char === '$') this.#dollar();
    else if (char === ':') this.#colon();
    else if (char === '(') this.#parenthesis(1);
    else if (char === ')') this.#parenthesis(-1);
    else if (this.#takes(identifier)) this.#word();
    else if (this.#take(number) === null) this.#at += 1;
  }

  #parenthesis(step: number): void {
    this.#parentheses = Math.max(0, this.#parentheses + step);
    this.#at += 1;
  }

  /** A letter with a quote behind it begins a string of another kind: only E'' knows backslashes. */
  #word(): void {
    const word = this.#take(identifier) ?? '';
    if (this.#text[this.#at] === "'" && /^e$/i.test(word)) this.#escapeString();
    else if (this.#parentheses === 0) this.#body.word(word);
    else this.#body.wordInParentheses(word);
  }

  /** A quote that stands twice is one of the text, as if two strings met. */
  #quoted(quote: string): void {
    const end = this.#text.indexOf(quote, this.#at + 1);
    this.#at = end < 0 ? this.#text.length : end + 1;
  }

  /** It goes on where another string follows with a line's end in between, and that one knows backslashes too. */
  #escapeString(): void {
    do {
      this.#at += 1;
      while (this.#at < this.#text.length && this.#text[this.#at] !== "'") {
        this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
      }
      this.#at = Math.min(this.#at + 1, this.#text.length);
    } while (this.#text[this.#at] === "'" || this.#goesOn());
  }

  #goesOn(): boolean {
    const before = this.#at;
    while (this.#take(blank) || this.#take(lineComment) !== null);
    const between = this.#text.slice(before, this.#at);
    if (this.#text[this.#at] === "'" && /[\n\r]/.test(between)) return true;
    this.#at = before;
    return false;
  }

  #dollar(): void {
    const tag = this.#take(dollarTag);
    if (tag !== null) {
      const end = this.#text.indexOf(tag, this.#at);
      this.#at = end < 0 ? this.#text.length : end + tag.length;
    } else if (this.#take(position) !== null) this.#hasPositions = true;
    else this.#at += 1;
  }

  /** `::` is a cast, `:=` names an argument, and behind a value it is a slice's: `a[1:n]`. */
  #colon(): void {
    const start = this.#at;
    const behindValue = /[\w\])"'$\u0080-\uffff]/.test(this.#text[start - 1] ?? '');
    if (this.#text[start + 1] === ':') this.#at += 2;
    else if (!behindValue && this.#takes(parameter)) {
      const name = (this.#take(parameter) ?? '').slice(1);
      this.#parameters.push({ name, start, end: this.#at });
    } else this.#at += 1;
  }

  #finish(): void {
    if (this.#start >= 0) {
      this.#statements.push({
        start: this.#start,
        end: this.#end,
        parameters: this.#parameters,
        hasPositions: this.#hasPositions,
      });
    }
    this.#start = -1;
    this.#parameters = [];
    this.#hasPositions = false;
    this.#parentheses = 0;
    this.#body = new FunctionBody();
  }

  #takes(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  /** Goes past what the pattern matches here; null where it does not. */
  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null || (match[0] === '' && pattern !== blank)) return null;
    this.#at += match[0].length;
    return match[0];
  }
}

/**
 * Whether a statement stands in the body of CREATE FUNCTION or PROCEDURE … BEGIN ATOMIC … END, where
 * semicolons end no statement. By psql's own heuristic: its first words, and BEGIN, CASE and END after.
 */
class FunctionBody {
  #words: string[] = [];
  #depth = 0;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  word(text: string): void {
    const word = text.toLowerCase();
    this.#remember(word);
    if (!/^create (?:or replace )?(?:function|procedure)\b/.test(this.#words.join(' '))) return;
    if (word === 'begin' || (word === 'case' && this.#depth > 0)) this.#depth += 1;
    if (word === 'end' && this.#depth > 0) this.#depth -= 1;
  }

  wordInParentheses(text: string): void {
    this.#remember(text.toLowerCase());
  }

  #remember(word: string): void {
    if (this.#words.length < 4) this.#words.push(word);
  }
}
