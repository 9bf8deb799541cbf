/** What was typed up to the cursor. */
export interface TypedLine {
  /** The words before the one at the cursor, unquoted; the program's name first. */
  readonly before: readonly string[];
  /** The word at the cursor as far as it is typed, unquoted. */
  readonly current: string;
  /** The quote that is open at the cursor. */
  readonly quote: '' | "'" | '"';
  /** How many characters of `current` the shell leaves as they are: up to its last break. */
  readonly kept: number;
}

/**
 * Takes a command line of bash apart as bash does: quotes and backslashes, without expanding anything.
 * @param breaks COMP_WORDBREAKS: what bash replaces begins after the last of them that is not quoted
 */
export function readBashLine(line: string, breaks: string): TypedLine {
  const before: string[] = [];
  let word: string | null = null;
  let quote: TypedLine['quote'] = '';
  let kept = 0;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (quote === "'" ? letter === "'" : quote === '"' && letter === '"') quote = '';
    else if (quote === "'") word += letter;
    else if (letter === '\\' && at + 1 < line.length) {
      const next = line.charAt(++at);
      word = (word ?? '') + (quote === '"' && !/["\\$`]/.test(next) ? `\\${next}` : next);
    } else if (quote === '"') word += letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= '';
      kept = word.length;
    } else if (letter === ' ' || letter === '\t' || letter === '\n') {
      if (word !== null) before.push(word);
      word = null;
      kept = 0;
    } else {
      word = (word ?? '') + letter;
      if (/[=:@]/.test(letter) && breaks.includes(letter)) kept = word.length;
    }
  }
  // A variable for the one command stands before it.
  while (/^[A-Za-z_]\w*=/.test(before[0] ?? '')) before.shift();
  return { before, current: word ?? '', quote, kept };
}

/** A word as it is typed in bash at a cursor inside of this quote. */
export function quoteForBash(text: string, quote: TypedLine['quote']): string {
  if (quote === "'") return text.replaceAll("'", "'\\''");
  if (quote === '"') return text.replace(/["\\$`]/g, '\\$&');
  return text.replace(/[^\w@%+=:,./\-\u0080-\uffff]/g, '\\$&');
}
