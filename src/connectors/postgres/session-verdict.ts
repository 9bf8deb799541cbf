import type { Role } from '../../connections/connection.ts';
import { displayIdentifier } from './identifiers.ts';
import type { Session } from './session.ts';
import type { ConnectionRoom, SessionFacts } from './session-facts.ts';
import { type Complaint, failure, passed, together, type Verdict, warning } from './verdict.ts';

/** Fewer connections left than this is a warning: the job that follows opens some at once. */
const fewConnections = 5;
/** What a limit is raised by: room for a job, and for what else the user does. */
const moreConnections = 10;
const shortStatementTimeoutMs = 60_000;
const certificateDays = 30;

/** The rung `tls` of a session that is open. */
export function judgeTls(session: Pick<Session, 'tls' | 'address' | 'host'>): Verdict {
  const { tls } = session;
  if (!tls) {
    if (isOnThisMachine(session.address)) return passed('in the clear, on this machine');
    return warning(
      'tls_absent',
      'the session is in the clear: everyone on the way can read it',
      'turn TLS on in the server and use --ssl-mode require or stronger',
    );
  }
  const complaints: Complaint[] = [];
  if (tls.protocol === 'TLSv1' || tls.protocol === 'TLSv1.1') {
    const message = `the session uses ${tls.protocol}`;
    complaints.push(warning('tls_old', message, 'let the server speak TLSv1.2 or newer'));
  }
  const days = tls.validTo === null ? null : (Date.parse(tls.validTo) - Date.now()) / 86_400_000;
  if (days !== null && days < certificateDays) {
    const message = `the server's certificate ${expiry(days)}`;
    complaints.push(warning('tls_expires_soon', message, 'renew it before clients refuse it'));
  }
  const held = {
    none: 'not verified',
    ca: 'signed by the given root',
    full: `verified for ${session.host}`,
  };
  return together(complaints) ?? passed(`${tls.protocol}, certificate ${held[tls.verified]}`);
}

/** Loopback and sockets stay on the machine: a session in the clear is nothing to warn of there. */
function isOnThisMachine(address: string): boolean {
  return address.startsWith('/') || address === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address);
}

/** Expired ones get here where the mode of TLS does not look at the certificate. */
function expiry(days: number): string {
  if (days < 0) return 'has expired';
  if (days < 1) return 'expires within a day';
  return days < 2 ? 'expires in 1 day' : `expires in ${Math.floor(days)} days`;
}

/** The rung `authenticate` of a session that is open. */
export function judgeMethod({ method }: Pick<Session, 'method'>, username: string): Verdict {
  if (method === 'md5') {
    return warning(
      'password_md5',
      'the password is sent as MD5, which can be cracked and replayed',
      // psql asks for the password and sends its SCRAM verifier.
      `in psql:\nSET password_encryption = 'scram-sha-256';\n\\password ${displayIdentifier(username)}`,
    );
  }
  return passed(method === 'none' ? 'without a password' : method);
}

/** The rung `session`: what is wrong with the server and the user's settings for the role. */
export function judgeFacts(facts: SessionFacts, role: Role): Verdict {
  const { server, room, statementTimeoutMs } = facts;
  const words = `PostgreSQL ${server.version}${server.recovery ? ', a standby' : ''}`;
  const complaints = role === 'destination' ? destinationFailures(facts) : [];
  if (role === 'source' && server.recovery) {
    complaints.push(
      warning('source_standby', 'it may lag behind', 'use the primary where fresh rows matter'),
    );
  }
  if (room !== null && room.left < fewConnections) {
    complaints.push(warning('few_connections_left', roomText(room), roomFix(room, facts)));
  }
  if (statementTimeoutMs > 0 && statementTimeoutMs < shortStatementTimeoutMs) {
    const message = `statements are cut off after ${statementTimeoutMs} ms`;
    complaints.push(warning('short_statement_timeout', message, settingFix(facts, 'statement_timeout = 0')));
  }
  return together(complaints, `${words}: `) ?? passed(words);
}

function destinationFailures(facts: SessionFacts): Complaint[] {
  const { server } = facts;
  if (server.recovery) {
    const fix = 'point the destination at the primary (the writer endpoint)';
    return [failure('destination_standby', 'nothing can be written here', fix)];
  }
  if (!server.readOnly) return [];
  const fix = settingFix(facts, 'default_transaction_read_only = off');
  return [failure('destination_read_only', 'sessions are read-only', fix)];
}

/**
 * For the one role in the one database: that is stronger than what is set for either, or for the
 * server (manual, ALTER ROLE). What counts is who logged in, not who it became.
 */
function settingFix({ sessionUser, database }: SessionFacts, setting: string): string {
  return `ALTER ROLE ${displayIdentifier(sessionUser)} IN DATABASE ${displayIdentifier(database)} SET ${setting};`;
}

function roomText({ left, limit, of }: ConnectionRoom): string {
  const whose = { server: "the server's", database: "the database's", role: "the user's" }[of];
  const some = left === 1 ? 'only 1 connection is' : `only ${left} connections are`;
  return `${left === 0 ? 'no connection is' : some} left of ${whose} ${limit}`;
}

function roomFix({ limit, of }: ConnectionRoom, { sessionUser, database }: SessionFacts): string {
  const raised = `CONNECTION LIMIT ${limit + moreConnections};`;
  if (of === 'role') return `ALTER ROLE ${displayIdentifier(sessionUser)} ${raised}`;
  if (of === 'database') return `ALTER DATABASE ${displayIdentifier(database)} ${raised}`;
  return 'raise max_connections, or close idle sessions, before a job needs them';
}
