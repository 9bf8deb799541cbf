import type { Connection, Submittable } from 'pg';

/** What came of a statement. */
export interface StatementEnd {
  /** The command's tag without its numbers (manual, 54.7, CommandComplete): `SELECT`, `CREATE TABLE`. */
  readonly command: string;
  readonly rowCount: number | null;
  /** Whether the server stopped at the number of rows that was asked for, and may have more. */
  readonly suspended: boolean;
}

/** pg's connection, which its types describe as it once was. */
interface ExtendedProtocol {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string; name: string; types: readonly number[] }): void;
  bind(message: { values: readonly string[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { rows: number }): void;
  sendCopyFail(reason: string): void;
  sync(): void;
}

/** A statement was a COPY that wants the client's standard streams. */
export class CopyAsked extends Error {}

/**
 * One statement by the extended protocol: the server takes no second one with it, and stops at a number
 * of rows by itself, without an error. pg's own query goes on to the next rows, and waits for ever after
 * a COPY from standard input: the server drops the Sync that was sent before.
 *
 * pg calls its methods as messages come. Its rows are taken by the tap of the session.
 */
export class QueryStatement implements Submittable {
  readonly #text: string;
  readonly #values: readonly string[];
  readonly #maxRows: number;
  readonly #onCopyOut: () => void;
  #command = '';
  #rowCount: number | null = null;
  #suspended = false;
  #error: Error | null = null;
  readonly done: Promise<StatementEnd>;
  #resolve: (end: StatementEnd) => void = () => {};
  #reject: (error: Error) => void = () => {};

  /**
   * @param maxRows 0: all
   * @param onCopyOut called when the server begins to send a COPY's data, which is dropped
   */
  constructor(text: string, values: readonly string[], maxRows: number, onCopyOut: () => void) {
    this.#text = text;
    this.#values = values;
    this.#maxRows = maxRows;
    this.#onCopyOut = onCopyOut;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as ExtendedProtocol;
    wire.stream.cork();
    try {
      wire.parse({ text: this.#text, name: '', types: [] });
      wire.bind({ values: this.#values });
      wire.describe({ type: 'P', name: '' });
      wire.execute({ rows: this.#maxRows });
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handlePortalSuspended(): void {
    this.#suspended = true;
    this.#command = 'SELECT';
  }

  handleCommandComplete({ text }: { text: string }): void {
    // "INSERT 0 3", "SELECT 5", "CREATE TABLE": an INSERT has an OID before the number.
    const [, command = text, count] = /^(.*?)((?: \d+)+)?$/.exec(text) ?? [];
    this.#command = command;
    this.#rowCount = count === undefined ? null : Number(count.trim().split(' ').at(-1));
  }

  handleEmptyQuery(): void {}

  handleCopyInResponse(connection: Connection): void {
    const wire = connection as unknown as ExtendedProtocol;
    this.#error = new CopyAsked('COPY from standard input');
    wire.sendCopyFail('not supported');
    // The first Sync came while the server was waiting for data, and was dropped.
    wire.sync();
  }

  handleCopyData(): void {
    if (this.#error === null) this.#onCopyOut();
    this.#error ??= new CopyAsked('COPY to standard output');
  }

  /** Of the server, or of a connection that broke: then nothing comes after it. */
  handleError(error: Error): void {
    this.#reject(this.#error ?? error);
  }

  handleReadyForQuery(): void {
    if (this.#error !== null) this.#reject(this.#error);
    else this.#resolve({ command: this.#command, rowCount: this.#rowCount, suspended: this.#suspended });
  }
}
