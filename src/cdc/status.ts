import type { DialLimits } from '../connections/connector.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { CdcStatus } from './cdc.ts';
import { type StatusLimits, withLimits } from './limits.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import type { CdcStatusReader } from './port.ts';
import { cdcCase, type GivenNames } from './use-case.ts';

/**
 * Opens a session that tells how the CDC of a source is, as often as it is asked.
 * @throws as cdcCase; ServerError; InterruptedError
 */
export async function openStatus(
  services: ConnectionServices,
  name: string,
  given: GivenNames,
  limits: DialLimits & StatusLimits,
): Promise<CdcStatusReader> {
  const { saved, cdc, names, dial } = await cdcCase(services, name, given, limits);
  const naming = <T>(work: () => Promise<T>) => namingErrors(saved.name, work);
  const reader = await naming(() => cdc.openStatus({ ...dial, connection: saved, names }));
  return {
    read: async (): Promise<CdcStatus> => {
      const status = withLimits(await naming(() => reader.read()), limits);
      return { ...status, problems: withNamedFixes(status.problems, saved.name) };
    },
    close: () => reader.close(),
  };
}
