import type { CdcProblem, CdcStep, CdcTeardown } from '../../cdc/cdc.ts';
import type {
  CdcClaim,
  CdcStatusRequest,
  CdcTeardownPlan,
  CdcTeardownRequest,
  CdcTraces,
} from '../../cdc/port.ts';
import { RefusedError } from '../../connections/errors.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { written } from './cdc-check-tables.ts';
import { reading } from './cdc-facts.ts';
import { endIdentities, keptProblems, readIdentities, restoreSql } from './cdc-identities.ts';
import { beginLocked } from './cdc-lock.ts';
import type { CdcMarker } from './cdc-marker.ts';
import { otherOwner, takenDownByOther } from './cdc-owner.ts';
import { foreignSlot } from './cdc-plan.ts';
import { type CdcSession, inCdcSession } from './cdc-session.ts';
import { type CdcState, readCdcState } from './cdc-state.ts';
import type { CdcRelation, ChosenTable } from './cdc-tables.ts';
import { sqlstateOf } from './diagnosis.ts';
import { quoteIdentifier, quoteLiteral } from './identifiers.ts';
import type { Session } from './session.ts';

/** How often a consumer that comes back at once is ended. */
const tries = 20;
/** Milliseconds. */
const pause = 100;

/** What a tear-down is decided by. */
export interface TeardownSituation {
  readonly request: CdcClaim & Pick<CdcTeardownRequest, 'names' | 'force'>;
  readonly state: CdcState;
  readonly database: string;
  readonly recovery: boolean;
  /** What is published, with partitions. */
  readonly published: readonly ChosenTable[];
  /** Tables whose replica identity set-up changed, as they are now. */
  readonly changed: readonly CdcRelation[];
}

/** What would be done; it changes nothing. @throws RefusedError; ServerError; InterruptedError; UsageError */
export async function planTeardownOf(request: CdcTeardownRequest): Promise<CdcTeardownPlan> {
  return inCdcSession(request, async ({ session }) =>
    planTeardown(await reading(session, () => lookAt(session, request))),
  );
}

/** @throws RefusedError; ServerError; InterruptedError; UsageError */
export async function teardownCdc(request: CdcTeardownRequest): Promise<Pick<CdcTeardown, 'steps' | 'left'>> {
  return inCdcSession(request, async (opened) => {
    const { session, deadline } = opened;
    const { recovery } = await reading(session, () => lookAt(session, request));
    const done: CdcStep[] = [];
    // Once the publication is gone, nothing on the server tells of it any more.
    const left = new Map<string, CdcProblem>();
    for (;;) {
      await beginLocked(session, deadline, recovery, deadline.left - 2_000);
      const plan = planTeardown(await lookAt(session, request));
      for (const problem of plan.left) left.set(problem.message, problem);
      const [next] = plan.steps;
      if (next === undefined) {
        await session.query('COMMIT');
        return { steps: done, left: [...left.values()] };
      }
      const group = plan.steps.filter(({ transaction }) => transaction === next.transaction);
      if (next.step === 'end_consumer' || next.step === 'drop_slot') {
        // The lock that this transaction holds stays with us, whatever becomes of a statement.
        await dropSlot(opened, request, group);
      } else {
        for (const { sql } of group) await session.query(sql);
      }
      await session.query('COMMIT');
      done.push(...group);
    }
  });
}

/** @throws ServerError; InterruptedError; UsageError */
export async function tracesOf(request: CdcStatusRequest): Promise<CdcTraces> {
  return inCdcSession(request, async ({ session }) => {
    const state = await reading(session, () => readCdcState(session, request.names));
    return { publication: state.publication !== null, slot: state.slot !== null };
  });
}

async function lookAt(session: Session, request: CdcTeardownRequest): Promise<TeardownSituation> {
  const state = await readCdcState(session, request.names);
  const { database, recovery } = await session.queryRow(
    'SELECT current_database() AS database, pg_is_in_recovery() AS recovery',
  );
  return {
    request,
    state,
    database: database ?? '',
    recovery: recovery === 't',
    ...(await readIdentities(session, state)),
  };
}

/**
 * The steps that take away what is ours, and what is left. A slot is ours where our publication's comment
 * names it, and its database and plugin are right; where that comment is gone, this catalog's word counts
 * with --force alone; so does what the comment says another connection has set up.
 * @throws RefusedError slot_active, slot_not_proven, publication_of_other_slot, publication_not_owned,
 * cdc_of_other_connection
 */
export function planTeardown(situation: TeardownSituation): CdcTeardownPlan {
  const lost = lostToOther(situation);
  if (lost !== null) return { steps: [], left: [lost] };
  const left: CdcProblem[] = [];
  const marker = ownMarker(situation, left);
  const slot = slotSteps(situation, marker, left);
  const publication = marker === null ? [] : publicationSteps(situation, marker, left);
  return { steps: [...slot, ...publication], left };
}

/**
 * What is told where the catalog remembers a set-up that another connection has made anew since: nothing of
 * it is left to take down. Null where that is not so, or force says to take down the other's.
 */
function lostToOther({ request, state, recovery }: TeardownSituation): CdcProblem | null {
  const marker = state.publication?.marker;
  const { names, recordedSlot, force } = request;
  if (typeof marker !== 'object' || marker === null || force) return null;
  if (recordedSlot !== names.slot || marker.slot !== names.slot) return null;
  const owner = otherOwner(marker, request, recovery);
  if (owner === null) return null;
  return {
    code: 'cdc_of_other_connection',
    status: 'warned',
    message: `the publication ${quoteIdentifier(names.publication)} and the slot ${names.slot} are left: they are those of the connection ${JSON.stringify(owner)} by now`,
    fix: `where nobody needs them: jackfield connections cdc teardown ${shellWord(owner)}`,
  };
}

function ownMarker({ request, state, recovery }: TeardownSituation, left: CdcProblem[]): CdcMarker | null {
  const { publication } = state;
  if (publication === null) return null;
  const name = quoteIdentifier(request.names.publication);
  const { marker } = publication;
  if (marker === null || marker === 'unreadable') {
    const why = marker === null ? 'jackfield did not make it' : 'its comment can not be read';
    left.push({
      code: 'publication_not_ours',
      status: 'warned',
      message: `the publication ${name} of ${publication.owner} is left: ${why}`,
      fix: `where nobody needs it: DROP PUBLICATION ${name};`,
    });
    return null;
  }
  const owner = otherOwner(marker, request, recovery);
  if (owner !== null) {
    if (!request.force) throw takenDownByOther(owner, { ...request.names, slot: marker.slot });
    left.push({
      code: 'cdc_of_other_connection',
      status: 'warned',
      message: `the connection ${JSON.stringify(owner)} has set this up, and its catalog may still remember it`,
      fix: `there: jackfield connections cdc teardown ${shellWord(owner)}`,
    });
  }
  if (marker.slot !== request.names.slot) {
    throw new RefusedError({
      code: 'publication_of_other_slot',
      message: `the publication ${name} was made for the slot ${marker.slot}, not for ${request.names.slot}`,
      fix: `where that is yours: --slot ${shellWord(marker.slot)}`,
    });
  }
  if (!publication.owned) {
    throw new RefusedError({
      code: 'publication_not_owned',
      message: `the publication ${name} is owned by ${publication.owner}, and only an owner may drop it`,
      fix: `use a role that is a member of ${publication.owner}`,
    });
  }
  return marker;
}

function slotSteps(
  { request, state, database, recovery }: TeardownSituation,
  marker: CdcMarker | null,
  left: CdcProblem[],
): CdcStep[] {
  const { slot } = state;
  if (slot === null) return [];
  const { names, recordedSlot, force } = request;
  const drop = `SELECT pg_catalog.pg_drop_replication_slot(${quoteLiteral(names.slot)});`;
  const complaint = foreignSlot(slot, database);
  if (complaint !== null || (marker === null && recordedSlot !== names.slot)) {
    left.push({
      code: 'slot_not_ours',
      status: 'warned',
      message: `the slot ${names.slot} is left: ${complaint === null ? 'nothing says that jackfield made it' : `it is ${complaint}`}`,
      fix: `where nobody needs it: ${drop}`,
    });
    return [];
  }
  if (marker === null && !force) {
    throw new RefusedError({
      code: 'slot_not_proven',
      message: `the publication that would say so is gone, so that only this catalog says that the slot ${names.slot} is ours`,
      fix: `where it is: --force, or ${drop}`,
    });
  }
  if (marker?.elsewhere === true && recovery && recordedSlot !== names.slot && !force) {
    throw new RefusedError({
      code: 'slot_not_proven',
      message: `the slot ${names.slot} was made on this standby by a connection that only its own catalog knows, and it is not this one`,
      fix: 'take it down by that one, or use --force, which takes it down all the same',
    });
  }
  const { active, activePid } = slot.facts;
  if (active && !force) {
    throw new RefusedError({
      code: 'slot_active',
      message: `a consumer is at work on the slot ${names.slot}${activePid === null ? '' : ` (the server's process ${activePid})`}`,
      fix: 'stop it first, or use --force, which ends it',
    });
  }
  const steps: CdcStep[] = [];
  if (active && activePid !== null) {
    steps.push({
      step: 'end_consumer',
      transaction: 1,
      sql: `SELECT pg_catalog.pg_terminate_backend(${activePid});`,
      effect: `cuts off the consumer that reads the slot ${names.slot}`,
    });
  }
  steps.push({
    step: 'drop_slot',
    transaction: 1,
    sql: drop,
    effect: 'lets go of the WAL that it keeps; what was not read is gone for its consumer',
  });
  return steps;
}

function publicationSteps(situation: TeardownSituation, marker: CdcMarker, left: CdcProblem[]): CdcStep[] {
  const name = quoteIdentifier(situation.request.names.publication);
  if (situation.recovery) {
    left.push({
      code: 'publication_on_primary',
      status: 'warned',
      message: `the publication ${name} is left: this is a standby`,
      fix: 'take it down on the primary: jackfield connections cdc teardown PRIMARY',
    });
    return [];
  }
  const steps: CdcStep[] = [];
  const { published, changed, request } = situation;
  const ends = endIdentities(
    { publication: request.names.publication, published, changed },
    marker.identities,
  );
  for (const former of ends.restored) {
    steps.push({
      step: 'replica_identity',
      transaction: 2,
      sql: restoreSql(former),
      effect: `gives ${written(former)} back its former replica identity (${former.identity})`,
    });
  }
  left.push(...keptProblems(ends));
  if (marker.elsewhere && situation.state.slot === null) {
    left.push({
      code: 'slot_elsewhere',
      status: 'warned',
      message: `the slot ${marker.slot} was to be on a standby: while it is there it keeps WAL`,
      fix: 'take that down first: jackfield connections cdc teardown STANDBY',
    });
  }
  steps.push({
    step: 'drop_publication',
    transaction: 2,
    sql: `DROP PUBLICATION ${name};`,
    effect: 'nothing is published under that name any more',
  });
  return steps;
}

/** Ends a consumer that is at work, as often as it comes back, and drops the slot; in a savepoint each time. */
async function dropSlot(
  { session, deadline }: CdcSession,
  { names, force }: CdcTeardownRequest,
  group: readonly CdcStep[],
): Promise<void> {
  for (const { step, sql } of group) if (step === 'end_consumer') await session.query(sql);
  const { sql = '' } = group.find(({ step }) => step === 'drop_slot') ?? {};
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.query('SAVEPOINT slot');
      await session.query(sql);
      return;
    } catch (error) {
      if (sqlstateOf(error) !== '55006' || !force || attempt === tries) throw error;
      await session.query('ROLLBACK TO SAVEPOINT slot');
      await session.query(
        'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active',
        [names.slot],
      );
      await deadline.pause(pause);
    }
  }
}
