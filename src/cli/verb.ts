import type { Command } from 'commander';
import type { App, Verdict } from './app.ts';

/**
 * Runs a verb: main makes the app, and maps what it returns or throws to an exit code.
 * @param formats what `--output` may say of this verb, besides the formats that all have
 * @param tolerates that the file of defaults, or a variable beside it, is wrong
 */
export type Act = (
  run: (app: App) => Promise<Verdict>,
  formats?: readonly string[],
  tolerates?: 'broken-config',
) => Promise<void>;

/** Declares a verb's grammar: arguments, flags, help and examples. It opens nothing. */
type Declare = (command: Command, act: Act) => void;

/** A verb as the program knows it before it is used: enough for the list of commands. */
export interface Verb {
  /** `connections list`, `apply`. */
  readonly path: string;
  readonly alias?: string;
  readonly summary: string;
  /** Loads its grammar, when the verb is used or its help is asked for. */
  readonly load: () => Promise<Declare>;
}

/** Examples at the end of a verb's help, each a line that can be typed. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** {@link examples} of a verb that has another name too: each line begins with the one it is asked under. */
export function ownExamples(command: Command, ...lines: string[]): string {
  const path = `jackfield ${command.parent?.name()} ${command.name()}`;
  const isMain = lines[0]?.startsWith(`${path} `) === true;
  return examples(...lines.map((line) => (isMain ? line : line.replace(/^jackfield \S+ \S+/, path))));
}
