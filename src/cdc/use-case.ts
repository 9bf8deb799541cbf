import type { ConnectionCatalog } from '../connections/catalog.ts';
import { endpointOf, type SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { RefusedError } from '../connections/errors.ts';
import { requireSource } from '../connections/refusals.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import { shellWord } from '../connections/shell-word.ts';
import type { CdcRecord } from './cdc.ts';
import type { CdcConnector, CdcDial, CdcNames } from './port.ts';

/** The names that somebody gave. */
export interface GivenNames {
  readonly publication: string | null;
  readonly slot: string | null;
}

/** What every use case of CDC begins with. */
export interface CdcCase {
  readonly saved: SavedConnection;
  readonly catalog: ConnectionCatalog;
  readonly cdc: CdcConnector;
  readonly record: CdcRecord | null;
  readonly names: CdcNames;
  readonly dial: CdcDial;
}

/**
 * A source, its connector, what the catalog remembers of its set-up, and how its server is reached.
 * @throws NotFoundError; RefusedError not_a_source; UsageError bad_slot, bad_publication; SecretError
 */
export async function cdcCase(
  services: ConnectionServices,
  name: string,
  given: GivenNames,
  limits: DialLimits,
): Promise<CdcCase> {
  const catalog = await services.catalog();
  const saved = await requireConnection(catalog, name);
  requireSource(saved, 'CDC');
  const { cdc } = await services.connectors.load(saved.connector);
  const record = await catalog.cdcRecord(saved.id);
  const defaults = record ?? cdc.defaultNames(saved.name);
  const names = {
    publication: given.publication ?? defaults.publication,
    slot: given.slot ?? defaults.slot,
  };
  cdc.checkNames(names);
  const dial = { endpoint: endpointOf(saved), secrets: await secretsOf(services, saved), ...limits };
  return { saved, catalog, cdc, record, names, dial };
}

/**
 * One connection has one set-up: another one would be forgotten by the catalog.
 * @throws RefusedError cdc_set_up_otherwise
 */
export function refuseAnother({ saved, record, names }: CdcCase): void {
  if (record === null) return;
  const elsewhere = movedFrom(saved, record);
  if (elsewhere !== null) {
    throw new RefusedError({
      code: 'cdc_set_up_elsewhere',
      message: `CDC of ${saved.name} was set up on ${elsewhere}, where the connection does not lead any more`,
      fix: `lead it there again and take that down, or forget it: jackfield connections cdc teardown ${shellWord(saved.name)} --force`,
    });
  }
  if (record.publication === names.publication && record.slot === names.slot) return;
  throw new RefusedError({
    code: 'cdc_set_up_otherwise',
    message: `CDC of ${saved.name} is set up as publication ${record.publication} and slot ${record.slot}`,
    fix: `take that down first (jackfield connections cdc teardown ${shellWord(saved.name)}), or duplicate the connection`,
  });
}

/** Where it was set up, where the connection leads elsewhere by now; null where it does not. */
export function movedFrom(saved: SavedConnection, record: CdcRecord): string | null {
  const { host, port, database } = record;
  const same = saved.host === host && saved.port === port && saved.database === database;
  return same ? null : `${host}:${port}/${database}`;
}
