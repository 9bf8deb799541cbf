import { at, type Diagnosis, editCommand, said, saysUnencrypted, state } from './fault-detail.ts';
import { credentialsAt, letInAt, neonDirectHost, neonEndpoint } from './provider-places.ts';
import { providerOfHost } from './providers.ts';

/** Of the rung authenticate. */
export const authenticateDiagnoses = {
  password_refused: {
    stage: 'authenticate',
    message: (d) => `the server refused the password for "${d.username}"${state(d)}`,
    fix: (d) =>
      `check the user and password in ${credentialsAt(d.host) ?? 'your provider’s dashboard'}, then: ${editCommand}`,
  },
  password_missing: {
    stage: 'authenticate',
    message: (d) => `the server asks "${d.username}" for a password, and none is saved`,
    fix: () => `give it one: ${editCommand}`,
  },
  password_not_asked: {
    stage: 'authenticate',
    message: (d) => `the server let "${d.username}" in without asking for the saved password`,
    fix: () =>
      'where that is meant (pg_hba trust): edit with --no-password, or --option require_auth=none,scram-sha-256',
  },
  no_pg_hba_entry: {
    stage: 'authenticate',
    message: (d) => `the server has no rule that lets "${d.username}" in: ${said(d)}`,
    fix: (d) => {
      if (saysUnencrypted(d)) return 'the server wants TLS: --ssl-mode require';
      if (/replication connection/i.test(d.text ?? ''))
        return 'add a pg_hba.conf entry for that user and the database "replication", which "all" does not mean';
      return (
        letInAt(d.host) ?? 'add a pg_hba.conf entry (or allow-list this address) for that user and database'
      );
    },
  },
  address_not_allowed: {
    stage: 'authenticate',
    message: (d) => `the server lets no one in from this machine's address: ${said(d)}`,
    fix: (d) => letInAt(d.host) ?? 'add this machine’s address to the list of those that may connect',
  },
  neon_endpoint_missing: {
    stage: 'authenticate',
    message: () => 'Neon can not tell which database is meant: the connection does not carry its host name',
    fix: (d) => {
      const id = neonEndpoint(d.host);
      return id === null
        ? 'connect by the host name that Neon console → Connect shows, or name its first part: --option options=endpoint=ep-…'
        : `take the option sslsni=0 off, or name the endpoint: --option options=endpoint=${id}`;
    },
  },
  neon_endpoint_unknown: {
    stage: 'authenticate',
    message: (d) => `Neon has no database to connect to under this name: ${said(d)}`,
    fix: () =>
      'copy the host from Neon console → Connect; its branch or compute may be deleted or switched off',
  },
  supavisor_user_unknown: {
    stage: 'authenticate',
    message: (d) =>
      d.username?.includes('.') === false
        ? `the user "${d.username}" names no project, by which Supabase's pooler tells databases apart: ${said(d)}`
        : `Supabase's pooler knows no project of the user "${d.username}" on this host: ${said(d)}`,
    fix: (d) => {
      const user = d.username?.split('.')[0] || 'role';
      return `copy host and user from Supabase dashboard → Connect: the user is ${user}.<project ref>, and each region has a host of its own`;
    },
  },
  pooler_user_unknown: {
    stage: 'authenticate',
    message: (d) => `the pooler does not know the user "${d.username}": ${said(d)}`,
    fix: () =>
      'add the user to PgBouncer’s auth_file (userlist.txt) or let it ask by auth_query, then RELOAD; or check --username',
  },
  role_refused: {
    stage: 'authenticate',
    message: (d) => `the server did not let "${d.username}" in: ${said(d)}`,
    fix: () => 'check the user name, that the role may log in, and the method the server wants for it',
  },
  auth_method_refused: {
    stage: 'authenticate',
    message: (d) =>
      `the server asked for authentication by ${d.method}, which this connection does not allow`,
    fix: () => 'nothing was sent; if the server is right, change the option require_auth or channel_binding',
  },
  auth_cleartext_refused: {
    stage: 'authenticate',
    message: () => 'the server asked for the password in the clear, over a connection without TLS',
    fix: () => 'nothing was sent: use --ssl-mode require, or SCRAM on the server',
  },
  auth_method_unsupported: {
    stage: 'authenticate',
    message: (d) => `the server asks for ${d.method}, which is not supported`,
    fix: () => 'give this user a SCRAM password or a client certificate (pg_hba.conf)',
  },
  auth_scram_refused: {
    stage: 'authenticate',
    message: (d) => `the server's SCRAM exchange can't be trusted (${d.text})`,
    fix: () => 'nothing that reveals the password was sent; find out what stands between you and the server',
  },
  channel_binding_missing: {
    stage: 'authenticate',
    message: () => 'channel_binding=require, and the server or a pooler before it does not offer it',
    fix: (d) => {
      const direct = neonDirectHost(d.host);
      const how = direct === null ? '' : `: --host ${direct}`;
      return `connect directly instead of through the pooler${how}, or use --option channel_binding=prefer`;
    },
  },
  auth_cut_off: {
    stage: 'authenticate',
    message: (d) => `${at(d)} closed the connection while "${d.username}" was authenticated`,
    fix: () => 'look at the server’s log; a pooler that does not know the user or database does this too',
  },
  auth_timeout: {
    stage: 'authenticate',
    message: (d) => `${at(d)} did not finish authentication in time`,
    fix: (d) =>
      providerOfHost(d.host ?? '') === 'neon'
        ? 'Neon’s compute is most likely waking up: test again, or raise --timeout'
        : 'test again or raise --timeout; a database that wakes up, or a pooler whose server is down, does this',
  },
} as const satisfies Record<string, Diagnosis>;
