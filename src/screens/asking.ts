import type { Theme } from '../output/theme.ts';

/** The terminal that questions are asked on: they go to stderr, for stdout is the answer's. */
export interface Asking {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  /** Of stderr; questions are coloured as everything else is, or not at all. */
  readonly theme: Theme;
  /** Whether questions are printed and read line by line, never drawn over: for screen readers. */
  readonly plain: boolean;
}

export interface Choice<T> {
  readonly value: T;
  readonly name: string;
  readonly description?: string;
}

/** A check of what was typed: true, or what is wrong with it. */
export type Check = (text: string) => true | string | Promise<true | string>;

/** What a text is to start from. */
export interface TextQuestion {
  readonly message: string;
  /** Taken when Enter alone is pressed. */
  readonly initial?: string | undefined;
  /** Whether `initial` stands there to be edited, rather than beside it as a proposal. */
  readonly editable?: boolean;
  readonly check?: Check;
}
