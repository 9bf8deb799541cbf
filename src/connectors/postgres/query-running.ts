import { InterruptedError, RefusedError, ServerError } from '../../connections/errors.ts';
import type { ResultSink, RunOptions, SqlStatement, StatementOutcome } from '../../connections/query-port.ts';
import { Deadline } from './deadline.ts';
import { Fault } from './faults.ts';
import { type CancelWays, requestCancel } from './query-cancel.ts';
import { isRow, readColumns } from './query-columns.ts';
import { CopyAsked, QueryStatement } from './query-statement.ts';
import type { Session } from './session.ts';
import type { RowTap } from './session-frames.ts';

/** How long a server may take to end what was cancelled, before the connection is cut. Milliseconds. */
const patience = 1_500;

/**
 * One statement from its start to its end: its rows go to the sink no faster than that takes them, and
 * what ends it early is cancelled on the server.
 */
export class RunningStatement implements RowTap {
  readonly #session: Session;
  readonly #ways: CancelWays;
  readonly #options: RunOptions;
  readonly #sink: ResultSink;
  readonly #cut = new AbortController();
  #cutTimer: NodeJS.Timeout | undefined;
  /** Why it was cancelled; null while it was not. */
  #stopped: Error | null = null;
  #columns = -1;
  #rows = 0;
  #held = false;

  constructor(session: Session, ways: CancelWays, options: RunOptions, sink: ResultSink) {
    this.#session = session;
    this.#ways = ways;
    this.#options = options;
    this.#sink = sink;
  }

  /** @throws Fault; pg's DatabaseError; RefusedError; ServerError query_timeout; InterruptedError */
  async run({ text, values }: SqlStatement): Promise<StatementOutcome> {
    const { rowLimit, timeoutMs, signal } = this.#options;
    if (signal.aborted) throw new InterruptedError();
    // One more than is shown tells whether there are more.
    const most = rowLimit === null ? 0 : rowLimit + 1;
    const statement = new QueryStatement(text, values, most, () => this.#stop(copyNotSupported()));
    const onAbort = () => this.#stop(new InterruptedError());
    signal.addEventListener('abort', onAbort, { once: true });
    const timer =
      timeoutMs === null ? undefined : setTimeout(() => this.#stop(timeOut(timeoutMs)), timeoutMs);
    try {
      const deadline = new Deadline(Number.POSITIVE_INFINITY, this.#cut.signal);
      const { command, rowCount } = await this.#session.runStatement(statement, this, deadline);
      if (this.#stopped) throw this.#stopped;
      const hasColumns = this.#columns >= 0;
      const more = rowLimit !== null && this.#rows > rowLimit;
      const rows = rowLimit === null || !hasColumns ? rowCount : Math.min(this.#rows, rowLimit);
      return { command, rowCount: rows, hasColumns, more };
    } catch (error) {
      if (this.#stopped) throw this.#stopped;
      throw error instanceof CopyAsked ? copyNotSupported(error) : error;
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#cutTimer);
      signal.removeEventListener('abort', onAbort);
      this.#resume();
    }
  }

  describe(body: Buffer): void {
    let columns: ReturnType<typeof readColumns>;
    try {
      columns = readColumns(body);
    } catch (error) {
      throw unreadable(error);
    }
    this.#columns = columns.length;
    this.#sink.begin(columns);
  }

  row(bytes: Buffer, start: number, end: number): void {
    if (!isRow(bytes, start, end, this.#columns)) throw unreadable();
    this.#rows += 1;
    const { rowLimit } = this.#options;
    if (this.#stopped !== null || (rowLimit !== null && this.#rows > rowLimit)) return;
    const full = this.#sink.row(bytes, start + 2, end);
    if (full !== null && !this.#held) this.#hold(full);
  }

  #hold(full: Promise<void>): void {
    this.#held = true;
    this.#session.holdRows();
    full.then(
      () => this.#resume(),
      (error: Error) => this.#stop(error),
    );
  }

  #resume(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#session.resumeRows();
  }

  /** Rows that still come are dropped; a server that does not answer is left. */
  #stop(reason: Error): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    this.#resume();
    this.#cutTimer = setTimeout(() => this.#cut.abort(), patience);
    requestCancel(this.#session, this.#ways).then((sent) => {
      if (!sent) this.#cut.abort();
    });
  }
}

function unreadable(cause?: unknown): Fault {
  return new Fault('protocol_violation', { text: 'a row that is none' }, cause);
}

function timeOut(timeoutMs: number): ServerError {
  return new ServerError({
    code: 'query_timeout',
    message: `the statement took longer than ${timeoutMs / 1000} s, and was cancelled`,
    fix: 'give it more time with --timeout 5m, or have it do less',
  });
}

function copyNotSupported(cause?: unknown): RefusedError {
  return new RefusedError({
    code: 'copy_not_supported',
    message: 'COPY with standard input or output is not something that query does',
    fix: 'to get rows out, ask for them: query NAME "select …" --output csv',
    cause,
  });
}
