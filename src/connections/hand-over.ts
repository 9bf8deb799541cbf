import type { Secret } from '../secrets/secret.ts';

/** A file that a program is handed: it is written 0600, and gone when the program has ended. */
export interface HandedFile {
  /** Without a directory: `passfile`. */
  readonly name: string;
  readonly content: Secret;
  /** The variable that tells the program its path. */
  readonly variable: string;
}

/** What the programs of a kind of database read to dial an endpoint. */
export interface HandOver {
  /** Variables without a secret. */
  readonly variables: Readonly<Record<string, string>>;
  readonly files: readonly HandedFile[];
  /** What can't be handed over by files, in a sentence for the user; null: all is. */
  readonly complaint: string | null;
}

/** A program that is run with credentials. */
export interface ProgramRequest {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The whole of its environment, but for the variables of the files. */
  readonly environment: Readonly<Record<string, string>>;
  readonly files: readonly HandedFile[];
}

/** How a program ended: by itself, or by a signal. */
export type ProgramEnd =
  | { readonly exitCode: number }
  /** The signal's number: 9 is SIGKILL. */
  | { readonly signal: number };
