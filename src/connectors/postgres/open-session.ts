import type { Endpoint, Stage } from '../../connections/connection.ts';
import type { SecretItem } from '../../connections/secret-store.ts';
import { stages } from '../../connections/vocabulary.ts';
import { type HostEntry, hostEntries, resolveAddresses } from './addresses.ts';
import type { Deadline } from './deadline.ts';
import { statementFault } from './diagnosis.ts';
import { dial } from './dial.ts';
import { Fault, type FaultCode } from './faults.ts';
import { loadPg } from './pg-client.ts';
import { type Session, startSession } from './session.ts';
import type { SessionBounds } from './session-frames.ts';
import type { TlsFiles } from './tls-files.ts';
import { type TlsAttempt, tlsAttempts } from './tls-policy.ts';
import { whileWaking } from './waking.ts';

export interface OpenOptions {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  readonly files: TlsFiles;
  /** Of what the server may say once the session is open. */
  readonly bounds: SessionBounds;
  /** Whether it is a replication connection; false when left out. */
  readonly replication?: boolean;
  /** Told how long a try at a rung took, in milliseconds, and how it ended. */
  readonly onStage?: (stage: Stage, durationMs: number, outcome: StageOutcome) => void;
}

export type StageOutcome = 'done' | 'failed';

/** An open session, and what was seen on the way to it. */
export interface Opening {
  readonly session: Session;
  /** Addresses and hosts that failed before one answered. */
  readonly passedOver: readonly Fault[];
  /** Addresses of the host that answered, after the one that did. */
  readonly untried: readonly string[];
  /** How often all of it was tried: more than once where a sleeping server had to wake up. */
  readonly tries: number;
}

type Round = Omit<Opening, 'tries'>;

/**
 * Opens a session as libpq does: hosts in order, of each its addresses in order, at each the tries
 * that sslmode asks for. The next address or host is tried when one can't be reached, starts up or
 * shuts down, or is not what target_session_attrs asks for; never after a refused password
 * (fe-connect.c, PQconnectPoll). Where that ends at a Neon compute that wakes up, all of it is done again.
 * @throws Fault, of the try that came furthest; InterruptedError
 */
export async function openSession(options: OpenOptions, deadline: Deadline): Promise<Opening> {
  const { value, tries } = await whileWaking(
    () => openOnce(options, deadline),
    deadline,
    (stage, durationMs) => options.onStage?.(stage, durationMs, 'failed'),
  );
  return { ...value, tries };
}

async function openOnce(options: OpenOptions, deadline: Deadline): Promise<Round> {
  const wanted = options.endpoint.options.target_session_attrs ?? 'any';
  if (wanted !== 'prefer-standby') return openWanted(options, deadline, wanted);
  try {
    return await openWanted(options, deadline, 'standby');
  } catch (error) {
    // What ended the first round would end the second: a refused password is not sent again.
    if (!isPassable(error) && !(error instanceof Fault && error.code === 'wrong_server_kind')) throw error;
    return openWanted(options, deadline, 'any');
  }
}

async function openWanted(options: OpenOptions, deadline: Deadline, wanted: string): Promise<Round> {
  const failures: Fault[] = [];
  const entries = hostEntries(options.endpoint);
  for (const [index, entry] of entries.entries()) {
    const addresses = await collect(failures, timedLookup(options, entry, deadline));
    for (const [position, address] of (addresses ?? []).entries()) {
      const untried = (addresses?.length ?? 1) - position + (entries.length - index - 1);
      const session = await collect(failures, openAddress(options, entry, address, deadline, untried));
      if (!session) continue;
      const complaint = await sessionComplaint(session, wanted).catch((error: unknown) => {
        session.close();
        throw statementFault(error, entry);
      });
      if (complaint === null)
        return { session, passedOver: failures, untried: addresses?.slice(position + 1) ?? [] };
      session.close();
      failures.push(new Fault('wrong_server_kind', { host: entry.host, port: entry.port, text: complaint }));
    }
  }
  throw furthest(failures);
}

/** Faults after which the next address or host is tried; any other ends the whole. */
async function collect<T>(failures: Fault[], work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!isPassable(error)) throw error;
    failures.push(error);
    return null;
  }
}

function isPassable(error: unknown): error is Fault {
  return (
    error instanceof Fault &&
    (error.stage === 'resolve' ||
      error.stage === 'connect' ||
      error.code === 'cannot_connect_now' ||
      error.code === 'neon_asleep')
  );
}

/** Until when the transport of an address is open, its session started, and all of it done. */
interface AddressDeadlines {
  readonly dialBy: Deadline;
  readonly startBy: Deadline;
  readonly deadline: Deadline;
}

async function openAddress(
  options: OpenOptions,
  entry: HostEntry,
  address: string,
  deadline: Deadline,
  untried: number,
): Promise<Session> {
  const failures: Fault[] = [];
  // libpq's connect_timeout is for all tries at an address (pqConnectDBComplete, fe-connect.c), up to the
  // end of the start. Where there is none, a dead address leaves time for those after it.
  const limit = Number(options.endpoint.options.connect_timeout ?? 0) * 1000;
  const dialBy = deadline.within(limit || deadline.left / untried);
  const deadlines = { dialBy, startBy: limit ? dialBy : deadline, deadline };
  for (const attempt of tlsAttempts(options.endpoint, entry.host)) {
    try {
      return await openAttempt(options, entry, address, attempt, deadlines);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      failures.push(error);
      if (!retriedOtherwise(error, attempt) || dialBy.left === 0) break;
    }
  }
  throw furthest(failures);
}

/** What the other way would not mend: the password, and our own certificate and key. */
const sameEitherWay: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'password_refused',
  'password_missing',
  'tls_bad_certificate_file',
  'tls_client_refused',
]);

/**
 * Whether libpq's allow and prefer go on to their second try. Stricter than libpq: what was wrong with
 * us is not tried again, least of all in the clear.
 */
function retriedOtherwise(fault: Fault, attempt: TlsAttempt): boolean {
  if (sameEitherWay.has(fault.code)) return false;
  if (attempt === 'plain') return fault.stage !== 'connect' || fault.code === 'connection_closed';
  // A server that had no TLS to offer was asked in the clear already; one that asks for it is not.
  if (fault.code === 'tls_required') return false;
  return fault.stage === 'tls' || (fault.code === 'no_pg_hba_entry' && !fault.wantsTls);
}

async function openAttempt(
  options: OpenOptions,
  entry: HostEntry,
  address: string,
  attempt: TlsAttempt,
  { dialBy, startBy, deadline }: AddressDeadlines,
): Promise<Session> {
  const { endpoint, secrets } = options;
  // Loaded before the clock of the first rung starts.
  await loadPg();
  const ticks = stageTimer(options);
  const target = {
    endpoint,
    host: entry.host,
    address,
    attempt,
    files: options.files,
    keyPassword: secrets.sslKeyPassword,
  };
  const observer = { connected: () => ticks('connect'), secured: () => ticks('tls') };
  try {
    const transport = await dial(target, dialBy, observer);
    const start = {
      endpoint,
      host: entry.host,
      address,
      secrets,
      bounds: options.bounds,
      replication: options.replication === true,
      startBy,
      onAuthenticated: () => ticks('authenticate'),
    };
    const session = await startSession(transport, start, deadline);
    ticks('database');
    return session;
  } catch (error) {
    if (error instanceof Fault) ticks(error.stage, 'failed');
    throw error;
  }
}

/** Tells the time since the former rung, each time a rung is done or the try fails. */
function stageTimer(options: OpenOptions): (stage: Stage, outcome?: StageOutcome) => void {
  let last = performance.now();
  return (stage, outcome = 'done') => {
    const now = performance.now();
    options.onStage?.(stage, now - last, outcome);
    last = now;
  };
}

async function timedLookup(options: OpenOptions, entry: HostEntry, deadline: Deadline): Promise<string[]> {
  const tick = stageTimer(options);
  try {
    const addresses = await resolveAddresses(entry, deadline);
    tick('resolve');
    return addresses;
  } catch (error) {
    tick('resolve', 'failed');
    throw error;
  }
}

/** What a session lacks of target_session_attrs; null when it is what was asked for. */
async function sessionComplaint(session: Session, wanted: string): Promise<string | null> {
  if (wanted === 'any') return null;
  const row = await session.queryRow(
    "SELECT pg_catalog.pg_is_in_recovery() AS standby, pg_catalog.current_setting('transaction_read_only') AS ro",
  );
  const standby = row.standby === 't';
  const readOnly = standby || row.ro === 'on';
  const is: Record<string, boolean> = {
    primary: !standby,
    standby,
    'read-only': readOnly,
    'read-write': !readOnly,
  };
  return is[wanted] ? null : `${wanted} was asked for`;
}

/** The failure that came furthest up the ladder tells most; of equals the first. */
function furthest(failures: readonly Fault[]): Fault {
  const [first, ...rest] = failures;
  if (!first) throw new Error('no host to connect to');
  return rest.reduce((best, fault) => (height(fault) > height(best) ? fault : best), first);
}

function height(fault: Fault): number {
  const rung = stages.indexOf(fault.stage);
  if (fault.code !== 'no_pg_hba_entry') return rung;
  // A missing pg_hba rule is decided before the password is looked at; where there is none with TLS
  // either, turning TLS on is no help.
  return rung - (fault.wantsTls ? 0.6 : 0.5);
}
