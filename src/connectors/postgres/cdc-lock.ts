import { RefusedError } from '../../connections/errors.ts';
import type { Deadline } from './deadline.ts';
import type { Session } from './session.ts';

/** `JCDC`, of an advisory lock in two parts; one lock a database. */
const lockClass = 0x4a_43_44_43;
const lockObject = 1;
/** How long another set-up is waited for, and how often it is looked at. Milliseconds. */
const patience = 10_000;
const pause = 200;

/**
 * Begins a transaction that may write and in which nobody else sets up or takes down in this database. All
 * that is set holds for the transaction alone, so that a pooler in between does no harm.
 * @param limitMs after which a statement of it is ended, by the server itself
 * @throws RefusedError cdc_busy
 */
export async function beginLocked(
  session: Session,
  deadline: Deadline,
  recovery: boolean,
  limitMs: number,
): Promise<void> {
  await session.query(`BEGIN ISOLATION LEVEL READ COMMITTED ${recovery ? 'READ ONLY' : 'READ WRITE'};
SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL lock_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL statement_timeout = ${Math.max(1000, Math.round(limitMs))}`);
  const until = performance.now() + Math.min(patience, deadline.left / 2);
  for (;;) {
    const { got } = await session.queryRow(
      `SELECT pg_try_advisory_xact_lock(${lockClass}, ${lockObject}) AS got`,
    );
    if (got === 't') return;
    if (performance.now() >= until) throw await busy(session);
    await deadline.pause(pause);
  }
}

async function busy(session: Session): Promise<RefusedError> {
  const [holder] = await session.query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory'
AND classid = ${lockClass} AND objid = ${lockObject} AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  const who = holder?.pid == null ? '' : ` (the server's process ${holder.pid})`;
  return new RefusedError({
    code: 'cdc_busy',
    message: `somebody else is setting up or taking down CDC in this database just now${who}`,
    fix: 'wait until that is done, then look: jackfield connections cdc status NAME',
  });
}
