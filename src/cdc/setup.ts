import type { DialLimits } from '../connections/connector.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { CdcPlan, CdcSetup, CdcStep, CdcWish } from './cdc.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import { type CdcCase, cdcCase, refuseAnother } from './use-case.ts';

/** @throws as cdcCase; RefusedError; ServerError; InterruptedError */
export async function planCdc(
  services: ConnectionServices,
  name: string,
  wish: CdcWish,
  limits: DialLimits,
): Promise<CdcPlan> {
  const at = await cdcCase(services, name, wish, limits);
  refuseAnother(at);
  const { name: named } = at.saved;
  const plan = await namingErrors(named, () => at.cdc.plan(requestOf(at, wish)));
  return { ...plan, problems: withNamedFixes(plan.problems, named) };
}

export interface SetupOptions extends DialLimits {
  /** The steps that a person agreed to; null: whatever is needed. */
  readonly agreed: readonly CdcStep[] | null;
  readonly onProgress: (text: string) => void;
}

/**
 * Sets CDC up, or goes on with it. The catalog knows of it before the server is changed, so that however
 * it ends the connection is not deleted over a slot.
 * @throws as planCdc
 */
export async function setupCdc(
  services: ConnectionServices,
  name: string,
  wish: CdcWish,
  options: SetupOptions,
): Promise<CdcSetup> {
  const at = await cdcCase(services, name, wish, options);
  refuseAnother(at);
  const { saved, catalog, record, names } = at;
  const { host, port, database } = saved;
  let begun = false;
  const remember = async () => {
    const since = services.now().toISOString();
    if (record === null) await catalog.saveCdcRecord(saved.id, { ...names, host, port, database, since });
    // Where another set-up was quicker, what it saved is not ours to forget.
    begun = true;
  };
  try {
    const request = { ...requestOf(at, wish), ...options, onChange: remember };
    const done = await namingErrors(saved.name, () => at.cdc.setup(request));
    // All was there already, made by a DBA or on another machine.
    await remember();
    return done;
  } catch (error) {
    if (begun && record === null) await forgetWhereNothing(at);
    throw error;
  }
}

/** Forgets what came to nothing: the server was asked for the first change, and refused it. */
async function forgetWhereNothing({ saved, catalog, cdc, names, dial }: CdcCase): Promise<void> {
  try {
    const { signal: _, ...rest } = dial;
    const signal = AbortSignal.timeout(5_000);
    const { publication, slot } = await cdc.traces({
      ...rest,
      timeoutMs: 5_000,
      signal,
      names,
      connection: saved,
    });
    if (!publication && !slot) await catalog.forgetCdcRecord(saved.id);
  } catch {
    // What can't be told is kept: to know too much does no harm.
  }
}

function requestOf({ saved, names, dial, record }: CdcCase, wish: CdcWish) {
  return { ...dial, connection: saved, names, wish, recordedSlot: record?.slot ?? null };
}
