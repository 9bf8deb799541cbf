import type { Endpoint, Stage } from '../../connections/connection.ts';
import type { SecretItem } from '../../connections/secret-store.ts';
import { stages } from '../../connections/vocabulary.ts';
import { type HostEntry, hostEntries, resolveAddresses } from './addresses.ts';
import type { Deadline } from './deadline.ts';
import { dial } from './dial.ts';
import { Fault } from './faults.ts';
import { type Session, startSession } from './session.ts';
import type { TlsFiles } from './tls-files.ts';
import { type TlsAttempt, tlsAttempts } from './tls-policy.ts';

/** The rungs that opening a session climbs, in order. */
export type OpeningStage = Extract<Stage, 'resolve' | 'connect' | 'tls' | 'authenticate' | 'database'>;

export interface OpenOptions {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  readonly files: TlsFiles;
  readonly maxMessage: number;
  /** Told how long a rung took each time it was done, in milliseconds. */
  readonly onStage?: (stage: OpeningStage, durationMs: number) => void;
}

/** An open session, and what was seen on the way to it. */
export interface Opening {
  readonly session: Session;
  /** Addresses and hosts that failed before one answered. */
  readonly passedOver: readonly Fault[];
}

/**
 * Opens a session as libpq does: hosts in order, of each its addresses in order, at each the tries
 * that sslmode asks for. The next address or host is tried when one can't be reached, starts up or
 * shuts down, or is not what target_session_attrs asks for; never after a refused password
 * (fe-connect.c, PQconnectPoll).
 * @throws Fault, of the try that came furthest; InterruptedError
 */
export async function openSession(options: OpenOptions, deadline: Deadline): Promise<Opening> {
  const wanted = options.endpoint.options.target_session_attrs ?? 'any';
  if (wanted !== 'prefer-standby') return openWanted(options, deadline, wanted);
  try {
    return await openWanted(options, deadline, 'standby');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return openWanted(options, deadline, 'any');
  }
}

async function openWanted(options: OpenOptions, deadline: Deadline, wanted: string): Promise<Opening> {
  const failures: Fault[] = [];
  const entries = hostEntries(options.endpoint);
  for (const [index, entry] of entries.entries()) {
    const addresses = await timed(options, 'resolve', () =>
      collect(failures, resolveAddresses(entry, deadline)),
    );
    for (const [position, address] of (addresses ?? []).entries()) {
      const untried = (addresses?.length ?? 1) - position + (entries.length - index - 1);
      const session = await collect(failures, openAddress(options, entry, address, deadline, untried));
      if (!session) continue;
      const complaint = await sessionComplaint(session, wanted);
      if (complaint === null) return { session, passedOver: failures };
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
    const passable =
      error instanceof Fault &&
      (error.stage === 'resolve' || error.stage === 'connect' || error.code === 'cannot_connect_now');
    if (!passable) throw error;
    failures.push(error);
    return null;
  }
}

async function openAddress(
  options: OpenOptions,
  entry: HostEntry,
  address: string,
  deadline: Deadline,
  untried: number,
): Promise<Session> {
  const failures: Fault[] = [];
  for (const attempt of tlsAttempts(options.endpoint, entry.host)) {
    try {
      return await openAttempt(options, entry, address, attempt, deadline, untried);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      failures.push(error);
      if (!retriedOtherwise(error, attempt)) break;
    }
  }
  throw furthest(failures);
}

/**
 * Whether libpq's allow and prefer go on to their second try. Stricter than libpq in one thing: a
 * refused password is not tried again, least of all in the clear.
 */
function retriedOtherwise(fault: Fault, attempt: TlsAttempt): boolean {
  if (fault.code === 'password_refused' || fault.code === 'password_missing') return false;
  if (attempt === 'plain') return fault.stage !== 'connect' || fault.code === 'connection_closed';
  return fault.stage === 'tls' || fault.code === 'no_pg_hba_entry';
}

async function openAttempt(
  options: OpenOptions,
  entry: HostEntry,
  address: string,
  attempt: TlsAttempt,
  deadline: Deadline,
  untried: number,
): Promise<Session> {
  const { endpoint, secrets } = options;
  const ticks = stageTimer(options);
  const limit = Number(endpoint.options.connect_timeout ?? 0) * 1000;
  const target = {
    endpoint,
    host: entry.host,
    address,
    attempt,
    files: options.files,
    keyPassword: secrets.sslKeyPassword,
    // A dead address leaves time for those after it.
    connectMs: limit || deadline.left / untried,
  };
  const observer = { connected: () => ticks('connect'), secured: () => ticks('tls') };
  const transport = await dial(target, deadline, observer);
  const start = {
    endpoint,
    host: entry.host,
    secrets,
    maxMessage: options.maxMessage,
    onAuthenticated: () => ticks('authenticate'),
  };
  const session = await startSession(transport, start, deadline);
  ticks('database');
  return session;
}

/** Tells the time since the former rung, each time a rung is done. */
function stageTimer(options: OpenOptions): (stage: OpeningStage) => void {
  let last = performance.now();
  return (stage) => {
    const now = performance.now();
    options.onStage?.(stage, now - last);
    last = now;
  };
}

async function timed<T>(options: OpenOptions, stage: OpeningStage, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    return await work();
  } finally {
    options.onStage?.(stage, performance.now() - from);
  }
}

/** What a session lacks of target_session_attrs; null when it is what was asked for. */
async function sessionComplaint(session: Session, wanted: string): Promise<string | null> {
  if (wanted === 'any') return null;
  const [row] = await session.query(
    "SELECT pg_catalog.pg_is_in_recovery() AS standby, pg_catalog.current_setting('transaction_read_only') AS ro",
  );
  const standby = row?.standby === 't';
  const readOnly = standby || row?.ro === 'on';
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
  // A missing pg_hba rule is decided before the password is looked at.
  const height = (fault: Fault) => stages.indexOf(fault.stage) - (fault.code === 'no_pg_hba_entry' ? 0.5 : 0);
  const [first, ...rest] = failures;
  if (!first) throw new Error('no host to connect to');
  return rest.reduce((best, fault) => (height(fault) > height(best) ? fault : best), first);
}
