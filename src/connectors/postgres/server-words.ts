import type { FaultCode } from './faults.ts';
import { isSupabasePooler } from './provider-places.ts';

/** A refusal as the server or a pooler before it worded it, and who was asked for what. */
export interface Refusal {
  /** SQLSTATE, five characters (manual, appendix A). */
  readonly sqlstate: string;
  readonly text: string;
  readonly host?: string;
  readonly username?: string;
}

interface Rule {
  readonly code: FaultCode;
  /** Any where it is left out; all that is given must hold. */
  readonly sqlstates?: readonly string[];
  readonly words?: RegExp;
  readonly when?: (refusal: Refusal) => boolean;
}

/**
 * What a refusal means, by the first rule that matches. Words come first: proxies and poolers say
 * everything under one SQLSTATE (XX000, 08P01) or under another's. They choose among our own sentences
 * and do nothing else, since anybody may say them.
 */
const rules: readonly Rule[] = [
  // Neon's proxy (github.com/neondatabase/neon, proxy/src: errors.rs, messages.rs, compute.rs).
  { code: 'neon_endpoint_missing', words: /endpoint ID is not specified/i },
  { code: 'neon_endpoint_unknown', words: /endpoint (?:cannot|could not) be found|endpoint is disabled/i },
  {
    code: 'neon_quota_exceeded',
    words: /exceeded the (?:compute time|active time|written data|data transfer|logical size) quota/i,
  },
  { code: 'neon_asleep', words: /couldn't connect to compute node/i },
  // Supavisor (github.com/supabase/supavisor, client_handler/error.ex).
  {
    code: 'supavisor_user_unknown',
    words: /tenant or user not found|tenant\/user .{1,100} not found|no tenant identifier/i,
  },
  {
    code: 'address_not_allowed',
    words: /is not allowed to connect to this endpoint|not in tenant allow_list/i,
  },
  // All of them.
  {
    code: 'tls_required',
    words: /connection is insecure|SSL (?:connection )?(?:is )?required|server requires encryption/i,
  },
  // PgBouncer (client.c, objects.c, janitor.c), and poolers that took over its words.
  { code: 'pooler_database_unknown', words: /^no such database\b/i },
  { code: 'pooler_user_unknown', words: /^no such user\b/i },
  { code: 'pooler_parameter_refused', words: /unsupported startup parameter/i },
  { code: 'pooler_statement_mode', words: /transaction blocks not allowed in statement pooling/i },
  { code: 'pooler_misconfigured', words: /bouncer config error/i },
  {
    code: 'pooler_full',
    words:
      /no more connections allowed|client connections exceeded|max clients reached|max client connections reached|query_wait_timeout|check out process from the pool/i,
  },
  {
    code: 'pooler_server_unreachable',
    words:
      /server login has been failing|pgbouncer cannot connect to server|client_login_timeout \(server down\)/i,
  },
  {
    code: 'pooler_prepared_statement',
    sqlstates: ['42P05', '26000', '08P01'],
    words: /prepared statement .{1,100} (?:already exists|does not exist)/i,
  },
  // What PgBouncer says of a wrong password, or of a user it hides that it does not know.
  { code: 'password_refused', sqlstates: ['08P01'], words: /^(?:SASL|password) authentication failed$/ },
  // What the server behind it said to PgBouncer, which passes the words on and, before 1.21, no SQLSTATE.
  { code: 'no_such_database', sqlstates: ['08P01'], words: /^database ".{1,100}" does not exist$/ },
  { code: 'too_many_connections', sqlstates: ['08P01'], words: /^(?:sorry, )?too many |connection slots/ },
  { code: 'cannot_connect_now', sqlstates: ['08P01'], words: /^the database system is / },
  {
    code: 'pooler_server_unreachable',
    sqlstates: ['08P01'],
    words: /authentication failed for user|pg_hba\.conf|^role ".{1,100}" (?:does not exist|is not permitted)/,
  },
  // PostgreSQL (walsender.c, postinit.c, logical.c, xlogreader.c; the words of 12 to 18).
  { code: 'channel_binding_missing', words: /channel binding (?:is )?required/i },
  {
    code: 'replication_denied',
    words:
      /must be superuser or replication role|permission denied to (?:start WAL sender|use replication slots)/i,
  },
  {
    code: 'slot_lost',
    words:
      /can no longer (?:get changes from|access) replication slot|requested WAL segment .{1,100} has already been removed/i,
  },
  // 28000 is both "no pg_hba.conf entry" and "role is not permitted to log in".
  { code: 'no_pg_hba_entry', sqlstates: ['28000'], words: /pg_hba\.conf/ },
  { code: 'role_refused', sqlstates: ['28000'] },
  { code: 'password_refused', sqlstates: ['28P01'] },
  { code: 'no_such_database', sqlstates: ['3D000'] },
  // At start-up it is a denied CONNECT.
  { code: 'database_connect_denied', sqlstates: ['42501'] },
  { code: 'too_many_connections', sqlstates: ['53300'] },
  { code: 'cannot_connect_now', sqlstates: ['57P03'] },
  // Whatever else Supavisor says to a user that names no project, that comes first.
  {
    code: 'supavisor_user_unknown',
    when: ({ host, username }) => isSupabasePooler(host) && username?.includes('.') === false,
  },
];

/** The code of what ended a start-up. */
export function codeOfRefusal(refusal: Refusal): FaultCode {
  return codeBy(rules, refusal) ?? 'server_refused';
}

/**
 * The code of what a statement of an open session was refused for. Only words tell there: a SQLSTATE
 * means something else to a statement than to a start-up.
 */
export function codeOfStatementRefusal(refusal: Refusal): FaultCode {
  return (
    codeBy(
      rules.filter(({ words }) => words !== undefined),
      refusal,
    ) ?? 'server_refused'
  );
}

function codeBy(candidates: readonly Rule[], refusal: Refusal): FaultCode | undefined {
  return candidates.find(
    ({ sqlstates, words, when }) =>
      (sqlstates?.includes(refusal.sqlstate) ?? true) &&
      (words?.test(refusal.text) ?? true) &&
      (when?.(refusal) ?? true),
  )?.code;
}
