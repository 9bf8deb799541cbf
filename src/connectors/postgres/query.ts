import type {
  OpenQueryRequest,
  QuerySession,
  ResultSink,
  RunOptions,
  SqlScript,
  SqlStatement,
  StatementOutcome,
} from '../../connections/query-port.ts';
import { Deadline } from './deadline.ts';
import { sqlstateOf } from './diagnosis.ts';
import { openSession } from './open-session.ts';
import type { CancelWays } from './query-cancel.ts';
import { sessionError, statementError } from './query-errors.ts';
import { RunningStatement } from './query-running.ts';
import { QueryTransaction, setForSession } from './query-transaction.ts';
import type { Session } from './session.ts';
import { readTlsFiles } from './tls-files.ts';

/** A row may hold what PostgreSQL takes for one value; how many there are nobody knows before. */
const bounds = { maxMessage: 1024 * 1024 * 1024, maxTotal: Number.POSITIVE_INFINITY };
/** How long the server may take to clean up after a script. Milliseconds. */
const patience = 1_500;

/**
 * Opens a session for scripts.
 * @throws ServerError with the diagnosis of the probe; UsageError for unreadable files; InterruptedError
 */
export async function openQuery(request: OpenQueryRequest): Promise<QuerySession> {
  const { endpoint, secrets, onNotice, timeoutMs, signal } = request;
  const files = await readTlsFiles(endpoint);
  try {
    const deadline = new Deadline(timeoutMs, signal);
    const { session } = await openSession({ endpoint, secrets, files, bounds }, deadline);
    const query = new PostgresQuery(
      session,
      { endpoint, files, keyPassword: secrets.sslKeyPassword },
      onNotice,
    );
    // What it says of our own statements is no concern of the user's.
    session.onNotice = (severity, text) => {
      if (query.runsStatement) onNotice?.(severity, text);
    };
    return query;
  } catch (error) {
    throw sessionError(error, endpoint);
  }
}

class PostgresQuery implements QuerySession {
  readonly #session: Session;
  readonly #ways: CancelWays;
  readonly #onNotice: OpenQueryRequest['onNotice'];
  /** Whether a statement of the user's runs just now. */
  runsStatement = false;

  constructor(session: Session, ways: CancelWays, onNotice: OpenQueryRequest['onNotice']) {
    this.#session = session;
    this.#ways = ways;
    this.#onNotice = onNotice;
  }

  async run(script: SqlScript, options: RunOptions, sink: ResultSink): Promise<void> {
    const [only] = script.statements;
    try {
      await this.#inTransaction(script, options, sink);
    } catch (error) {
      if (!(error instanceof NeedsNoTransaction)) throw error;
      const alone = options.write && script.statements.length === 1;
      if (!alone || only === undefined) throw error.shown;
      await this.#alone(script, only, options, sink);
    }
  }

  get isOver(): boolean {
    return this.#session.isOver;
  }

  close(): void {
    this.#session.close();
  }

  async #inTransaction(script: SqlScript, options: RunOptions, sink: ResultSink): Promise<void> {
    const { schema } = this.#ways.endpoint;
    this.#session.deadline = deadlineOf(options);
    const transaction = await this.#ask(() => QueryTransaction.begin(this.#session, schema, options.write));
    let ended = false;
    try {
      for (const statement of script.statements) {
        const outcome = await this.#statement(script, statement, options, sink);
        this.#session.deadline = deadlineOf(options);
        await this.#ask(() => transaction.check());
        await sink.end(outcome);
      }
      ended = true;
      await this.#ask(() => transaction.end());
    } finally {
      // What was interrupted is rolled back all the same.
      this.#session.deadline = new Deadline(patience, new AbortController().signal);
      // Of a session that is gone nothing is left to roll back.
      if (!ended) await transaction.rollBack().catch(() => {});
    }
  }

  /** A statement that no transaction may stand around is one for itself. */
  async #alone(
    script: SqlScript,
    statement: SqlStatement,
    options: RunOptions,
    sink: ResultSink,
  ): Promise<void> {
    const { schema } = this.#ways.endpoint;
    this.#session.deadline = deadlineOf(options);
    const reset = await this.#ask(() => setForSession(this.#session, schema));
    if (reset === null) this.#onNotice?.('NOTICE', pooledAlone);
    try {
      await sink.end(await this.#statement(script, statement, options, sink));
    } catch (error) {
      throw error instanceof NeedsNoTransaction ? error.shown : error;
    } finally {
      this.#session.deadline = new Deadline(patience, new AbortController().signal);
      await reset?.().catch(() => {});
    }
  }

  /** Runs what is ours; what the server says of it is no error in the user's text. */
  async #ask<T>(ours: () => Promise<T>): Promise<T> {
    try {
      return await ours();
    } catch (error) {
      throw sessionError(error, this.#ways.endpoint);
    }
  }

  async #statement(
    script: SqlScript,
    statement: SqlStatement,
    options: RunOptions,
    sink: ResultSink,
  ): Promise<StatementOutcome> {
    const running = new RunningStatement(this.#session, this.#ways, options, sink);
    this.runsStatement = true;
    try {
      return await running.run(statement);
    } catch (error) {
      const words = statementError(error, script, statement, options.write, this.#ways.endpoint);
      const shown = sessionError(words, this.#ways.endpoint);
      throw refusesTransaction(error) ? new NeedsNoTransaction(shown) : shown;
    } finally {
      this.runsStatement = false;
    }
  }
}

const pooledAlone =
  'a pooler stands in between, so that names without a schema are looked for in the role’s own search_path';

function deadlineOf({ timeoutMs, signal }: RunOptions): Deadline {
  return new Deadline(timeoutMs ?? Number.POSITIVE_INFINITY, signal);
}

/**
 * What the server says of a statement that can't run in a transaction (25001), and of a procedure that
 * ends one (2D000): nothing has come of it then.
 */
function refusesTransaction(error: unknown): boolean {
  const sqlstate = sqlstateOf(error);
  return sqlstate === '25001' || sqlstate === '2D000';
}

/** Carries the error of such a statement, where it can't be run otherwise. */
class NeedsNoTransaction extends Error {
  readonly shown: unknown;

  constructor(shown: unknown) {
    super('a transaction may not stand around it');
    this.shown = shown;
  }
}
