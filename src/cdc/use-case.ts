import type { ConnectionCatalog } from '../connections/catalog.ts';
import { endpointOf, type SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import {
  cdcOfOtherConnection,
  cdcSetUpElsewhere,
  cdcSetUpOtherwise,
  requireSource,
} from '../connections/refusals.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import type { CdcNames, CdcRecord } from './cdc.ts';
import { isInTheWay, isSameNames, isSamePlace, placeOf } from './place.ts';
import type { CdcClaim, CdcConnector, CdcDial } from './port.ts';

/** The names that somebody gave. */
export interface GivenNames {
  readonly publication: string | null;
  readonly slot: string | null;
}

/** What every use case of CDC begins with; no secret was read for it, and nothing dialled. */
export interface CdcCase {
  readonly saved: SavedConnection;
  readonly catalog: ConnectionCatalog;
  readonly cdc: CdcConnector;
  readonly record: CdcRecord | null;
  /** Whether that is of a place where the connection does not lead any more. */
  readonly isElsewhere: boolean;
  readonly names: CdcNames;
}

/**
 * A source, its connector, and what the catalog remembers of its set-up.
 * @throws NotFoundError; RefusedError not_a_source; UsageError bad_slot, bad_publication
 */
export async function cdcCase(
  services: ConnectionServices,
  name: string,
  given: GivenNames,
): Promise<CdcCase> {
  const catalog = await services.catalog();
  const saved = await requireConnection(catalog, name);
  requireSource(saved, 'CDC');
  const { cdc } = await services.connectors.load(saved.connector);
  const record = await catalog.cdcRecord(saved.id);
  const isElsewhere = record !== null && !isSamePlace(record, placeOf(saved));
  const completed = (defaults: CdcNames): CdcNames => ({
    publication: given.publication ?? defaults.publication,
    slot: given.slot ?? defaults.slot,
  });
  // Other names than those that are remembered of another place are about this one.
  const isRemembered = record !== null && (!isElsewhere || isSameNames(completed(record), record));
  const names = completed(isRemembered ? record : cdc.defaultNames(saved.name));
  cdc.checkNames(names);
  return { saved, catalog, cdc, record, isElsewhere, names };
}

/** How the server of a connection is reached. @throws SecretError */
export async function dialOf(
  services: ConnectionServices,
  { saved }: CdcCase,
  limits: DialLimits,
): Promise<CdcDial> {
  return { endpoint: endpointOf(saved), secrets: await secretsOf(services, saved), ...limits };
}

/** What says whose a set-up on the server is. @throws CatalogError */
export async function claimOf({ saved, catalog, record, isElsewhere }: CdcCase): Promise<CdcClaim> {
  const { id, name } = saved;
  const others = (await catalog.list()).filter((it) => it.id !== id);
  return {
    connection: { id, name },
    others: others.map((it) => ({ id: it.id, name: it.name })),
    recordedSlot: record === null || isElsewhere ? null : record.slot,
  };
}

/**
 * One connection has one set-up: another one would be forgotten by the catalog.
 * @throws RefusedError cdc_set_up_elsewhere, cdc_set_up_otherwise
 */
export function refuseAnother({ saved, record, isElsewhere, names }: CdcCase): void {
  if (record === null) return;
  if (isElsewhere) throw cdcSetUpElsewhere(saved.name, record);
  if (!isSameNames(record, names)) throw cdcSetUpOtherwise(saved.name, record);
}

/**
 * What this catalog knows as another connection's is not this one's, whatever the server says.
 * @throws RefusedError cdc_of_other_connection; CatalogError
 */
export async function refuseOfOther(at: CdcCase): Promise<void> {
  const { saved, catalog, names } = at;
  if (isOwn(at)) return;
  const wanted = { ...names, ...placeOf(saved) };
  const other = (await catalog.cdcRecords()).find(
    ({ connection, record }) => connection.id !== saved.id && isInTheWay(record, wanted),
  );
  if (other !== undefined) throw cdcOfOtherConnection(other);
}

/** Whether the catalog remembers just that, and here. */
export function isOwn({ record, isElsewhere, names }: CdcCase): boolean {
  return record !== null && !isElsewhere && isSameNames(record, names);
}
