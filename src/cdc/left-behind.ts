import type { ConnectionCatalog } from '../connections/catalog.ts';
import type { Endpoint, SavedConnection } from '../connections/connection.ts';
import { shellWord } from '../connections/shell-word.ts';
import type { CdcProblem, CdcRecord, OwnedCdcRecord } from './cdc.ts';
import { isSamePlace, movedFrom, placeOf, placeText } from './place.ts';

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

/** What is told of a set-up whose connection was deleted all the same. */
export function leftByDeletion({ connection, record }: OwnedCdcRecord): CdcProblem {
  const { publication, slot } = record;
  const flags = `--publication ${shellWord(publication)} --slot ${shellWord(slot)} --force`;
  return {
    code: 'cdc_left',
    status: 'warned',
    message: `CDC of ${connection.name} was set up on ${placeText(record)}: its publication ${publication} and slot ${slot} are left there, where the slot keeps WAL, and nothing here knows of them any more`,
    fix: `drop both there, or take them down by a connection that leads there: jackfield connections cdc teardown NAME ${flags}`,
  };
}
