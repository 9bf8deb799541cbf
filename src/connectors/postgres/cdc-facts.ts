import type { Session, TextRow } from './session.ts';

/** What of a server decides whether its changes can be read. */
export interface CdcFacts {
  readonly walLevel: string;
  readonly currentUser: string;
  readonly database: string;
  readonly superuser: boolean;
  /** The attribute REPLICATION. */
  readonly replication: boolean;
  /** A role of the provider's that stands for it, of which the user is a member. */
  readonly replicationRole: string | null;
  readonly mayPublish: boolean;
  readonly slots: { readonly used: number; readonly most: number };
  readonly senders: { readonly used: number; readonly most: number };
  /** max_slot_wal_keep_size in bytes; -1: no limit; null: the server has no such setting (12). */
  readonly walKeepBytes: number | null;
  /** idle_replication_slot_timeout in seconds; 0: none; null: the server has no such setting (before 18). */
  readonly idleTimeoutSeconds: number | null;
  /** 0: none. */
  readonly senderTimeoutMs: number;
  readonly standbyFeedback: boolean;
  readonly transactions: readonly OldTransaction[];
  readonly prepared: readonly PreparedTransaction[];
  readonly idleSlots: readonly IdleSlot[];
}

/** A transaction that has written: a new slot waits for its end. */
export interface OldTransaction {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  readonly seconds: number | null;
}

interface PreparedTransaction {
  readonly gid: string;
  readonly owner: string;
  readonly seconds: number;
}

/** A slot that nobody reads. */
interface IdleSlot {
  readonly name: string;
  readonly retainedBytes: number | null;
  readonly walStatus: string | null;
}

const factsQuery = `SELECT current_setting('wal_level') AS wal_level, current_user AS current_user,
  current_database() AS database, r.rolsuper AS superuser, r.rolreplication AS replication,
  (SELECT g.rolname FROM pg_roles g WHERE g.rolname IN ('rds_replication', 'rds_superuser')
    AND pg_has_role(r.oid, g.oid, 'USAGE') LIMIT 1) AS replication_role,
  has_database_privilege(current_database(), 'CREATE') AS may_publish,
  current_setting('max_replication_slots') AS most_slots,
  (SELECT count(*) FROM pg_replication_slots) AS slots,
  current_setting('max_wal_senders') AS most_senders,
  (SELECT count(*) FROM pg_stat_replication) AS senders,
  (SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS wal_keep_mb,
  (SELECT setting::int * CASE unit WHEN 'min' THEN 60 ELSE 1 END FROM pg_settings
    WHERE name = 'idle_replication_slot_timeout') AS idle_timeout,
  (SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout') AS sender_timeout,
  current_setting('hot_standby_feedback') AS feedback
FROM pg_roles r WHERE r.rolname = session_user`;

/**
 * Locks on their own transaction tell who has written, also of sessions whose activity is hidden from
 * the user.
 */
const transactionsQuery = `SELECT l.pid, a.usename AS "user", a.application_name AS application, a.state,
  extract(epoch FROM now() - a.xact_start)::bigint AS seconds
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid IS NOT NULL
  AND l.pid <> pg_backend_pid() ORDER BY seconds DESC NULLS FIRST, pid LIMIT 20`;

const preparedQuery = `SELECT gid, owner, extract(epoch FROM now() - prepared)::bigint AS seconds
FROM pg_prepared_xacts ORDER BY prepared LIMIT 20`;

/** Where the WAL is: on a standby what it has replayed. */
export const walPosition =
  'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END';

const idleSlotsQuery = `SELECT s.slot_name AS name, to_jsonb(s)->>'wal_status' AS wal_status,
  greatest(0, pg_wal_lsn_diff(${walPosition}, s.restart_lsn)) AS retained
FROM pg_replication_slots s WHERE NOT s.active ORDER BY retained DESC NULLS LAST, name LIMIT 100`;

/** Asks in a transaction that reads alone. @throws Fault; pg's DatabaseError */
export async function readCdcFacts(session: Session): Promise<CdcFacts> {
  const row = await session.queryRow(factsQuery);
  const transactions = await session.query(transactionsQuery);
  const prepared = await session.query(preparedQuery);
  const idle = await session.query(idleSlotsQuery);
  return {
    walLevel: row.wal_level ?? '',
    currentUser: row.current_user ?? '',
    database: row.database ?? '',
    superuser: row.superuser === 't',
    replication: row.replication === 't',
    replicationRole: row.replication_role ?? null,
    mayPublish: row.may_publish === 't',
    slots: { used: Number(row.slots), most: Number(row.most_slots) },
    senders: { used: Number(row.senders), most: Number(row.most_senders) },
    walKeepBytes: megabytes(row.wal_keep_mb),
    idleTimeoutSeconds: numberOrNull(row.idle_timeout),
    senderTimeoutMs: Number(row.sender_timeout ?? 0),
    standbyFeedback: row.feedback === 'on',
    transactions: transactions.map(toTransaction),
    prepared: prepared.map(({ gid, owner, seconds }) => ({
      gid: gid ?? '',
      owner: owner ?? '',
      seconds: Number(seconds ?? 0),
    })),
    idleSlots: idle.map(({ name, retained, wal_status }) => ({
      name: name ?? '',
      retainedBytes: numberOrNull(retained),
      walStatus: wal_status ?? null,
    })),
  };
}

export function toTransaction({ pid, user, application, state, seconds }: TextRow): OldTransaction {
  return {
    pid: Number(pid),
    user: user ?? null,
    application: application || null,
    state: state ?? null,
    seconds: numberOrNull(seconds),
  };
}

/**
 * Runs work in a transaction that can not write, and sees no name outside pg_catalog. Each statement sees
 * the present: slots are never of a snapshot, and what is read beside them must not be older.
 */
export async function reading<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'`);
  const value = await work();
  await session.query('COMMIT');
  return value;
}

function megabytes(setting: string | null | undefined): number | null {
  const count = numberOrNull(setting);
  return count === null || count < 0 ? count : count * 1024 * 1024;
}

function numberOrNull(value: string | null | undefined): number | null {
  return value == null ? null : Number(value);
}
