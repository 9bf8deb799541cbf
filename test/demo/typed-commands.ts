import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CommandSettings {
  readonly cwd: string;
  /** The whole of the commands' environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends what is running, and lets nothing else begin. */
  readonly signal: AbortSignal;
}

/** Prints commands as one would type them, and runs exactly what it printed. */
export class TypedCommands {
  readonly #settings: CommandSettings;

  constructor(settings: CommandSettings) {
    this.#settings = settings;
  }

  /** Prints a remark, as a comment of the shell's. */
  async remark(text: string): Promise<void> {
    await this.#print(text.replace(/^/gm, '# '), '2');
  }

  /** Prints a line that is typed elsewhere, with the prompt that stands there. */
  async elsewhere(prompt: string, line: string): Promise<void> {
    await this.#print(`${prompt} ${line}`, '1');
  }

  /**
   * Prints a line of shell and runs it; what it says goes where ours goes, its standard input is empty.
   * @param exitCode the one it has to end with
   * @throws Error when it ends otherwise
   */
  async run(line: string, exitCode = 0): Promise<void> {
    await this.#print(`$ ${line}`, '1');
    const { cwd, env, signal } = this.#settings;
    const child = spawn('/bin/sh', ['-c', line], { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const end = () => void child.kill();
    signal.addEventListener('abort', end);
    const [code] = await once(child, 'exit');
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
    await write('\n');
    if (code !== exitCode) {
      throw new Error(`the command above ended with exit code ${code}, and ${exitCode} was to be expected`);
    }
  }

  async #print(text: string, style: '1' | '2'): Promise<void> {
    this.#settings.signal.throwIfAborted();
    const styled = process.stdout.isTTY && process.env.NO_COLOR === undefined;
    await write(styled ? `\u001b[${style}m${text}\u001b[0m\n` : `${text}\n`);
  }
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
