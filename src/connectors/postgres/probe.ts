import { isIP } from 'node:net';
import type { Endpoint, ServerFacts } from '../../connections/connection.ts';
import type { ProbeRequest, ProbeResult } from '../../connections/connector.ts';
import { deadAddresses } from './dead-addresses.ts';
import { Deadline } from './deadline.ts';
import { statementFault } from './diagnosis.ts';
import { Fault } from './faults.ts';
import { Ladder } from './ladder.ts';
import { type Opening, openSession } from './open-session.ts';
import { readPrivileges } from './privileges.ts';
import { judgeDestination, judgeDestinationSchema } from './privileges-destination.ts';
import { judgeSource, judgeSourceSchema } from './privileges-source.ts';
import type { Session } from './session.ts';
import { readSessionFacts, type SessionFacts } from './session-facts.ts';
import { judgeFacts, judgeMethod, judgeTls } from './session-verdict.ts';
import { readTlsFiles } from './tls-files.ts';
import { failedBy, passed, type Verdict } from './verdict.ts';

/** The probe asks for little: what goes beyond this is not an answer to it. */
const bounds = { maxMessage: 1024 * 1024, maxTotal: 4 * 1024 * 1024 };

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
    rungs.fail(error.stage, failedBy(error));
    return null;
  }
  const { session } = opening;
  try {
    const dead = await deadAddresses(endpoint, opening, deadline);
    settleOpening(rungs, { ...opening, passedOver: [...opening.passedOver, ...dead] }, endpoint);
    return await judgeSession(request, opening, rungs);
  } finally {
    session.close();
  }
}

function settleOpening(rungs: Ladder, opening: Opening, endpoint: Endpoint): void {
  const { session, passedOver } = opening;
  // That a name has addresses of two kinds, and the network carries one, is nothing to warn of.
  const dead = passedOver.filter((fault) => !isOtherFamily(fault, session));
  const [first] = dead;
  const deadNames = passedOver.some(({ stage }) => stage === 'resolve');
  const message = () =>
    `reached another way, but ${dead.map((fault) => fault.sentence + addressOf(fault)).join('; ')}`;
  const complaint: Verdict = first
    ? { ...failedBy(first), status: 'warned', message: message() }
    : passed(passedOver.length > 0 ? `by way of ${session.address}` : null);
  rungs.settle('resolve', deadNames ? complaint : passed());
  rungs.settle('connect', deadNames ? passed() : complaint);
  rungs.settle('tls', judgeTls(session));
  rungs.settle('authenticate', judgeMethod(session, endpoint.username));
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

async function judgeSession(
  request: ProbeRequest,
  opening: Opening,
  rungs: Ladder,
): Promise<ServerFacts | null> {
  const { endpoint, role } = request;
  const { session } = opening;
  let facts: SessionFacts;
  try {
    facts = await rungs.timed('session', () => readSessionFacts(session, endpoint));
  } catch (error) {
    rungs.fail('session', failedBy(sessionFault(error, endpoint)));
    return null;
  }
  const verdict = judgeFacts(facts, role);
  rungs.settle('session', { ...verdict, message: `${verdict.message}${wayTo(facts, opening)}` });
  try {
    const privileges = await rungs.timed('schema', () => readPrivileges(session, request));
    const source = role === 'source';
    rungs.settle('schema', source ? judgeSourceSchema(privileges) : judgeDestinationSchema(privileges));
    rungs.settle('privileges', source ? judgeSource(privileges) : judgeDestination(privileges));
  } catch (error) {
    rungs.fail('schema', failedBy(sessionFault(error, endpoint)));
  }
  return facts.server;
}

function sessionFault(error: unknown, { host, port, username }: Endpoint): Fault {
  return statementFault(error, { host, port, username });
}

/** What is worth knowing of the way to a session, beside what is wrong with it. */
function wayTo(facts: SessionFacts, { tries }: Opening): string {
  const woken = tries > 1 ? `; it was asleep, and woke up after ${tries} tries` : '';
  return facts.behindProxy ? `; through a pooler or proxy${woken}` : woken;
}
