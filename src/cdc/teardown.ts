import type { DialLimits } from '../connections/connector.ts';
import { RefusedError } from '../connections/errors.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { shellWord } from '../connections/shell-word.ts';
import type { CdcProblem, CdcRecord, CdcTeardown } from './cdc.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import type { CdcTeardownPlan } from './port.ts';
import { type CdcCase, cdcCase, type GivenNames, movedFrom } from './use-case.ts';

export interface TeardownWish extends GivenNames {
  readonly force: boolean;
}

/** A tear-down that is planned and not begun. */
export interface PlannedTeardown {
  readonly plan: CdcTeardownPlan;
  readonly connection: string;
  /** Does it, looking at the server anew. @throws RefusedError; ServerError; InterruptedError */
  run(): Promise<CdcTeardown>;
}

/**
 * Looks at what is ours on the server.
 * @throws as cdcCase; RefusedError slot_active and others; ServerError; InterruptedError
 */
export async function planTeardown(
  services: ConnectionServices,
  name: string,
  wish: TeardownWish,
  limits: DialLimits,
): Promise<PlannedTeardown> {
  const at = await cdcCase(services, name, wish, limits);
  const { saved, catalog, cdc, names, dial, record } = at;
  refuseElsewhere(at, wish.force);
  const elsewhere = record === null ? null : movedFrom(saved, record);
  if (record !== null && elsewhere !== null) return forgetting(at, record, elsewhere);
  const request = {
    ...dial,
    connection: saved,
    names,
    recordedSlot: record?.slot ?? null,
    force: wish.force,
  };
  const plan = await namingErrors(saved.name, () => cdc.planTeardown(request));
  return {
    plan: { ...plan, left: withNamedFixes(plan.left, saved.name) },
    connection: saved.name,
    run: async () => {
      const done = await namingErrors(saved.name, () => cdc.teardown(request));
      const isOurs =
        record !== null && record.slot === names.slot && record.publication === names.publication;
      if (isOurs) await catalog.forgetCdcRecord(saved.id);
      return { connection: saved.name, ...names, ...done, left: withNamedFixes(done.left, saved.name) };
    },
  };
}

/** What is known of a server that the connection does not lead to any more is forgotten; no server is touched. */
function forgetting({ saved, catalog }: CdcCase, record: CdcRecord, elsewhere: string): PlannedTeardown {
  const { publication, slot } = record;
  const left: CdcProblem[] = [
    {
      code: 'cdc_set_up_elsewhere',
      status: 'warned',
      message: `the publication ${publication} and the slot ${slot} are left on ${elsewhere}, where the slot keeps WAL`,
      fix: `there: SELECT pg_drop_replication_slot('${slot}'); and drop the publication ${publication}`,
    },
  ];
  return {
    plan: { steps: [], left },
    connection: saved.name,
    run: async () => {
      await catalog.forgetCdcRecord(saved.id);
      return { connection: saved.name, publication, slot, steps: [], left };
    },
  };
}

/** To find nothing on another server would say nothing of the one that was set up. */
function refuseElsewhere({ saved, record }: CdcCase, force: boolean): void {
  const elsewhere = record === null || force ? null : movedFrom(saved, record);
  if (elsewhere === null) return;
  throw new RefusedError({
    code: 'cdc_set_up_elsewhere',
    message: `CDC of ${saved.name} was set up on ${elsewhere}, where the connection does not lead any more`,
    fix: `lead it there again (jackfield connections edit ${shellWord(saved.name)} --host …), or use --force, which forgets what may be left there`,
  });
}
