import type { Endpoint } from '../../connections/connection.ts';
import { RefusedError, ServerError } from '../../connections/errors.ts';
import type { PasswordSession, RoleLogin } from '../../connections/role-password.ts';
import type { Secret } from '../../secrets/secret.ts';
import { directHostFix, isPoolerHost } from './cdc-providers.ts';
import { Deadline } from './deadline.ts';
import { workError } from './fault-error.ts';
import { Fault } from './faults.ts';
import { openSession } from './open-session.ts';
import { scramVerifier } from './scram-keys.ts';
import type { Session } from './session.ts';
import { readSessionFacts } from './session-facts.ts';
import { readTlsFiles } from './tls-files.ts';

const bounds = { maxMessage: 1024 * 1024, maxTotal: 4 * 1024 * 1024 };

/** RFC 7677 asks for so many at least; PostgreSQL before 16 uses just these. */
const leastIterations = 4096;

/** Nobody waits long for a role that another session is changing. */
const beginning = `BEGIN READ WRITE; SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10s'`;

/** See RolePasswords.logsIn. */
export async function logsIn(login: RoleLogin): Promise<boolean> {
  try {
    const session = await dialIn(login);
    session.close();
    requirePasswordCheck(session, login.endpoint);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'password_refused') return false;
    throw inWords(error, login.endpoint);
  }
}

/** See RolePasswords.open. */
export async function openPasswordSession(login: RoleLogin): Promise<PasswordSession> {
  const { endpoint } = login;
  try {
    const session = await dialIn(login);
    try {
      requirePasswordCheck(session, endpoint);
      return new RoleSession(session, endpoint, await readIterations(session, endpoint));
    } catch (error) {
      session.close();
      throw error;
    }
  } catch (error) {
    throw inWords(error, endpoint);
  }
}

async function dialIn({ endpoint, secrets, timeoutMs, signal }: RoleLogin): Promise<Session> {
  const deadline = new Deadline(timeoutMs, signal);
  const files = await readTlsFiles(endpoint);
  return (await openSession({ endpoint, secrets, files, bounds }, deadline)).session;
}

class RoleSession implements PasswordSession {
  readonly #session: Session;
  readonly #endpoint: Endpoint;
  readonly #iterations: number;

  constructor(session: Session, endpoint: Endpoint, iterations: number) {
    this.#session = session;
    this.#endpoint = endpoint;
    this.#iterations = iterations;
  }

  async prepare(password: Secret): Promise<void> {
    const verifier = await scramVerifier(password, this.#iterations);
    try {
      await this.#session.query(beginning);
      // Who logged in, whatever role its settings put on. A verifier has nothing that quotes would end.
      await this.#session.query(`ALTER ROLE SESSION_USER PASSWORD '${verifier}'`);
    } catch (error) {
      throw inWords(error, this.#endpoint);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#session.query('COMMIT');
    } catch (error) {
      throw inWords(error, this.#endpoint);
    }
  }

  close(): void {
    this.#session.close();
  }
}

/** The iterations that the server's own verifiers have. @throws RefusedError; Fault; pg's DatabaseError */
async function readIterations(session: Session, endpoint: Endpoint): Promise<number> {
  const facts = await readSessionFacts(session, endpoint);
  const { encryption, iterations } = await session.queryRow(
    `SELECT current_setting('password_encryption') AS encryption,
       current_setting('scram_iterations', true) AS iterations`,
  );
  await session.query('ROLLBACK');
  const { provider, recovery } = facts.server;
  const isBetween = facts.behindProxy || isPoolerHost(provider, endpoint.host);
  // A pooler that logs in as somebody else would have that one's password changed.
  if (isBetween || facts.sessionUser !== endpoint.username) {
    throw new RefusedError({
      code: 'pooler_between',
      message: 'a pooler stands in between, which keeps passwords of its own: none was changed',
      fix: directHostFix(provider, endpoint.host),
    });
  }
  if (recovery) {
    throw new RefusedError({
      code: 'server_read_only',
      message: 'the server is a standby, where no password can be changed',
      fix: 'rotate it by a connection to the primary',
    });
  }
  if (encryption !== 'scram-sha-256') {
    throw new RefusedError({
      code: 'password_encryption_weak',
      message: `the server keeps new passwords of ${endpoint.username} as password_encryption = ${encryption} says, and only scram-sha-256 lets one be set without sending it`,
      fix: "set password_encryption = 'scram-sha-256' there, once every client of the role knows SCRAM, or change it yourself and give it with --password-stdin",
    });
  }
  return Math.max(leastIterations, Number(iterations ?? leastIterations));
}

/** @throws RefusedError password_not_checked */
function requirePasswordCheck({ method }: Session, { username }: Endpoint): void {
  if (method === 'scram-sha-256') return;
  const message =
    method === 'none'
      ? `the server lets ${username} in without asking for a password, so that none can be tested`
      : `the server asks ${username} for its password by the method ${method}, and not by scram-sha-256`;
  throw new RefusedError({
    code: 'password_not_checked',
    message: `${message}: none was changed`,
    fix: 'change the password yourself, and give it with --password-stdin',
  });
}

function inWords(error: unknown, endpoint: Endpoint): unknown {
  return workError(error, endpoint, (refused, sqlstate) => {
    const isLocked = sqlstate === '55P03' || sqlstate === '57014';
    return new ServerError({
      code: 'password_not_changed',
      message: `the server did not change the password of ${endpoint.username}: ${refused.message} (${sqlstate})`,
      fix: isLocked
        ? 'another session is changing the role: wait until it is done, then run it again'
        : 'ask who runs the server; then change it there, and give it with --password-stdin',
      cause: refused,
    });
  });
}
