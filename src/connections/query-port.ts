import type { Endpoint } from './connection.ts';
import type { SecretItem } from './secret-store.ts';

/** What a program may take a column's values for, beside text. */
export type ColumnKind =
  | 'boolean'
  /** Whole, and never beyond 2^53. */
  | 'integer'
  /** IEEE floating point, or NaN and the infinities. */
  | 'float'
  /** Of any length and precision. */
  | 'number'
  /** JSON itself. */
  | 'json'
  | 'text';

/** A column of a result. */
export interface QueryColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** How a statement ended. */
export interface StatementOutcome {
  /** The server's word for it: `SELECT`, `UPDATE`, `CREATE`. */
  readonly command: string;
  /** Rows read or changed; null where the statement is not about rows. */
  readonly rowCount: number | null;
  /** Whether it had columns: a result with rows, or with none of them. */
  readonly hasColumns: boolean;
  /** Whether there were more rows than the limit let through. */
  readonly more: boolean;
}

/**
 * Takes what statements answer, one after another: the columns of a statement that has any, its rows,
 * its end.
 */
export interface ResultSink {
  begin(columns: readonly QueryColumn[]): void;
  /**
   * A row, packed: of each column the length of its text in four bytes, the highest first (-1: NULL),
   * and the text in UTF-8. It lies in `bytes` from `start` up to `end`, valid during the call alone.
   * @returns null, or what to wait for before many more come
   */
  row(bytes: Buffer, start: number, end: number): Promise<void> | null;
  end(outcome: StatementOutcome): Promise<void>;
}

/** A statement of a text, with its place in it. */
export interface SqlStatement {
  /** What is sent: parameters are `$1`, `$2` …. */
  readonly text: string;
  /** Bound as text, in the order of the numbers. */
  readonly values: readonly string[];
  /** The place in the whole text that a character of {@link text} came from; both count UTF-16 units from 0. */
  placeOf(index: number): number;
}

/** A text as it is sent: the whole, and the statements in it. */
export interface SqlScript {
  readonly source: string;
  readonly statements: readonly SqlStatement[];
}

export interface OpenQueryRequest {
  /** Told what the server says beside its answers: "NOTICE", and its words. */
  readonly onNotice?: (severity: string, text: string) => void;
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  /** Of the opening alone, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a script is run. */
export interface RunOptions {
  /** Whether it may change anything; otherwise the server is told to let it change nothing. */
  readonly write: boolean;
  /** Rows of each statement that are asked for, at the most; null: all. */
  readonly rowLimit: number | null;
  /** How long each statement may take, in milliseconds; null: as long as it likes. */
  readonly timeoutMs: number | null;
  /** Cancels the statement that runs, on the server too. */
  readonly signal: AbortSignal;
}

/** An open session that runs scripts, one at a time. */
export interface QuerySession {
  /**
   * Runs a script's statements in one transaction: with `write` all of it is kept or nothing,
   * otherwise nothing ever. It ends at the first error.
   * @throws ServerError query_failed, query_timeout and those of dialling; RefusedError
   * transaction_left, copy_not_supported; InterruptedError
   */
  run(script: SqlScript, options: RunOptions, sink: ResultSink): Promise<void>;
  /** Whether the server or the network has ended it: nothing can be run in it any more. */
  readonly isOver: boolean;
  /** Never throws, and does not wait for the server. */
  close(): void;
}
