import type { SavedConnection } from '../connections/connection.ts';
import type { ConnectionServices } from '../connections/services.ts';

/** A relation's names as they are written in the database's language, in quotes where they need them. */
export interface KnownRelation {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

/** More are not looked through while somebody waits for a word. */
const most = 20_000;

/**
 * The names that the newest cached discovery of a connection found; none where there was none. Dials
 * nobody.
 * @throws CatalogError when the cache can't be used
 */
export async function knownNames(
  services: ConnectionServices,
  saved: SavedConnection,
): Promise<KnownRelation[]> {
  const connector = await services.connectors.load(saved.connector);
  const store = await services.metadata();
  const [newest] = await store.snapshots(saved.id);
  const known: KnownRelation[] = [];
  if (newest === undefined) return known;
  const written = (name: string) => connector.quoteName(name);
  for await (const page of store.relations(newest)) {
    for (const { facts, columns } of page) {
      known.push({
        schema: written(facts.schema),
        name: written(facts.name),
        columns: columns.map(({ name }) => written(name)),
      });
    }
    if (known.length >= most) break;
  }
  return known;
}
