import { ServerError } from '../../connections/errors.ts';
import { qualified } from './identifiers.ts';
import type { Session } from './session.ts';
import { begin } from './session-facts.ts';

/**
 * Nobody may read a relation that is locked so, nor one that somebody waits to lock so. Those whose
 * expressions have to be written out come first.
 */
const locksQuery = `SELECT n.nspname AS schema, c.relname AS name, l.pid, l.granted, a.application_name AS application
  FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  ORDER BY EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'x'))
      OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL))
      OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated <> '') DESC, n.nspname COLLATE "C", c.relname COLLATE "C", l.granted DESC, l.pid`;

/** What was asked for when a lock was waited for in vain. */
interface Wanted {
  /** A relation's name as it is displayed; null: all of them were read. */
  readonly relation: string | null;
  /** What PostgreSQL locks a relation for: `its size and definitions`. */
  readonly what: string;
  /** What may be done besides: a sentence's second half. */
  readonly otherwise: string;
}

/**
 * Looks up in a session of its own what is locked and who holds it.
 * @param open opens that session; where it can't be had the error says less
 * @param cause the server's lock_not_available (55P03)
 */
export async function lockedError(
  open: () => Promise<Session>,
  { relation, what, otherwise }: Wanted,
  cause: unknown,
): Promise<ServerError> {
  const locks = await locksOf(open).catch(() => []);
  const lock = locks.find((it) => it.relation === relation) ?? locks[0] ?? null;
  const name = lock?.relation ?? relation ?? 'a relation';
  const others = new Set(locks.map((it) => it.relation)).size - 1;
  const more = relation === null && others > 0 ? `, and ${others} more ${others === 1 ? 'is' : 'are'}` : '';
  const held = lock?.granted === false ? 'is about to be locked by' : 'is locked by';
  const who = whoHas(lock);
  return new ServerError({
    code: 'relation_locked',
    message: `${name} ${held} ${who}${more}, so that ${what} can't be had`,
    fix: `${
      lock?.pid == null
        ? 'try again when that session is done'
        : `let process ${lock.pid} end its transaction (pg_stat_activity tells what it does), and try again`
    }; ${otherwise}`,
    cause,
  });
}

function whoHas(lock: Lock | null): string {
  if (lock === null) return 'another session';
  return lock.pid === null ? 'a prepared transaction' : `process ${lock.pid}${lock.application}`;
}

interface Lock {
  readonly relation: string;
  /** Null: a prepared transaction's. */
  readonly pid: string | null;
  /** ` (psql)`, or nothing. */
  readonly application: string;
  /** False: it is waited for, before us. */
  readonly granted: boolean;
}

async function locksOf(open: () => Promise<Session>): Promise<Lock[]> {
  const session = await open();
  try {
    await session.query(begin);
    const rows = await session.query(locksQuery);
    return rows.map(({ schema, name, pid, granted, application }) => ({
      relation: qualified(schema ?? '', name ?? ''),
      pid: pid ?? null,
      application: application ? ` (${application})` : '',
      granted: granted === 't',
    }));
  } finally {
    session.close();
  }
}
