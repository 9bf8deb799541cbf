import { isIP } from 'node:net';
import type { Endpoint, Role, ServerFacts, Stage, StageResult } from '../../connections/connection.ts';
import type { ProbeRequest, ProbeResult } from '../../connections/connector.ts';
import { stages } from '../../connections/vocabulary.ts';
import { Deadline } from './deadline.ts';
import { sqlstateOf } from './diagnosis.ts';
import { Fault } from './faults.ts';
import { displayIdentifier } from './identifiers.ts';
import { type Opening, openSession, type StageOutcome } from './open-session.ts';
import { judgePrivileges, judgeSchema, readPrivileges, type Verdict } from './privileges.ts';
import type { Session } from './session.ts';
import { readSessionFacts, type SessionFacts } from './session-facts.ts';
import { readTlsFiles } from './tls-files.ts';

/** The probe asks for little: what goes beyond this is not an answer to it. */
const bounds = { maxMessage: 1024 * 1024, maxTotal: 4 * 1024 * 1024 };

/** Fewer connections left than this is a warning: the job that follows opens some at once. */
const fewConnections = 5;
const shortStatementTimeoutMs = 60_000;
const certificateDays = 30;

/** The rungs of one probe as they are climbed: each is told once, in order. */
class Ladder {
  readonly results: StageResult[] = [];
  readonly #spent = new Map<Stage, number>();
  readonly #done = new Set<Stage>();
  readonly #onStage: ((result: StageResult) => void) | undefined;

  constructor(onStage?: (result: StageResult) => void) {
    this.#onStage = onStage;
  }

  /** Adds time to a rung; retries and further addresses add up. */
  spend(stage: Stage, durationMs: number, outcome: StageOutcome): void {
    this.#spent.set(stage, (this.#spent.get(stage) ?? 0) + durationMs);
    if (outcome === 'done') this.#done.add(stage);
  }

  settle(stage: Stage, verdict: Verdict): void {
    const durationMs = Math.round((this.#spent.get(stage) ?? 0) * 10) / 10;
    const result = { stage, durationMs, ...verdict };
    this.results.push(result);
    this.#onStage?.(result);
  }

  /** Settles `stage` as failed, and of the rungs that are open those that were done as passed, all others as skipped. */
  fail(stage: Stage, verdict: Verdict): void {
    for (const rung of stages.slice(this.results.length)) {
      if (rung === stage) this.settle(rung, verdict);
      // A server that has no connection left says so before it looks at a password.
      else if (this.#done.has(rung) && stages.indexOf(rung) < stages.indexOf(stage))
        this.settle(rung, passed());
      else this.settle(rung, skipped(`not reached: ${stage} failed`));
    }
  }

  async timed<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.spend(stage, performance.now() - from, 'done');
    }
  }
}

const passed = (message: string | null = null): Verdict => ({
  status: 'passed',
  code: null,
  message,
  fix: null,
});
const skipped = (message: string): Verdict => ({ status: 'skipped', code: null, message, fix: null });
const failed = (fault: Fault): Verdict => ({
  status: 'failed',
  code: fault.code,
  message: fault.sentence,
  fix: fault.fix,
});
const warned = (code: string, message: string, fix: string): Verdict => ({
  status: 'warned',
  code,
  message,
  fix,
});

/**
 * The staged test. It climbs resolve, connect, tls, authenticate, database and session, and there
 * asks about schema and privileges whatever the outcome of either; it writes nothing.
 * @throws InterruptedError; UsageError for files of the endpoint that can't be read
 */
export async function probe(request: ProbeRequest): Promise<ProbeResult> {
  const started = performance.now();
  const ladderOf = new Ladder(request.onStage);
  const server = await climb(request, ladderOf);
  const statuses = ladderOf.results.map(({ status }) => status);
  return {
    status: statuses.includes('failed') ? 'failed' : statuses.includes('warned') ? 'warned' : 'passed',
    durationMs: Math.round((performance.now() - started) * 10) / 10,
    stages: ladderOf.results,
    server,
  };
}

async function climb(request: ProbeRequest, rungs: Ladder): Promise<ServerFacts | null> {
  const { endpoint, secrets } = request;
  const deadline = new Deadline(request.timeoutMs, request.signal);
  const files = await readTlsFiles(endpoint);
  const onStage = rungs.spend.bind(rungs);
  let opening: Opening;
  try {
    opening = await openSession({ endpoint, secrets, files, bounds, onStage }, deadline);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    rungs.fail(error.stage, failed(error));
    return null;
  }
  const { session } = opening;
  try {
    settleOpening(rungs, opening);
    return await judgeSession(request, session, rungs);
  } finally {
    session.close();
  }
}

function settleOpening(rungs: Ladder, opening: Opening): void {
  const { session, passedOver } = opening;
  // That a name has addresses of two kinds, and the network carries one, is nothing to warn of.
  const [dead, ...others] = passedOver.filter((fault) => !isOtherFamily(fault, session));
  const deadNames = passedOver.some(({ stage }) => stage === 'resolve');
  const more = others.length > 0 ? `, and ${others.length} more failed` : '';
  const complaint = dead
    ? warned(dead.code, `reached another way, but ${dead.sentence}${addressOf(dead)}${more}`, dead.fix)
    : passed(passedOver.length > 0 ? `by way of ${session.address}` : null);
  rungs.settle('resolve', deadNames ? complaint : passed());
  rungs.settle('connect', deadNames ? passed() : complaint);
  rungs.settle('tls', judgeTls(session));
  rungs.settle('authenticate', judgeMethod(session));
  rungs.settle('database', passed());
}

function isOtherFamily({ detail }: Fault, session: Session): boolean {
  const family = isIP(detail.address ?? '');
  return detail.host === session.host && family !== 0 && family !== isIP(session.address);
}

function addressOf(fault: Fault): string {
  return fault.detail.address && fault.detail.address !== fault.detail.host
    ? ` (${fault.detail.address})`
    : '';
}

/** Loopback and sockets stay on the machine: a session in the clear is nothing to warn of there. */
function isOnThisMachine(address: string): boolean {
  return address.startsWith('/') || address === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address);
}

function judgeTls(session: Session): Verdict {
  const { tls } = session;
  if (!tls) {
    if (isOnThisMachine(session.address)) return passed('in the clear, on this machine');
    return warned(
      'tls_absent',
      'the session is in the clear: everyone on the way can read it',
      'turn TLS on in the server and use --ssl-mode require or stronger',
    );
  }
  if (tls.protocol === 'TLSv1' || tls.protocol === 'TLSv1.1') {
    return warned('tls_old', `the session uses ${tls.protocol}`, 'let the server speak TLSv1.2 or newer');
  }
  const days = tls.validTo === null ? null : (Date.parse(tls.validTo) - Date.now()) / 86_400_000;
  if (days !== null && days < certificateDays && tls.verified !== 'none') {
    const when = days < 0 ? 'has expired' : `expires in ${Math.floor(days)} days`;
    return warned(
      'tls_expires_soon',
      `the server's certificate ${when}`,
      'renew it before clients refuse it',
    );
  }
  const held = {
    none: 'not verified',
    ca: 'signed by the given root',
    full: `verified for ${session.host}`,
  };
  return passed(`${tls.protocol}, certificate ${held[tls.verified]}`);
}

function judgeMethod(session: Session): Verdict {
  if (session.method === 'md5') {
    return warned(
      'password_md5',
      'the password is sent as MD5, which can be cracked and replayed',
      "SET password_encryption = 'scram-sha-256', then set the user's password again",
    );
  }
  return passed(session.method === 'none' ? 'without a password' : session.method);
}

async function judgeSession(
  request: ProbeRequest,
  session: Session,
  rungs: Ladder,
): Promise<ServerFacts | null> {
  const { endpoint, role } = request;
  let facts: SessionFacts;
  try {
    facts = await rungs.timed('session', () => readSessionFacts(session, endpoint));
  } catch (error) {
    rungs.fail('session', failed(sessionFault(error, endpoint)));
    return null;
  }
  rungs.settle('session', judgeFacts(facts, role));
  try {
    const privileges = await rungs.timed('schema', () => readPrivileges(session, endpoint.schema, role));
    rungs.settle('schema', judgeSchema(privileges, role));
    rungs.settle('privileges', judgePrivileges(privileges, role));
  } catch (error) {
    rungs.fail('schema', failed(sessionFault(error, endpoint)));
  }
  return facts.server;
}

/** @throws the error itself when it is neither the server's nor the network's: a defect, an interruption */
function sessionFault(error: unknown, endpoint: Endpoint): Fault {
  if (error instanceof Fault) return error.with({ host: endpoint.host, port: endpoint.port });
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null || !(error instanceof Error)) throw error;
  return new Fault(
    'server_refused',
    { host: endpoint.host, port: endpoint.port, sqlstate, text: error.message },
    error,
  );
}

/** All that is wrong at once: the first complaint gives the code, and those that fail come first. */
function judgeFacts(facts: SessionFacts, role: Role): Verdict {
  const { server } = facts;
  const words = `PostgreSQL ${server.version}${server.recovery ? ', a standby' : ''}`;
  const complaints = role === 'destination' ? destinationFailures(facts) : [];
  const failing = complaints.length > 0;
  if (role === 'source' && server.recovery) {
    complaints.push(['source_standby', 'it may lag behind', 'use the primary where fresh rows matter']);
  }
  const { connectionsLeft, statementTimeoutMs } = facts;
  if (connectionsLeft !== null && connectionsLeft < fewConnections) {
    const fix = 'raise the connection limit, or close idle sessions, before a job needs them';
    complaints.push(['few_connections_left', `${connectionsWord(connectionsLeft)} left`, fix]);
  }
  if (statementTimeoutMs > 0 && statementTimeoutMs < shortStatementTimeoutMs) {
    const message = `statements are cut off after ${statementTimeoutMs} ms`;
    const fix = `ALTER ROLE ${displayIdentifier(facts.currentUser)} SET statement_timeout = 0;`;
    complaints.push(['short_statement_timeout', message, fix]);
  }
  const [first] = complaints;
  if (!first) return passed(words);
  return {
    status: failing ? 'failed' : 'warned',
    code: first[0],
    message: `${words}: ${complaints.map(([, message]) => message).join('; ')}`,
    fix: complaints.map(([, , fix]) => fix).join('; '),
  };
}

function connectionsWord(left: number): string {
  if (left === 0) return 'no connection is';
  return left === 1 ? 'only 1 connection is' : `only ${left} connections are`;
}

type Complaint = readonly [code: string, message: string, fix: string];

function destinationFailures({ server, currentUser }: SessionFacts): Complaint[] {
  if (server.recovery) {
    const fix = 'point the destination at the primary (the writer endpoint)';
    return [['destination_standby', 'nothing can be written here', fix]];
  }
  if (!server.readOnly) return [];
  const fix = `take default_transaction_read_only off for "${currentUser}" or the database, or use another user`;
  return [['destination_read_only', 'sessions are read-only', fix]];
}
