import type { ConnectionCatalog } from '../connections/catalog.ts';
import type { Endpoint, SavedConnection } from '../connections/connection.ts';
import { shellWord } from '../connections/shell-word.ts';
import type { CdcProblem, CdcRecord } from './cdc.ts';
import { isSamePlace, movedFrom, placeOf } from './place.ts';

/** What is told of a set-up that its connection does not lead to any more; null where it does. */
export function leftBehind(saved: SavedConnection, record: CdcRecord): CdcProblem | null {
  const elsewhere = movedFrom(saved, record);
  if (elsewhere === null) return null;
  const { publication, slot } = record;
  const name = shellWord(saved.name);
  return {
    code: 'cdc_set_up_elsewhere',
    status: 'warned',
    message: `CDC of ${saved.name} is set up on ${elsewhere}, where the connection does not lead any more: its publication ${publication} and slot ${slot} are left there, and the slot keeps WAL until the disk is full`,
    fix: `lead it there again and take it down: jackfield connections cdc teardown ${name}; or drop both there, then jackfield connections cdc teardown ${name} --force, which forgets them`,
  };
}

/** The same of a connection that a catalog has. @throws CatalogError */
export async function leftBehindBy(
  catalog: ConnectionCatalog,
  saved: SavedConnection,
): Promise<CdcProblem | null> {
  const record = await catalog.cdcRecord(saved.id);
  return record === null ? null : leftBehind(saved, record);
}

/** The same, where it was an edit that led elsewhere. @throws CatalogError */
export async function leftBehindByEdit(
  catalog: ConnectionCatalog,
  before: Endpoint,
  after: SavedConnection,
): Promise<CdcProblem | null> {
  if (isSamePlace(placeOf(before), placeOf(after))) return null;
  return leftBehindBy(catalog, after);
}
