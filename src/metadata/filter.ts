import type { Discovery, DiscoveryFilter, Relation } from './discovery.ts';
import { globMatcher } from './glob.ts';

/** Whether a schema is shown. */
export function schemaFilter({ schemas }: DiscoveryFilter): (name: string) => boolean {
  return anyOf(schemas.map(globMatcher));
}

/** Whether a relation is shown, by names; what a filter searches for is the store's to find. */
export function relationFilter(filter: DiscoveryFilter): (schema: string, name: string) => boolean {
  const inSchemas = schemaFilter(filter);
  const inTables = anyOf(filter.tables.map(tableMatcher));
  return (schema, name) => inSchemas(schema) && inTables({ schema, name });
}

/** Whether one of the matchers is met; true where there are none. */
function anyOf<T>(matchers: readonly ((it: T) => boolean)[]): (it: T) => boolean {
  return (it) => matchers.length === 0 || matchers.some((matches) => matches(it));
}

/** Whether a glob matches a relation: its whole name where the glob has a dot, else its own name. */
export function tableMatcher(glob: string): (it: { schema: string; name: string }) => boolean {
  const matches = globMatcher(glob);
  const qualified = glob.includes('.');
  return ({ schema, name }) => matches(qualified ? `${schema}.${name}` : name);
}

/**
 * What of a discovery a filter shows. `hidden`, `server` and the rest stay as they are: a filter
 * decides what is shown, not what was found. Without a filter, schemas without relations are shown.
 */
export function filterDiscovery(discovery: Discovery, filter: DiscoveryFilter): Discovery {
  const byTable = filter.tables.length > 0 || filter.search !== null;
  const inSchemas = schemaFilter(filter);
  const shows = relationFilter(filter);
  const search = filter.search?.toLowerCase() ?? null;
  const schemas = discovery.schemas
    .filter(({ name }) => inSchemas(name))
    .map((schema) => ({
      ...schema,
      relations: schema.relations.filter(
        (it) => shows(schema.name, it.name) && mentions(search, schema.name, it),
      ),
    }))
    .filter(({ relations }) => !byTable || relations.length > 0);
  return { ...discovery, schemas };
}

/** @param search in lower case; null is found everywhere */
function mentions(search: string | null, schema: string, relation: Relation): boolean {
  if (search === null) return true;
  const texts = [schema, relation.name, relation.comment];
  for (const column of relation.columns) texts.push(column.name, column.comment);
  return texts.some((text) => text?.toLowerCase().includes(search));
}
