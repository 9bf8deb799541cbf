import type { CdcCheckResult, CdcPlan, CdcProblem, CdcSetup, CdcStep } from '../../cdc/cdc.ts';
import type { CdcPlanRequest, CdcSetupRequest } from '../../cdc/port.ts';
import { RefusedError } from '../../connections/errors.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { type CdcSurvey, checkServer } from './cdc-check.ts';
import { readCdcFacts, reading } from './cdc-facts.ts';
import { readIdentities } from './cdc-identities.ts';
import { beginLocked } from './cdc-lock.ts';
import { type MadePlan, planSetup } from './cdc-plan.ts';
import { type CdcSession, inCdcSession } from './cdc-session.ts';
import { makeSlot } from './cdc-slot.ts';
import { readCdcState } from './cdc-state.ts';
import { type Choice, chooseTables, tablesNamed } from './cdc-tables.ts';
import type { Session } from './session.ts';
import { readSessionFacts } from './session-facts.ts';

/** What is to be done; it changes nothing. @throws RefusedError; ServerError; InterruptedError; UsageError */
export async function planCdc(request: CdcPlanRequest): Promise<CdcPlan> {
  return inCdcSession(request, async (opened) => {
    const { survey, made } = await surveyed(opened.session, request);
    const checks = await checkServer(opened, request, survey, request.names.slot);
    const ready = blockersOf(survey, made, checks).length === 0;
    return { ...answerOf(request, made), ready, problems: [...problemsOf(checks), ...made.problems] };
  });
}

/**
 * Runs what is needed, a transaction at a time; before each the server is looked at anew, under a lock, so
 * that it goes on wherever an earlier run, ours or another's, has ended.
 * @throws RefusedError; ServerError; InterruptedError; UsageError
 */
export async function setupCdc(request: CdcSetupRequest): Promise<CdcSetup> {
  return inCdcSession(request, async (opened) => {
    const { survey, made } = await surveyed(opened.session, request);
    if (made.steps.length > 0) {
      const checks = await checkServer(opened, request, survey, request.names.slot);
      refuseUnready(request, blockersOf(survey, made, checks));
    }
    return run(opened, request, survey);
  });
}

async function surveyed(
  session: Session,
  request: CdcPlanRequest,
): Promise<{ survey: CdcSurvey; made: MadePlan }> {
  const sessionFacts = await readSessionFacts(session, request.endpoint);
  const facts = await readCdcFacts(session);
  await session.query('COMMIT');
  const seen = await reading(session, () => lookAt(session, request));
  const survey = { sessionFacts, facts, state: seen.state, choice: seen.choice };
  return { survey, made: planFor(request, survey, seen) };
}

/** The server as it is now; tables that nobody names are those that the publication's marker does. */
async function lookAt(session: Session, { names, wish, endpoint }: CdcPlanRequest) {
  const state = await readCdcState(session, names);
  const marker = state.publication?.marker;
  const known = typeof marker === 'object' && marker !== null ? marker.tables : null;
  const choice: Choice =
    wish.tables.length > 0
      ? await chooseTables(session, wish.tables, endpoint.schema)
      : { chosen: await tablesNamed(session, known ?? []), missing: [], leftOut: [] };
  return { state, choice, ...(await readIdentities(session, state)) };
}

function planFor(
  request: CdcPlanRequest,
  survey: CdcSurvey,
  seen: Awaited<ReturnType<typeof lookAt>>,
): MadePlan {
  const { sessionFacts, facts } = survey;
  return planSetup({
    claim: request,
    names: request.names,
    wish: request.wish,
    ...seen,
    version: sessionFacts.versionNumber,
    recovery: sessionFacts.server.recovery,
    database: facts.database,
    currentUser: facts.currentUser,
  });
}

async function run(opened: CdcSession, request: CdcSetupRequest, survey: CdcSurvey): Promise<CdcSetup> {
  const { session, deadline } = opened;
  const { recovery } = survey.sessionFacts.server;
  const done: CdcStep[] = [];
  for (;;) {
    // What is ended by the server leaves us the time to say why.
    await beginLocked(session, deadline, recovery, deadline.left - 2_000);
    const seen = await lookAt(session, request);
    const made = planFor(request, survey, seen);
    const [next] = made.steps;
    if (next === undefined) {
      await session.query('COMMIT');
      const { problems: _, ready: __, ...answer } = answerOf(request, made);
      return { ...answer, steps: done, slotPosition: seen.state.slot?.facts.confirmedPosition ?? null };
    }
    refuseOthers(request, made.steps);
    if (done.length === 0) await request.onChange();
    const group = made.steps.filter(({ transaction }) => transaction === next.transaction);
    await runGroup(opened, request, group, recovery);
    await session.query('COMMIT');
    done.push(...group);
  }
}

async function runGroup(
  opened: CdcSession,
  request: CdcSetupRequest,
  group: readonly CdcStep[],
  recovery: boolean,
): Promise<void> {
  const { names, onProgress } = request;
  for (const { step, sql } of group) {
    if (step === 'create_slot') {
      onProgress(`making the slot ${names.slot}`);
      await makeSlot(opened, { dial: request, sql, slot: names.slot, recovery, onProgress });
    } else {
      onProgress(`making the publication ${names.publication}`);
      await opened.session.query(sql);
    }
  }
}

/** What was not agreed to is not done. Less than that is: somebody else did the rest. */
function refuseOthers({ agreed, connection }: CdcSetupRequest, steps: readonly CdcStep[]): void {
  if (agreed === null || steps.every(({ sql }) => agreed.some((it) => it.sql === sql))) return;
  throw new RefusedError({
    code: 'plan_changed',
    message: 'the database was changed since the plan was shown: other steps are needed now',
    fix: `look at them and run it again: jackfield connections cdc setup ${shellWord(connection.name)} --table …`,
  });
}

/** Checks that are about publications, and about slots; what fails is in the way only of what it is about. */
const ofPublications = new Set(['publish']);
const ofSlots = new Set(['role', 'replication', 'pooler', 'slots', 'senders', 'standby', 'wal_keep']);

/** What is in the way of the steps that are to be run. */
function blockersOf(survey: CdcSurvey, made: MadePlan, checks: readonly CdcCheckResult[]): CdcProblem[] {
  if (made.steps.length === 0) return [];
  const makes = (step: CdcStep['step']) => made.steps.some((it) => it.step === step);
  const inTheWay = checks.filter(({ check, status }) => {
    if (status !== 'failed') return false;
    if (ofPublications.has(check)) return makes('create_publication');
    return ofSlots.has(check) ? makes('create_slot') : true;
  });
  if (!made.steps.some(({ transaction }) => transaction === 1)) return problemsOf(inTheWay);
  const ofTables = made.problems.filter(({ status }) => status === 'failed');
  return [...problemsOf(inTheWay), ...ofTables, ...othersPublication(survey)];
}

function refuseUnready({ connection }: CdcPlanRequest, problems: readonly CdcProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const said = problems.slice(0, 4).map(({ message }) => message);
  const more = problems.length > 4 ? `; and ${problems.length - 4} more` : '';
  throw new RefusedError({
    code: 'cdc_not_ready',
    message: `nothing was set up: ${said.join('; ')}${more}`,
    fix:
      problems.length === 1
        ? first.fix
        : `each with its fix: jackfield connections cdc check ${shellWord(connection.name)}`,
  });
}

function othersPublication({ state, facts }: CdcSurvey): CdcProblem[] {
  const { publication } = state;
  if (publication === null || publication.owned) return [];
  return [
    {
      code: 'publication_not_owned',
      status: 'failed',
      message: `the publication is owned by ${publication.owner}, and only an owner may change it`,
      fix: `let ${publication.owner} run what cdc plan --output sql prints, or give ${facts.currentUser} that role`,
    },
  ];
}

function problemsOf(checks: readonly CdcCheckResult[]): CdcProblem[] {
  return checks.flatMap(({ check, status, code, message, fix }) =>
    status === 'failed' || status === 'warned'
      ? [{ code: code ?? check, status, message: message ?? check, fix }]
      : [],
  );
}

function answerOf({ connection, names }: CdcPlanRequest, made: MadePlan): CdcPlan {
  return {
    connection: connection.name,
    publication: names.publication,
    slot: names.slot,
    tables: [...made.tables],
    publish: [...made.publish],
    steps: [...made.steps],
    ready: true,
    problems: [...made.problems],
  };
}
