import type { Stage } from '../../connections/connection.ts';
import { displayIdentifier } from './identifiers.ts';

/** What a fault's sentence and fix are made of. Texts from a server are made safe where they are printed. */
export interface FaultDetail {
  readonly host?: string;
  readonly port?: number;
  readonly address?: string;
  readonly username?: string;
  readonly database?: string;
  readonly schema?: string;
  readonly sslMode?: string;
  readonly file?: string;
  /** The server's or library's own words. */
  readonly text?: string;
  /** SQLSTATE, five characters (manual, appendix A). */
  readonly sqlstate?: string;
  /** An authentication method by libpq's name. */
  readonly method?: string;
  readonly seconds?: number;
}

interface Diagnosis {
  readonly stage: Stage;
  readonly message: (detail: FaultDetail) => string;
  readonly fix: (detail: FaultDetail) => string;
}

/** Stands for the command that edits the connection; who knows its name puts it in. */
const editCommand = 'jackfield connections edit NAME';

/** Stands where a fault's place could not tell. */
const unsaid: FaultDetail = {
  host: '(unknown)',
  username: '(unknown)',
  database: '(unknown)',
  sslMode: '(unknown)',
  text: 'no reason given',
  method: 'an unknown method',
};

function at({ host, port }: FaultDetail): string {
  if (host?.startsWith('/')) return `the socket in ${host}`;
  return port === undefined ? `${host}` : `${host}:${port}`;
}
/** "no encryption" since 15, "SSL off" before (src/backend/libpq/auth.c). */
const saysUnencrypted = (d: FaultDetail) => /no encryption|SSL off/i.test(d.text ?? '');
const state = (d: FaultDetail) => (d.sqlstate ? ` (${d.sqlstate})` : '');
const said = (d: FaultDetail) => `${d.text}${state(d)}`;

/**
 * Every way in which opening a session can fail: the rung of the ladder it lands on, one sentence and
 * the fix, by stable code. This is the one table; docs/probe.md shows it.
 */
export const diagnoses = {
  dns_not_found: {
    stage: 'resolve',
    message: (d) => `the host name ${d.host} does not exist`,
    fix: () => 'check the host name for a slip, and whether it is known only inside a VPN or private network',
  },
  dns_failed: {
    stage: 'resolve',
    message: (d) => `the host name ${d.host} could not be looked up (${d.text})`,
    fix: () => 'check this machine’s DNS and network, then test again',
  },
  dns_timeout: {
    stage: 'resolve',
    message: (d) => `looking up ${d.host} took longer than the time-out`,
    fix: () => 'check this machine’s DNS and network, or raise --timeout',
  },
  connection_refused: {
    stage: 'connect',
    message: (d) => `nothing listens on ${at(d)}`,
    fix: () => 'check the port, and that the server runs and listens on that address (listen_addresses)',
  },
  host_unreachable: {
    stage: 'connect',
    message: (d) => `${at(d)} can't be reached from here (${d.text})`,
    fix: () => 'check the route, VPN and firewall; an IPv6-only host needs IPv6 here',
  },
  connect_timeout: {
    stage: 'connect',
    message: (d) => `${at(d)} did not answer in time`,
    fix: () => 'a firewall or security group most likely drops the packets: allow this machine’s address',
  },
  connection_closed: {
    stage: 'connect',
    message: (d) => `${at(d)} closed the connection without a word`,
    fix: () => 'check that the port is PostgreSQL’s, and that no proxy or allow-list stands in between',
  },
  connection_lost: {
    stage: 'session',
    message: (d) => `the connection to ${at(d)} broke (${d.text})`,
    fix: () => 'test again; if it stays, look at the server’s log and at proxies in between',
  },
  server_silent: {
    stage: 'connect',
    message: (d) => `${at(d)} accepts connections but says nothing`,
    fix: () => 'check that the port is PostgreSQL’s; a hung or overloaded server or proxy does this too',
  },
  not_postgresql: {
    stage: 'connect',
    message: (d) => `what answers on ${at(d)} is not PostgreSQL`,
    fix: () => 'check the port: PostgreSQL’s own is 5432',
  },
  socket_missing: {
    stage: 'connect',
    message: (d) =>
      `there is no server socket${d.port === undefined ? '' : ` for port ${d.port}`} in ${d.host}`,
    fix: () => 'check the directory (unix_socket_directories) and the port',
  },
  socket_denied: {
    stage: 'connect',
    message: (d) => `the server's socket in ${d.host} may not be opened`,
    fix: () => 'check the permissions of the socket (unix_socket_permissions)',
  },
  protocol_violation: {
    stage: 'connect',
    message: (d) => `${at(d)} broke PostgreSQL's protocol (${d.text})`,
    fix: () => 'check that the port is PostgreSQL’s; if it is, do not trust what stands in between',
  },
  tls_not_supported: {
    stage: 'tls',
    message: (d) => `the server does not speak TLS, which sslmode ${d.sslMode} asks for`,
    fix: () => 'turn ssl on in the server; only for a trusted network: --ssl-mode disable',
  },
  tls_handshake_failed: {
    stage: 'tls',
    message: (d) => `the TLS handshake failed (${d.text})`,
    fix: () => 'check the TLS versions both sides allow, and whether the server wants a client certificate',
  },
  tls_untrusted: {
    stage: 'tls',
    message: (d) => `the server's certificate is not signed by the given root (${d.text})`,
    fix: () => 'pass the root certificate of your provider or server: --ssl-root-cert FILE',
  },
  tls_wrong_host: {
    stage: 'tls',
    message: (d) => `the server's certificate is not for ${d.host} (${d.text})`,
    fix: () => 'connect by a name that the certificate holds; or, where any will do, --ssl-mode verify-ca',
  },
  tls_expired: {
    stage: 'tls',
    message: () => "the server's certificate has expired",
    fix: () => 'renew the certificate on the server, and check the clock of this machine',
  },
  tls_not_yet_valid: {
    stage: 'tls',
    message: () => "the server's certificate is not valid yet",
    fix: () => 'check the clock of this machine and of the one that made the certificate',
  },
  tls_revoked: {
    stage: 'tls',
    message: () => "the server's certificate was revoked",
    fix: () => 'put a valid certificate on the server; do not go on with this one',
  },
  tls_root_missing: {
    stage: 'tls',
    message: (d) => `sslmode ${d.sslMode} needs a root certificate, and none is given`,
    fix: () => 'pass --ssl-root-cert FILE, or --ssl-root-cert system with verify-full',
  },
  tls_bad_certificate_file: {
    stage: 'tls',
    message: (d) => `a certificate or key of this connection can't be used (${d.text})`,
    fix: () => 'check that the files are PEM, belong together, and that the key’s password is right',
  },
  password_refused: {
    stage: 'authenticate',
    message: (d) => `the server refused the password for "${d.username}"${state(d)}`,
    fix: () => `check the user and password in your provider’s dashboard, then: ${editCommand}`,
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
    fix: (d) =>
      saysUnencrypted(d)
        ? 'the server wants TLS: --ssl-mode require'
        : 'add a pg_hba.conf entry (or allow-list this address) for that user and database',
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
    fix: () => 'connect directly instead of through the pooler, or use --option channel_binding=prefer',
  },
  auth_cut_off: {
    stage: 'authenticate',
    message: (d) => `${at(d)} closed the connection while "${d.username}" was authenticated`,
    fix: () => 'look at the server’s log; a pooler that does not know the user or database does this too',
  },
  auth_timeout: {
    stage: 'authenticate',
    message: (d) => `${at(d)} did not finish authentication in time`,
    fix: () => 'test again or raise --timeout; a sleeping database may just be waking up',
  },
  no_such_database: {
    stage: 'database',
    message: (d) => `there is no database "${d.database}" on this server`,
    fix: () => 'check --database; names are case-sensitive here',
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

export type FaultCode = keyof typeof diagnoses;

/** A failure to open or keep a session, told by its code; what it means is in {@link diagnoses}. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultDetail;

  constructor(code: FaultCode, detail: FaultDetail, cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
  }

  /** The rung it lands on. */
  get stage(): Stage {
    return diagnoses[this.code].stage;
  }

  /** One sentence for a person. */
  get sentence(): string {
    return diagnoses[this.code].message({ ...unsaid, ...this.detail });
  }

  get fix(): string {
    return diagnoses[this.code].fix({ ...unsaid, ...this.detail });
  }

  /** A missing pg_hba rule for a session in the clear: there may be one for TLS. */
  get wantsTls(): boolean {
    return this.code === 'no_pg_hba_entry' && saysUnencrypted(this.detail);
  }

  /** The same fault, with what the place that caught it knows besides. */
  with(detail: FaultDetail): Fault {
    return new Fault(this.code, { ...detail, ...this.detail }, this.cause);
  }
}
