import type { DialLimits } from '../connections/connector.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { tablesOf } from '../connections/test.ts';
import { writtenName } from '../metadata/relation-name.ts';
import type { CdcCheck } from './cdc.ts';
import { namingErrors, withNamedFixes } from './named-fix.ts';
import { cdcCase, dialOf } from './use-case.ts';

/**
 * Everything that is in the way of CDC, all at once. Where no table is named it looks at those that
 * pipelines use, or at all of the connection's schema.
 * @throws as cdcCase; SecretError; ServerError; InterruptedError
 */
export async function checkCdc(
  services: ConnectionServices,
  name: string,
  tables: readonly string[],
  limits: DialLimits,
): Promise<CdcCheck> {
  const at = await cdcCase(services, name, { publication: null, slot: null });
  const { saved, cdc, names } = at;
  const dial = await dialOf(services, at, limits);
  const used = tables.length > 0 ? null : await tablesOf(services, saved);
  const request = { ...dial, names, tables: used?.map(writtenName) ?? tables };
  const found = await namingErrors(saved.name, () => cdc.check(request));
  return {
    connection: saved.name,
    ...found,
    checks: withNamedFixes(found.checks, saved.name),
    tables: found.tables.map((it) => ({ ...it, problems: withNamedFixes(it.problems, saved.name) })),
  };
}
