import { createInterface, type Interface } from 'node:readline';
import { terminalSafe } from '../output/terminal-text.ts';
import type { Theme } from '../output/theme.ts';
import { commandsHelp, type Described, readCommand } from './query-commands.ts';
import { type CompletionNames, completionsOf } from './query-completion.ts';
import type { QueryHistory } from './query-history.ts';

/** What the prompt works with. */
export interface QueryPromptParts {
  readonly stdin: NodeJS.ReadStream;
  /** What is asked on: stdout is the answers'. */
  readonly stderr: NodeJS.WriteStream;
  readonly theme: Theme;
  /** Ends the prompt. */
  readonly signal: AbortSignal;
  /** The connection's. */
  readonly name: string;
  /** Whether statements may change something, which the prompt shows. */
  readonly write: boolean;
  readonly history: QueryHistory;
  /** Whether a text ends within a statement. */
  isOpen(text: string): Promise<boolean>;
  /** Runs what was typed and shows what came of it, errors too. */
  run(text: string, signal: AbortSignal): Promise<void>;
  /** Shows relations as they were discovered, errors too. */
  describe(wanted: Described, signal: AbortSignal): Promise<void>;
  names(): Promise<CompletionNames>;
}

const historySize = 1_000;

/**
 * Asks for statements until the user leaves. Ctrl-C drops what is being typed, or cancels the statement
 * that runs; what is typed meanwhile waits for its turn.
 */
export function promptForQueries(parts: QueryPromptParts): Promise<void> {
  return new QueryPrompt(parts).ask();
}

class QueryPrompt {
  readonly #parts: QueryPromptParts;
  readonly #waiting: string[] = [];
  #lines: string[] = [];
  #readline: Interface | null = null;
  /** readline's own, the newest first. */
  #offered: string[] = [];
  #names: Promise<CompletionNames> | null = null;
  /** Of the statement that runs. */
  #running: AbortController | null = null;
  #left = false;

  constructor(parts: QueryPromptParts) {
    this.#parts = parts;
  }

  async ask(): Promise<void> {
    const { stdin, stderr, signal, history } = this.#parts;
    stderr.write(this.#parts.theme.faint(`${terminalSafe(this.#mode())}; \\? for help, \\q to leave\n`));
    this.#offered = [...history.entries].reverse();
    const readline = createInterface({
      input: stdin,
      output: stderr,
      terminal: true,
      history: [...this.#offered],
      historySize,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        this.#complete(line).then((result) => done(null, result));
      },
    });
    this.#readline = readline;
    const staysOnOldest = this.#stayOnOldest(readline);
    const leave = () => readline.close();
    signal.addEventListener('abort', leave, { once: true });
    const closed = new Promise<void>((resolve) => readline.once('close', resolve));
    // A line is offered again only when it is known to carry no password.
    readline.on('history', (offered: string[]) => {
      offered.shift();
      this.#offered = offered;
    });
    readline.on('SIGINT', () => this.#interrupt());
    readline.on('line', (line) => {
      this.#waiting.push(line);
      if (this.#running === null && this.#waiting.length === 1) this.#work();
    });
    this.#prompt();
    await closed;
    this.#left = true;
    signal.removeEventListener('abort', leave);
    staysOnOldest.end();
    this.#running?.abort();
    await this.#worked;
    stderr.write('\n');
  }

  #worked: Promise<void> = Promise.resolve();

  /** Up on the oldest entry leaves it: readline goes one further, back to what was typed. */
  #stayOnOldest(readline: Interface): { end(): void } {
    const { stdin } = this.#parts;
    let before = '';
    const note = () => {
      before = readline.line;
    };
    const goBack = (_: unknown, key: { readonly name?: string } | undefined) => {
      const { line } = readline;
      if (key?.name === 'up' && line !== before && !this.#offered.includes(line))
        readline.write(null, { name: 'down' });
    };
    stdin.prependListener('keypress', note);
    stdin.on('keypress', goBack);
    return {
      end() {
        stdin.off('keypress', note);
        stdin.off('keypress', goBack);
      },
    };
  }

  #mode(): string {
    return `${this.#parts.name}, ${this.#parts.write ? 'changes are saved' : 'read-only'}`;
  }

  #work(): void {
    this.#worked = this.#takeLines();
  }

  async #takeLines(): Promise<void> {
    for (let line = this.#waiting[0]; line !== undefined && !this.#left; line = this.#waiting[0]) {
      await this.#take(line);
      this.#waiting.shift();
    }
    if (!this.#left) this.#prompt();
  }

  async #take(line: string): Promise<void> {
    if (this.#lines.length === 0 && (await this.#command(line))) return;
    this.#lines.push(line);
    const text = this.#lines.join('\n');
    if (text.trim() === '') this.#lines = [];
    else if (!(await this.#parts.isOpen(text))) {
      const lines = this.#lines;
      this.#lines = [];
      this.#offered.unshift(...[...(await this.#parts.history.add(lines))].reverse());
      await this.#cancellable((signal) => this.#parts.run(text, signal));
    }
  }

  async #command(line: string): Promise<boolean> {
    const { stderr, theme } = this.#parts;
    const command = readCommand(line);
    switch (command?.does) {
      case undefined:
        return false;
      case 'leave':
        this.#readline?.close();
        break;
      case 'help':
        stderr.write(commandsHelp);
        break;
      case 'unknown':
        stderr.write(
          `${theme.caution('!')} there is no command ${terminalSafe(command.word)}; \\? lists them\n`,
        );
        break;
      case 'describe':
        this.#offered.unshift(line);
        await this.#cancellable((signal) => this.#parts.describe(command, signal));
    }
    return true;
  }

  async #cancellable(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#running = new AbortController();
    try {
      await work(this.#running.signal);
    } finally {
      this.#running = null;
    }
  }

  #interrupt(): void {
    if (this.#running !== null) {
      this.#running.abort();
      return;
    }
    this.#lines = [];
    this.#waiting.length = 0;
    const readline = this.#readline;
    if (readline === null) return;
    // Ctrl-E, Ctrl-U: the line is emptied as if by hand.
    readline.write(null, { ctrl: true, name: 'e' });
    readline.write(null, { ctrl: true, name: 'u' });
    this.#parts.stderr.write('^C\n');
    this.#prompt();
  }

  #prompt(): void {
    const { theme, write } = this.#parts;
    const sign = `${this.#lines.length === 0 ? '=' : '-'}${write ? '#' : '>'}`;
    this.#readline?.setPrompt(`${theme.accent(terminalSafe(this.#parts.name))}${sign} `);
    this.#readline?.prompt();
  }

  async #complete(line: string): Promise<[string[], string]> {
    try {
      this.#names ??= this.#parts.names();
      return completionsOf(line, await this.#names);
    } catch {
      // Names that can't be had complete nothing.
      return [[], line];
    }
  }
}
