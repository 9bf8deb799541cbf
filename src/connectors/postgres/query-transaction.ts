import { RefusedError } from '../../connections/errors.ts';
import { quoteIdentifier } from './identifiers.ts';
import type { Session } from './session.ts';

/**
 * Values are printed so that nothing is lost, whatever the role's settings: exact floating point
 * numbers, ISO 8601 dates, hexadecimal bytes. SET LOCAL ends with the transaction, behind a pooler too.
 */
const exactValues = ['DateStyle = ISO', 'extra_float_digits = 1', "bytea_output = 'hex'"];

const readOnlyBegin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const writeBegin = 'BEGIN READ WRITE';

/**
 * Puts the connection's schema before the role's own search_path. In a read-only transaction this first
 * query takes the snapshot as well, after which the server refuses to make the transaction read-write
 * (check_transaction_read_only in src/backend/commands/variable.c).
 */
const searchPath = (scope: 'true' | 'false') => `SELECT
  pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', $1::pg_catalog.text,
    NULLIF(pg_catalog.current_setting('search_path'), '')), ${scope}),
  pg_catalog.transaction_timestamp()::pg_catalog.text AS began,
  pg_catalog.current_setting('max_prepared_transactions', true) AS may_prepare`;

/**
 * PREPARE TRANSACTION would leave a transaction on the server, which holds VACUUM up. The server refuses
 * to prepare one that has exported its snapshot (PrepareTransaction in xact.c).
 */
const neverPrepared = 'SELECT pg_catalog.pg_export_snapshot()';

/**
 * Whether the transaction is still the one that was begun. A transaction begins at one microsecond and
 * keeps it; COMMIT AND CHAIN begins another that looks the same in all else.
 */
const stillIn = `SELECT pg_catalog.timestamptz_eq(pg_catalog.transaction_timestamp(),
    $1::pg_catalog.timestamptz) AS same,
  pg_catalog.current_setting('transaction_read_only') AS read_only`;

/** The transaction that a script runs in. */
export class QueryTransaction {
  readonly #session: Session;
  readonly #write: boolean;
  readonly #began: string;

  private constructor(session: Session, write: boolean, began: string) {
    this.#session = session;
    this.#write = write;
    this.#began = began;
  }

  /** @param schema comes first in the search_path @throws Fault; pg's DatabaseError */
  static async begin(session: Session, schema: string, write: boolean): Promise<QueryTransaction> {
    const settings = exactValues.map((setting) => `SET LOCAL ${setting}`);
    await session.query([write ? writeBegin : readOnlyBegin, ...settings].join('; '));
    const { began, may_prepare } = await session.queryRow(searchPath('true'), [quoteIdentifier(schema)]);
    if (!write && may_prepare != null && may_prepare !== '0') await session.query(neverPrepared);
    return new QueryTransaction(session, write, began ?? '');
  }

  /**
   * Makes sure that a statement has not ended the transaction, before another one is sent.
   * @throws RefusedError transaction_left
   */
  async check(): Promise<void> {
    const { same, read_only } = await this.#session.queryRow(stillIn, [this.#began]);
    if (same === 't' && (this.#write || read_only === 'on')) return;
    throw new RefusedError({
      code: 'transaction_left',
      message: this.#write
        ? 'a statement ended the transaction that everything runs in; what came before it may be saved already'
        : 'a statement ended the read-only transaction that everything runs in; nothing after it was run',
      fix: this.#write
        ? 'take COMMIT, ROLLBACK and the like out of the text: it is committed as a whole, or not at all'
        : 'take COMMIT, ROLLBACK and the like out of the text; to change something there is --write',
    });
  }

  /** Keeps what was written; what only read is rolled back, and with it what reading may have left. */
  async end(): Promise<void> {
    await this.#session.query(this.#write ? 'COMMIT' : 'ROLLBACK');
  }

  async rollBack(): Promise<void> {
    await this.#session.query('ROLLBACK');
  }
}

/**
 * The same settings for a statement that no transaction may stand around (VACUUM, CREATE DATABASE). Behind
 * a pooler there are none: each statement may have another session of the server's, and whoever comes
 * next would find what was set in the former.
 * @returns what takes them away again; null behind a pooler
 */
export async function setForSession(session: Session, schema: string): Promise<(() => Promise<void>) | null> {
  const { backend } = await session.queryRow('SELECT pg_catalog.pg_backend_pid() AS backend');
  const { backendKey } = session;
  if (backendKey !== null && Number(backend) !== backendKey.process) return null;
  await session.query(exactValues.map((setting) => `SET ${setting}`).join('; '));
  await session.queryRow(searchPath('false'), [quoteIdentifier(schema)]);
  const names = ['DateStyle', 'extra_float_digits', 'bytea_output', 'search_path'];
  return async () => {
    await session.query(names.map((name) => `RESET ${name}`).join('; '));
  };
}
