import type { Client, ClientConfig } from 'pg';
import type { Endpoint, TlsFacts } from '../../connections/connection.ts';
import { InterruptedError } from '../../connections/errors.ts';
import type { SecretItem } from '../../connections/secret-store.ts';
import { Secret } from '../../secrets/secret.ts';
import { type AuthMethod, AuthPolicy } from './auth-policy.ts';
import type { Deadline } from './deadline.ts';
import { sqlstateOf, startupFault } from './diagnosis.ts';
import type { Transport } from './dial.ts';
import { Fault, type FaultDetail } from './faults.ts';
import { loadPg } from './pg-client.ts';
import type { QueryStatement, StatementEnd } from './query-statement.ts';
import type { RowTap, SessionBounds } from './session-frames.ts';
import { WireGuard } from './wire-guard.ts';

/** A row as text: every value as PostgreSQL prints it, null for NULL. */
export type TextRow = Readonly<Record<string, string | null>>;

/** What CommandComplete says: `SELECT` and its rows, `CREATE` and null. */
export interface StreamEnd {
  readonly command: string;
  readonly rowCount: number | null;
}

/** What pg keeps of BackendKeyData, and its types leave out. */
interface BackendKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** What starting a session needs besides its transport. */
export interface StartOptions {
  readonly endpoint: Endpoint;
  /** The name of the host that was dialled. */
  readonly host: string;
  /** The address it was dialled at; a directory where it is a socket's. */
  readonly address: string;
  readonly secrets: SecretItem;
  readonly bounds: SessionBounds;
  /** Whether it is a replication connection to the database (manual, 54.4): it takes the simple protocol alone. */
  readonly replication: boolean;
  /** The end of the start alone. */
  readonly startBy: Deadline;
  readonly onAuthenticated: () => void;
}

/** An authenticated session on one server. */
export class Session {
  readonly tls: TlsFacts | null;
  /** How the server authenticated us. */
  readonly method: AuthMethod;
  readonly host: string;
  /** The address it was reached at; a directory where it is a socket's. */
  readonly address: string;
  readonly #client: Client;
  readonly #guard: WireGuard;
  #deadline: Deadline;
  readonly #detail: FaultDetail;
  readonly #unasked: Unasked;

  constructor(parts: {
    client: Client;
    guard: WireGuard;
    deadline: Deadline;
    detail: FaultDetail;
    unasked: Unasked;
    tls: TlsFacts | null;
    method: AuthMethod;
    host: string;
    address: string;
  }) {
    this.#client = parts.client;
    this.#guard = parts.guard;
    this.#deadline = parts.deadline;
    this.#detail = parts.detail;
    this.#unasked = parts.unasked;
    this.tls = parts.tls;
    this.method = parts.method;
    this.host = parts.host;
    this.address = parts.address;
  }

  /**
   * Runs one statement, values bound as text; without values the simple protocol is used, which
   * takes several statements; their rows come together.
   * @throws Fault for time-outs and broken connections; pg's DatabaseError for what the server refused
   */
  async query(text: string, values?: readonly unknown[]): Promise<TextRow[]> {
    const config = values ? { text, values: [...values], types: asText } : { text, types: asText };
    const result = await this.#run(this.#client.query(config), this.#deadline).catch((error: unknown) => {
      // Rows that do not fit what was said of them: pg looks up a column that is not there.
      if (!(error instanceof TypeError)) throw error;
      throw new Fault('protocol_violation', { ...this.#detail, text: 'a row that can not be read' }, error);
    });
    const answers = Array.isArray(result) ? result : [result];
    return answers.flatMap(({ rows }) => rows) as TextRow[];
  }

  /**
   * Runs one statement by the extended protocol, which takes no second one, and hands its rows to the
   * tap as they come, all values as text; none is kept.
   * @param values bound as text
   * @param deadline of this statement; the session's when left out
   * @throws as query
   */
  async stream(
    text: string,
    values: readonly (string | null)[],
    tap: RowTap,
    deadline: Deadline = this.#deadline,
  ): Promise<StreamEnd> {
    const config = { text, values: [...values], types: asText, queryMode: 'extended' };
    return this.#tapped(tap, async () => {
      const { command, rowCount } = await this.#run(this.#client.query(config), deadline);
      return { command, rowCount };
    });
  }

  /**
   * Runs statements behind each other, sent in one message of the simple protocol (manual, 54.2.2.1), and
   * hands their rows to the tap as they come; it is told of each that has rows by their description. Before 13
   * a statement_timeout is for all of them together.
   * @throws as query
   */
  async streamAll(statements: readonly string[], tap: RowTap): Promise<void> {
    const config = { text: statements.join(';\n'), types: asText };
    await this.#tapped(tap, () => this.#run(this.#client.query(config), this.#deadline));
  }

  /**
   * Runs a statement that says itself what is sent for it; its rows go to the tap.
   * @throws as query
   */
  async runStatement(statement: QueryStatement, tap: RowTap, deadline: Deadline): Promise<StatementEnd> {
    return this.#tapped(tap, () => {
      this.#client.query(statement);
      return this.#run(statement.done, deadline);
    });
  }

  async #tapped<T>(tap: RowTap, work: () => Promise<T>): Promise<T> {
    this.#guard.tap = tap;
    try {
      return await work();
    } finally {
      this.#guard.tap = null;
    }
  }

  /** What is asked from now on is waited for up to this deadline. */
  set deadline(deadline: Deadline) {
    this.#deadline = deadline;
  }

  /** Told what the server says beside its answers: its severity and its words. */
  set onNotice(told: (severity: string, text: string) => void) {
    this.#client.on('notice', ({ severity, message }) => told(severity ?? 'NOTICE', message ?? ''));
  }

  /** What a CancelRequest names this session by; null where the server gave nothing. */
  get backendKey(): { readonly process: number; readonly secret: number } | null {
    const { processID: process, secretKey: secret } = this.#client as unknown as BackendKey;
    return process === null || secret === null ? null : { process, secret };
  }

  /** Whether it was ended, by us or from outside. */
  get isOver(): boolean {
    return this.#guard.destroyed || this.#unasked.error !== null;
  }

  /** Lets the server wait until `resumeRows`: for who can't take the rows as fast as they come. */
  holdRows(): void {
    this.#guard.holdRows();
  }

  resumeRows(): void {
    this.#guard.resumeRows();
  }

  async #run<T>(running: Promise<T>, deadline: Deadline): Promise<T> {
    const timedOut = () => new Fault('session_timeout', this.#detail);
    try {
      return await deadline.race(running, timedOut, () => this.#guard.destroy());
    } catch (error) {
      if (this.#guard.destroyed)
        throw this.#guard.errored instanceof Fault ? this.#guard.errored : lost(error, this.#detail);
      if (!isUnqueryable(error)) throw error;
      const { error: said } = this.#unasked;
      throw said !== null && sqlstateOf(said) !== null ? said : lost(error, this.#detail);
    }
  }

  /** The first row of what is answered. @throws as query; Fault when there is none */
  async queryRow(text: string, values?: readonly unknown[]): Promise<TextRow> {
    const [row] = await this.query(text, values);
    if (row) return row;
    throw new Fault('protocol_violation', {
      ...this.#detail,
      text: 'no row in answer to a query that has one',
    });
  }

  /** Says good-bye and lets go of the socket; never throws and never waits for the server. */
  close(): void {
    this.#client.end().catch(() => {});
    setTimeout(() => this.#guard.destroy(), 250).unref();
  }
}

/** An error that the server sent while nothing was asked: it shuts down, or an administrator ended the session. */
interface Unasked {
  error: unknown;
}

/** What pg says to a statement after such an error. */
function isUnqueryable(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('not queryable');
}

function lost(error: unknown, detail: FaultDetail): unknown {
  if (error instanceof Fault || error instanceof InterruptedError) return error;
  const text = error instanceof Error ? error.message : 'closed';
  return new Fault('connection_lost', { ...detail, text }, error);
}

const asText = { getTypeParser: () => (value: string) => value } as NonNullable<ClientConfig['types']>;

/**
 * Starts a session over an open transport: start-up packet, authentication under the connection's
 * policy, until the server is ready. pg gets explicit settings only, never a connection string.
 * @throws Fault of the rungs connect, authenticate, database and session; InterruptedError
 */
export async function startSession(
  transport: Transport,
  options: StartOptions,
  deadline: Deadline,
): Promise<Session> {
  const { endpoint, host, address, secrets } = options;
  const { username, database } = endpoint;
  const detail = { host, port: endpoint.port, username, database, sslMode: endpoint.sslMode };
  const situation = {
    endpoint,
    hasPassword: secrets.password !== null && !secrets.password.isEmpty,
    encrypted: transport.tls !== null,
    local: address.startsWith('/'),
  };
  const policy = new AuthPolicy(situation, detail);
  let authenticated = false;
  let heard = false;
  transport.socket.once('data', () => {
    heard = true;
  });
  const guard = new WireGuard(transport.socket, {
    policy,
    detail,
    bounds: options.bounds,
    scram: () => ({
      password: secrets.password ?? new Secret(''),
      certificate: endpoint.options.channel_binding === 'disable' ? null : transport.certificate,
    }),
    onAuthenticated: () => {
      authenticated = true;
      options.onAuthenticated();
    },
  });
  // Nobody may be listening any more when a socket breaks late.
  guard.on('error', () => {});
  const pg = await loadPg();
  const client = new pg.Client(clientConfig(options, guard));
  const unasked: Unasked = { error: null };
  client.on('error', (error) => {
    unasked.error ??= error;
  });
  const timedOut = () =>
    new Fault(!heard ? 'server_silent' : authenticated ? 'session_timeout' : 'auth_timeout', detail);
  try {
    await options.startBy.race(client.connect(), timedOut, () => guard.destroy());
  } catch (error) {
    guard.destroy();
    if (error instanceof InterruptedError) throw error;
    if (isClosed(error)) {
      const code = !heard ? 'connection_closed' : authenticated ? 'connection_lost' : 'auth_cut_off';
      throw new Fault(code, { ...detail, text: 'closed by the server' }, error);
    }
    throw startupFault(error, detail);
  }
  const { tls } = transport;
  return new Session({ client, guard, deadline, detail, unasked, tls, method: policy.asked, host, address });
}

/** pg's words for a connection that ended, and the system's. */
function isClosed(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message === 'Connection terminated unexpectedly') return true;
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function clientConfig(options: StartOptions, guard: WireGuard): ClientConfig {
  const { endpoint, host, secrets } = options;
  const { application_name, fallback_application_name } = endpoint.options;
  const config: ClientConfig & { replication?: string } = {
    user: endpoint.username,
    database: endpoint.database,
    host,
    port: endpoint.port,
    ssl: false,
    stream: guard as unknown as NonNullable<ClientConfig['stream']>,
    // A function keeps pg from looking into PGPASSWORD and .pgpass. The policy has refused a request
    // for a password that is not there before this is called.
    password: () => secrets.password?.reveal() ?? '',
    application_name: application_name ?? fallback_application_name ?? 'jackfield',
    client_encoding: 'UTF8',
  };
  if (options.replication) config.replication = 'database';
  if (endpoint.options.options) config.options = endpoint.options.options;
  return config;
}
