import type { DialLimits } from '../connections/connector.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { CdcPlan, CdcSetup, CdcStep, CdcWish } from './cdc.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import { placeOf } from './place.ts';
import type { CdcDial } from './port.ts';
import { type CdcCase, cdcCase, claimOf, dialOf, refuseAnother, refuseOfOther } from './use-case.ts';

/** @throws as cdcCase; SecretError; RefusedError; ServerError; InterruptedError */
export async function planCdc(
  services: ConnectionServices,
  name: string,
  wish: CdcWish,
  limits: DialLimits,
): Promise<CdcPlan> {
  const { at, request } = await prepared(services, name, wish, limits);
  const { name: named } = at.saved;
  const plan = await namingErrors(named, () => at.cdc.plan(request));
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
  const { at, request } = await prepared(services, name, wish, options);
  const { saved, catalog, record, names } = at;
  let begun = false;
  const remember = async () => {
    const since = services.now().toISOString();
    if (record === null) await catalog.saveCdcRecord(saved.id, { ...names, ...placeOf(saved), since });
    // Where another set-up was quicker, what it saved is not ours to forget.
    begun = true;
  };
  try {
    const done = await namingErrors(saved.name, () =>
      at.cdc.setup({ ...request, ...options, onChange: remember }),
    );
    // All was there already, made by a DBA or on another machine.
    await remember();
    return done;
  } catch (error) {
    if (begun && record === null) await forgetWhereNothing(at, request);
    throw error;
  }
}

/** Forgets what came to nothing: the server was asked for the first change, and refused it. */
async function forgetWhereNothing({ saved, catalog, cdc, names }: CdcCase, dial: CdcDial): Promise<void> {
  try {
    const { endpoint, secrets } = dial;
    const limits = { timeoutMs: 5_000, signal: AbortSignal.timeout(5_000) };
    const { publication, slot } = await cdc.traces({
      endpoint,
      secrets,
      ...limits,
      names,
      connection: saved,
    });
    if (!publication && !slot) await catalog.forgetCdcRecord(saved.id);
  } catch {
    // What can't be told is kept: to know too much does no harm.
  }
}

/** All that can be refused without the server, before a secret is read for it. */
async function prepared(services: ConnectionServices, name: string, wish: CdcWish, limits: DialLimits) {
  const at = await cdcCase(services, name, wish);
  refuseAnother(at);
  await refuseOfOther(at);
  const dial = await dialOf(services, at, { timeoutMs: limits.timeoutMs, signal: limits.signal });
  return { at, request: { ...dial, ...(await claimOf(at)), names: at.names, wish } };
}
