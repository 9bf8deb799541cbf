import type { DialLimits } from '../connections/connector.ts';
import { cdcSetUpElsewhere } from '../connections/refusals.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { shellWord } from '../connections/shell-word.ts';
import type { CdcProblem, CdcRecord, CdcTeardown } from './cdc.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import { isSameNames, placeText } from './place.ts';
import type { CdcTeardownPlan } from './port.ts';
import { type CdcCase, cdcCase, claimOf, dialOf, type GivenNames, isOwn, refuseOfOther } from './use-case.ts';

export interface TeardownWish extends GivenNames {
  readonly force: boolean;
}

/** A tear-down that is planned and not begun. */
export interface PlannedTeardown {
  readonly plan: CdcTeardownPlan;
  /** Whether it only forgets what was set up elsewhere, and touches no server. */
  readonly onlyForgets: boolean;
  readonly connection: string;
  /** Does it, looking at the server anew. @throws RefusedError; ServerError; InterruptedError */
  run(): Promise<CdcTeardown>;
}

/**
 * Looks at what is ours on the server. Of a set-up that is elsewhere by now, nothing that is found here
 * would say anything: it is refused, or forgotten by force.
 * @throws as cdcCase; SecretError; RefusedError cdc_set_up_elsewhere, cdc_of_other_connection, slot_active
 * and others; ServerError; InterruptedError
 */
export async function planTeardown(
  services: ConnectionServices,
  name: string,
  wish: TeardownWish,
  limits: DialLimits,
): Promise<PlannedTeardown> {
  const at = await cdcCase(services, name, wish);
  const { saved, catalog, cdc, names, record } = at;
  if (record !== null && at.isElsewhere && isSameNames(record, names)) {
    if (!wish.force) throw cdcSetUpElsewhere(saved.name, record);
    return forgetting(at, record);
  }
  await refuseOfOther(at);
  const dial = await dialOf(services, at, limits);
  const request = { ...dial, ...(await claimOf(at)), names, force: wish.force };
  const plan = await namingErrors(saved.name, () => cdc.planTeardown(request));
  return {
    plan: { ...plan, left: withNamedFixes(plan.left, saved.name) },
    onlyForgets: false,
    connection: saved.name,
    run: async () => {
      const done = await namingErrors(saved.name, () => cdc.teardown(request));
      const forgotten = isOwn(at);
      if (forgotten) await catalog.forgetCdcRecord(saved.id);
      const left = withNamedFixes(done.left, saved.name);
      return { connection: saved.name, ...names, ...done, left, forgotten };
    },
  };
}

/** What is known of a server that the connection does not lead to any more is forgotten; no server is touched. */
function forgetting({ saved, catalog }: CdcCase, record: CdcRecord): PlannedTeardown {
  const { publication, slot } = record;
  const flags = `--publication ${shellWord(publication)} --slot ${shellWord(slot)} --force`;
  const left: CdcProblem[] = [
    {
      code: 'cdc_set_up_elsewhere',
      status: 'warned',
      message: `the publication ${publication} and the slot ${slot} are left on ${placeText(record)}, where the slot keeps WAL`,
      fix: `by a connection that leads there: jackfield connections cdc teardown CONNECTION ${flags}; or there: SELECT pg_drop_replication_slot('${slot}'); and drop the publication ${publication}`,
    },
  ];
  return {
    plan: { steps: [], left },
    onlyForgets: true,
    connection: saved.name,
    run: async () => {
      await catalog.forgetCdcRecord(saved.id);
      return { connection: saved.name, publication, slot, steps: [], left, forgotten: true };
    },
  };
}
