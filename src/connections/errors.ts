/** What every error of ours says: a stable code for programs, one sentence and its fix for a person. */
export interface ErrorParts {
  /** Stable, snake_case; part of the JSON contract. */
  readonly code: string;
  /** One sentence, without a trailing full stop needed; never holds a secret. */
  readonly message: string;
  /** What to do now, ideally the command to type; null when there is nothing to do. */
  readonly fix?: string | null;
  readonly excerpt?: Excerpt | null;
  readonly cause?: unknown;
}

/** The line of an input that an error is about, shown to a person below the message. */
export interface Excerpt {
  readonly line: string;
  /** Where in the line, in UTF-16 units from 0. */
  readonly caret: number;
}

/** The root of the errors that are meant for a person. Its subclass decides the exit code, in main. */
export class JackfieldError extends Error {
  readonly code: string;
  readonly fix: string | null;
  readonly excerpt: Excerpt | null;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = new.target.name;
    this.code = parts.code;
    this.fix = parts.fix ?? null;
    this.excerpt = parts.excerpt ?? null;
  }
}

/** The command, a value or a file given to it is wrong; nothing was changed. */
export class UsageError extends JackfieldError {}

/** No connection or pipeline goes by that name or id. */
export class NotFoundError extends JackfieldError {}

/** Understood and refused: a name is taken, something is in use, not confirmed, not for this role. */
export class RefusedError extends JackfieldError {}

/** A secret can't be had: locked, wrong passphrase, missing variable, bound to another endpoint. */
export class SecretError extends JackfieldError {}

/** The catalog can't be used: not a database, of a newer version, wrong permissions, full disk. */
export class CatalogError extends JackfieldError {}

/** The server can't be reached or refused what was asked. */
export class ServerError extends JackfieldError {}

/** The program that was to be run can't be: `program_not_found`, `program_unusable`. */
export class ProgramError extends JackfieldError {}

/** The user interrupted (Ctrl-C, SIGTERM). */
export class InterruptedError extends JackfieldError {
  constructor() {
    super({ code: 'interrupted', message: 'interrupted' });
  }
}
