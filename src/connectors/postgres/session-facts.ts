import type { Endpoint, ServerFacts } from '../../connections/connection.ts';
import { providerOfServer, tellingObjects, tellingRoles, tellingSettings } from './providers.ts';
import type { Session, TextRow } from './session.ts';

/** How many connections may still be opened, by the limit that is nearest. */
export interface ConnectionRoom {
  readonly left: number;
  readonly limit: number;
  /** Whose limit it is. */
  readonly of: 'server' | 'database' | 'role';
}

/** What a working session tells: the server's facts, and the room that is left. */
export interface SessionFacts {
  readonly server: ServerFacts;
  /** server_version_num: 160004. */
  readonly versionNumber: number;
  /** The role that logged in, whose settings and limits hold. */
  readonly sessionUser: string;
  readonly database: string;
  /** Milliseconds; 0: none. */
  readonly statementTimeoutMs: number;
  /** Null when unknown. */
  readonly room: ConnectionRoom | null;
  /**
   * Something in between speaks PostgreSQL too, a pooler most likely: the process that answers is not
   * the one that the key to cancel its work was given for.
   */
  readonly behindProxy: boolean;
}

/**
 * Opens the transaction everything else is asked in: it can't write, sees no name outside pg_catalog,
 * and waits for nothing long. SET LOCAL also holds behind a transaction pooler. Where pg_temp is not
 * named it comes first, and a table that another client of a pooler's session made would pass for one
 * of the catalog's.
 */
const beginning = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL lock_timeout = '5s'`;
const boundTime = "SET LOCAL statement_timeout = '60s'";
export const begin = `${beginning}; ${boundTime}`;

/** What the user's sessions may write is the default: our own transaction may not. */
const factsQuery = `SELECT current_setting('server_version') AS version, version() AS version_text,
  current_setting('server_version_num') AS version_number,
  pg_backend_pid() AS backend, pg_is_in_recovery() AS recovery,
  current_setting('default_transaction_read_only') AS read_only,
  session_user AS session_user, current_database() AS database,
  concat_ws(',', ${Object.entries(tellingSettings)
    .map(([setting, prefix]) => `CASE WHEN current_setting('${setting}', true) <> '' THEN '${prefix}' END`)
    .join(',\n    ')}) AS prefixes,
  concat_ws(',', ${tellingRoles.map((role) => `to_regrole('${role}')`).join(', ')}) AS roles,
  concat_ws(',', ${Object.entries(tellingObjects)
    .map(([object, extension]) => `CASE WHEN ${object} IS NOT NULL THEN '${extension}' END`)
    .join(', ')}) AS extensions,
  b.backends, b.database_backends, b.database_limit, r.rolconnlimit AS role_limit, r.rolsuper AS superuser,
  CASE WHEN r.rolconnlimit >= 0 THEN
    (SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE usesysid = r.oid) END AS role_backends,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int AS reserved,
  current_setting('max_connections') AS max_connections
FROM pg_roles r, (SELECT sum(pg_stat_get_db_numbackends(oid)) AS backends,
    max(pg_stat_get_db_numbackends(oid)) FILTER (WHERE datname = current_database()) AS database_backends,
    max(datconnlimit) FILTER (WHERE datname = current_database()) AS database_limit
  FROM pg_database) AS b
WHERE r.rolname = session_user`;

/**
 * Asks the session for its facts and leaves it inside a READ ONLY transaction with a
 * search_path of pg_catalog: two messages.
 * @throws Fault; pg's DatabaseError
 */
export async function readSessionFacts(session: Session, endpoint: Endpoint): Promise<SessionFacts> {
  // The user's own time-out is seen before ours is set. It may be too short for what is asked then, and
  // before PostgreSQL 13 it is that of a whole message.
  const own = await session.queryRow(`${beginning}; SHOW statement_timeout; ${boundTime}`);
  const facts = await session.queryRow(factsQuery);
  const recovery = facts.recovery === 't';
  const key = session.backendKey;
  const provider = providerOfServer(endpoint.host, {
    versionText: facts.version_text ?? '',
    settingPrefixes: (facts.prefixes ?? '').split(','),
    roles: (facts.roles ?? '').split(','),
    extensions: (facts.extensions ?? '').split(','),
  });
  return {
    server: {
      // "16.4 (Debian 16.4-1.pgdg120+1)": the packager's part is no version.
      version: (facts.version ?? '').split(' ')[0] ?? '',
      provider,
      recovery,
      readOnly: recovery || facts.read_only === 'on',
      tls: session.tls,
    },
    versionNumber: Number(facts.version_number),
    sessionUser: facts.session_user ?? endpoint.username,
    database: facts.database ?? endpoint.database,
    statementTimeoutMs: durationMs(own.statement_timeout ?? '0'),
    room: connectionRoom(facts),
    behindProxy: key !== null && facts.backend != null && Number(facts.backend) !== key.process,
  };
}

function connectionRoom(facts: TextRow): ConnectionRoom | null {
  const number = (name: string) => (facts[name] == null ? null : Number(facts[name]));
  const superuser = facts.superuser === 't';
  const rooms: ConnectionRoom[] = [];
  const add = (of: ConnectionRoom['of'], limit: number | null, used: number | null) => {
    // -1: no limit of its own.
    if (limit === null || limit < 0 || used === null) return;
    rooms.push({ of, limit, left: Math.max(0, limit - used) });
  };
  // Limits of a database or role are not held against a superuser (manual, CREATE ROLE).
  if (!superuser) {
    add('role', number('role_limit'), number('role_backends'));
    add('database', number('database_limit'), number('database_backends'));
  }
  const maximum = number('max_connections');
  const reserved = superuser ? 0 : (number('reserved') ?? 0);
  add('server', maximum === null ? null : maximum - reserved, number('backends'));
  return rooms.length === 0 ? null : rooms.reduce((least, room) => (room.left < least.left ? room : least));
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** A setting with a unit of time, as PostgreSQL prints it ("90s", "1min", "0"), in milliseconds. */
export function durationMs(setting: string): number {
  const match = /^(\d+)\s*(ms|s|min|h|d)?$/.exec(setting);
  return match ? Number(match[1]) * (units[match[2] ?? 'ms'] ?? 1) : 0;
}
