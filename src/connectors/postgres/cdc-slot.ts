import type { CdcDial } from '../../cdc/port.ts';
import { InterruptedError, ServerError } from '../../connections/errors.ts';
import { transactionText } from './cdc-check-server.ts';
import { toTransaction } from './cdc-facts.ts';
import { type CdcSession, openCdcSession } from './cdc-session.ts';
import { sqlstateOf } from './diagnosis.ts';
import { requestCancel } from './query-cancel.ts';
import type { Session } from './session.ts';

/** How long making a slot may take before it is asked why, and how often then. Milliseconds. */
const patience = 1_000;

interface SlotMaking {
  readonly dial: CdcDial;
  readonly sql: string;
  readonly slot: string;
  readonly recovery: boolean;
  readonly onProgress: (text: string) => void;
}

/**
 * Makes a slot: it waits for every transaction that has written, in any database of the server. The server
 * itself ends the waiting; an interruption is told to it, since it would wait on without us.
 * @throws ServerError slot_waits; pg's DatabaseError; Fault; InterruptedError
 */
export async function makeSlot({ session, files }: CdcSession, making: SlotMaking): Promise<void> {
  // It waits for locks that transactions hold on themselves: for as long as the statement may.
  // Where it can, the server looks by itself whether we are still there: a program that was killed can't say so.
  const { pid } =
    await session.queryRow(`SELECT pg_backend_pid() AS pid, set_config('lock_timeout', '0', true) AS lock_timeout,
  CASE WHEN version() ~ 'linux' AND current_setting('server_version_num')::int >= 140000
    THEN set_config('client_connection_check_interval', '1000', true) END AS looks`);
  const watch = new WaitWatch(making, Number(pid));
  try {
    await session.query(making.sql);
  } catch (error) {
    if (error instanceof InterruptedError) {
      const { endpoint, secrets } = making.dial;
      await requestCancel(session, { endpoint, files, keyPassword: secrets.sslKeyPassword });
    }
    throw sqlstateOf(error) === '57014' ? waits(making, watch.cause, error) : error;
  } finally {
    watch.stop();
  }
}

/** Looks from beside what the making of a slot waits for, and says so. */
class WaitWatch {
  cause: string | null = null;
  readonly #making: SlotMaking;
  readonly #pid: number;
  #session: Session | null = null;
  #stopped = false;
  #timer: NodeJS.Timeout;

  constructor(making: SlotMaking, pid: number) {
    this.#making = making;
    this.#pid = pid;
    this.#timer = setTimeout(() => this.#look(), patience);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#session?.close();
  }

  /** That it can't be told is no reason to fail. */
  #look(): void {
    this.#ask().catch(() => {});
  }

  async #ask(): Promise<void> {
    if (this.#session === null) {
      const { session } = await openCdcSession(this.#making.dial);
      if (this.#stopped) return session.close();
      this.#session = session;
    }
    this.cause = await causeOf(this.#session, this.#pid, this.#making.recovery);
    if (this.#stopped) return;
    const { slot, onProgress } = this.#making;
    onProgress(`making the slot ${slot}: it waits for ${this.cause ?? 'transactions that are under way'}`);
    this.#timer = setTimeout(() => this.#look(), patience);
  }
}

async function causeOf(session: Session, pid: number, recovery: boolean): Promise<string | null> {
  if (recovery) {
    return 'its primary to log which transactions run (on the primary: SELECT pg_log_standby_snapshot();)';
  }
  const rows = await session.query(
    `SELECT b.pid, a.usename AS "user", a.application_name AS application, a.state,
  extract(epoch FROM now() - a.xact_start)::bigint AS seconds
FROM unnest(pg_catalog.pg_blocking_pids($1::int)) AS b (pid)
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid`,
    [pid],
  );
  const told = rows.map((row) =>
    row.pid === '0' ? 'a prepared transaction (pg_prepared_xacts)' : transactionText(toTransaction(row)),
  );
  return told.length === 0 ? null : told.join('; ');
}

function waits({ slot }: SlotMaking, cause: string | null, error: unknown): ServerError {
  return new ServerError({
    code: 'slot_waits',
    message: `the slot ${slot} was not made in time: it waits for ${cause ?? 'transactions that are under way'}`,
    fix: 'end that, or give it longer with --timeout, then run it again: the publication is there already, and it goes on from here',
    cause: error,
  });
}
