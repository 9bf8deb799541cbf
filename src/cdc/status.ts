import type { DialLimits } from '../connections/connector.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { type CdcProblem, type CdcStatus, worst } from './cdc.ts';
import { leftBehind } from './left-behind.ts';
import { type StatusLimits, withLimits } from './limits.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import type { CdcStatusReader } from './port.ts';
import { cdcCase, dialOf, type GivenNames } from './use-case.ts';

/**
 * Opens a session that tells how the CDC of a source is, as often as it is asked.
 * @throws as cdcCase; SecretError; ServerError; InterruptedError
 */
export async function openStatus(
  services: ConnectionServices,
  name: string,
  given: GivenNames,
  limits: DialLimits & StatusLimits,
): Promise<CdcStatusReader> {
  const at = await cdcCase(services, name, given);
  const { saved, cdc, names, record } = at;
  const dial = await dialOf(services, at, limits);
  const left = record === null ? null : leftBehind(saved, record);
  const naming = <T>(work: () => Promise<T>) => namingErrors(saved.name, work);
  const reader = await naming(() => cdc.openStatus({ ...dial, connection: saved, names }));
  return {
    read: async (): Promise<CdcStatus> => {
      const status = withProblem(withLimits(await naming(() => reader.read()), limits), left);
      return { ...status, problems: withNamedFixes(status.problems, saved.name) };
    },
    close: () => reader.close(),
  };
}

/** What no server can tell comes first. */
function withProblem(status: CdcStatus, problem: CdcProblem | null): CdcStatus {
  if (problem === null) return status;
  const problems = [problem, ...status.problems];
  return { ...status, status: worst(problems.map((it) => it.status)), problems };
}
