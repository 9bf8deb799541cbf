import type { DialLimits } from '../connections/connector.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { type CdcProblem, type CdcStatus, worst } from './cdc.ts';
import { leftBehind } from './left-behind.ts';
import { type StatusLimits, withLimits } from './limits.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import { isSameNames } from './place.ts';
import type { CdcStatusReader } from './port.ts';
import { type CdcCase, cdcCase, dialOf, type GivenNames } from './use-case.ts';

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
  const { saved, cdc, names } = at;
  const dial = await dialOf(services, at, limits);
  const naming = <T>(work: () => Promise<T>) => namingErrors(saved.name, work);
  const reader = await naming(() => cdc.openStatus({ ...dial, connection: saved, names }));
  return {
    read: async (): Promise<CdcStatus> => {
      const status = withLeftBehind(withLimits(await naming(() => reader.read()), limits), at);
      return { ...status, problems: withNamedFixes(status.problems, saved.name) };
    },
    close: () => reader.close(),
  };
}

/**
 * What no server can tell comes first. Where that is what was asked for, it is all: what this server lacks,
 * and the fixes of it, would be about the wrong one.
 */
function withLeftBehind(status: CdcStatus, { saved, record, names }: CdcCase): CdcStatus {
  const left = record === null ? null : leftBehind(saved, record);
  if (record === null || left === null) return status;
  const problems: CdcProblem[] = isSameNames(record, names)
    ? [{ ...left, status: 'failed' }]
    : [left, ...status.problems];
  return { ...status, status: worst(problems.map((it) => it.status)), problems };
}
