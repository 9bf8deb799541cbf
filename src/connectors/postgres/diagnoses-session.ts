import { at, type Diagnosis, said } from './fault-detail.ts';
import { displayIdentifier } from './identifiers.ts';
import { isSupabasePooler, neonDirectHost, replicationAt } from './provider-places.ts';
import { providerOfHost } from './providers.ts';

/** Of the rungs database and session. */
export const sessionDiagnoses = {
  connection_lost: {
    stage: 'session',
    message: (d) => `the connection to ${at(d)} broke (${d.text})`,
    fix: () => 'test again; if it stays, look at the server’s log and at proxies in between',
  },
  no_such_database: {
    stage: 'database',
    message: (d) => `there is no database "${d.database}" on this server`,
    fix: () => 'check --database; names are case-sensitive here',
  },
  pooler_database_unknown: {
    stage: 'database',
    message: (d) => `the pooler does not know the database "${d.database}": ${said(d)}`,
    fix: () => 'add it to [databases] of pgbouncer.ini, or a line for "*", then RELOAD; or check --database',
  },
  database_connect_denied: {
    stage: 'database',
    message: (d) => `"${d.username}" may not connect to the database "${d.database}"`,
    fix: (d) =>
      `GRANT CONNECT ON DATABASE ${displayIdentifier(`${d.database}`)} TO ${displayIdentifier(`${d.username}`)};`,
  },
  too_many_connections: {
    stage: 'session',
    message: (d) => `the server has no connection left: ${said(d)}`,
    fix: () => 'close idle sessions, raise the limit, or connect through a pooler',
  },
  pooler_full: {
    stage: 'session',
    message: (d) => `the pooler has no connection left: ${said(d)}`,
    fix: (d) =>
      isSupabasePooler(d.host)
        ? 'close idle sessions, or raise the pool size: Supabase dashboard → Database → Settings → Connection pooling'
        : 'close idle sessions, or raise the pooler’s limits (PgBouncer: max_client_conn, default_pool_size)',
  },
  pooler_server_unreachable: {
    stage: 'session',
    message: (d) => `the pooler can not get at the server behind it: ${said(d)}`,
    fix: () =>
      'check that the server runs, and its host, port and password in the pooler’s settings; PgBouncer’s log says more',
  },
  pooler_misconfigured: {
    stage: 'session',
    message: (d) => `the pooler's own configuration is broken: ${said(d)}`,
    fix: () => 'look at PgBouncer’s log and its [databases]: what it was told of this database does not work',
  },
  pooler_statement_mode: {
    stage: 'session',
    message: (d) => `the pooler allows no transactions, and everything runs in one here: ${said(d)}`,
    fix: () => 'connect to the server itself, or through a pool with pool_mode = transaction or session',
  },
  pooler_parameter_refused: {
    stage: 'session',
    message: (d) => `a pooler stands in between, and refuses a setting of this connection: ${said(d)}`,
    fix: (d) => {
      const direct = neonDirectHost(d.host);
      const how = direct === null ? 'connect to the server itself' : `connect directly: --host ${direct}`;
      return `${how}, or take the option off and SET it once connected (PgBouncer: ignore_startup_parameters)`;
    },
  },
  pooler_prepared_statement: {
    stage: 'session',
    message: (d) => `a transaction pooler mixes up the sessions' prepared statements: ${said(d)}`,
    fix: (d) =>
      providerOfHost(d.host ?? '') === 'supabase'
        ? 'use the session pooler (port 5432) or the direct host of Supabase dashboard → Connect'
        : 'connect to the server itself or in pool_mode = session; PgBouncer 1.21 or newer: set max_prepared_statements',
  },
  neon_asleep: {
    stage: 'session',
    message: (d) =>
      `Neon's compute did not wake up${d.tries === undefined ? '' : ` in ${triesWord(d.tries)}`}: ${said(d)}`,
    fix: () =>
      'test again, or raise --timeout; if it stays, look at Neon console → Monitoring, and neonstatus.com',
  },
  neon_quota_exceeded: {
    stage: 'session',
    message: (d) => `the Neon project has used up its plan: ${said(d)}`,
    fix: () => 'Neon console → Billing: upgrade the plan, or wait for the next month',
  },
  replication_denied: {
    stage: 'session',
    message: (d) => `"${d.username}" may not read changes: ${said(d)}`,
    fix: (d) => replicationAt(d.host, `${d.username}`),
  },
  slot_lost: {
    stage: 'session',
    message: (d) => `the replication slot has lost changes that were not read yet: ${said(d)}`,
    fix: () => 'drop the slot, make it anew and take a new snapshot; raise max_slot_wal_keep_size before',
  },
  cannot_connect_now: {
    stage: 'session',
    message: (d) => `the server is not ready: ${said(d)}`,
    fix: () => 'wait until it has started up or shut down, then test again',
  },
  server_refused: {
    stage: 'session',
    message: (d) => `the server refused the session: ${said(d)}`,
    fix: () => 'read the server’s own words above; its log may say more',
  },
  session_timeout: {
    stage: 'session',
    message: (d) => `${at(d)} let us in and then did not answer in time`,
    fix: () => 'the server may be overloaded: test again, or raise --timeout',
  },
  wrong_server_kind: {
    stage: 'session',
    message: (d) => `no server is what target_session_attrs asks for (${d.text})`,
    fix: () => 'point the host at the right server, or change the option target_session_attrs',
  },
} as const satisfies Record<string, Diagnosis>;

function triesWord(tries: number): string {
  return tries === 1 ? '1 try' : `${tries} tries`;
}
