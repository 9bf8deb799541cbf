import type { SavedConnection, TableName } from '../connections/connection.ts';
import { CatalogError } from '../connections/errors.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { sourceConfigOf } from '../metadata/configured.ts';
import { nearNames } from '../metadata/near-names.ts';
import { newestSnapshot } from '../metadata/refresh.ts';
import { relationChooser } from '../metadata/relation-chooser.ts';
import { writtenName } from '../metadata/relation-name.ts';
import { keyOfTable } from './tables.ts';

/** A table that the metadata of a source does not have. */
interface UnknownTable {
  readonly table: TableName;
  /** Those that may be meant, the nearest first. */
  readonly near: readonly TableName[];
}

/**
 * Which of the tables the newest discovery of a source did not find; none where there was no discovery of
 * the endpoint as it is today, and of what its globs leave out nothing is known. Dials nobody.
 */
async function unknownTables(
  services: ConnectionServices,
  source: SavedConnection,
  tables: readonly TableName[],
): Promise<UnknownTable[]> {
  if (tables.length === 0) return [];
  try {
    return await lookUp(services, source, tables);
  } catch (error) {
    // A cache: what can't be looked up there is not warned about.
    if (error instanceof CatalogError) return [];
    throw error;
  }
}

async function lookUp(
  services: ConnectionServices,
  source: SavedConnection,
  tables: readonly TableName[],
): Promise<UnknownTable[]> {
  const store = await services.metadata();
  const config = await sourceConfigOf(services, source);
  const snapshot = await newestSnapshot(store, source, config);
  if (snapshot === null) return [];
  const isRead = relationChooser(config) ?? (() => true);
  const known: TableName[] = [];
  for await (const page of store.summaries(snapshot)) {
    for (const { facts } of page) known.push({ schema: facts.schema, name: facts.name });
  }
  const keys = new Set(known.map(keyOfTable));
  return tables
    .filter((table) => isRead(table.schema, table.name) && !keys.has(keyOfTable(table)))
    .map((table) => ({ table, near: nearTables(table, known) }));
}

/** Those of the schema first: there a slip of the table's name alone is looked for. */
function nearTables({ schema, name }: TableName, known: readonly TableName[]): TableName[] {
  const within = nearNames(
    name,
    known.filter((it) => it.schema === schema),
    (it) => it.name,
  );
  return within.length > 0 ? within : nearNames(writtenName({ schema, name }), known, writtenName);
}

/** Warns of each of them, with what may have been meant. */
export async function warnOfUnknownTables(
  services: ConnectionServices,
  source: SavedConnection,
  tables: readonly TableName[],
): Promise<void> {
  for (const { table, near } of await unknownTables(services, source, tables)) {
    const meant = near.map(writtenName).join(' or ');
    const hint = meant === '' ? '' : `; did you mean ${meant}?`;
    services.notice(`the metadata of ${source.name} has no table ${writtenName(table)}${hint}`);
  }
}
