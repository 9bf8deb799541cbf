import type { DiscoveredSchema, Discovery, DiscoveryFilter, Relation } from './discovery.ts';
import { globMatcher } from './glob.ts';

/**
 * What of a discovery a filter shows. `hidden`, `server` and the rest stay as they are: a filter
 * decides what is shown, not what was found. Without a filter, schemas without relations are shown.
 */
export function filterDiscovery(discovery: Discovery, filter: DiscoveryFilter): Discovery {
  const byTable = filter.tables.length > 0 || filter.search !== null;
  const inSchemas = anyOf(filter.schemas.map(globMatcher));
  const inTables = anyOf(filter.tables.map(tableMatcher));
  const search = filter.search?.toLowerCase() ?? null;
  const shows = (schema: DiscoveredSchema, relation: Relation) =>
    inTables({ schema: schema.name, relation: relation.name }) && mentions(search, schema.name, relation);
  const schemas = discovery.schemas
    .filter(({ name }) => inSchemas(name))
    .map((schema) => ({ ...schema, relations: schema.relations.filter((it) => shows(schema, it)) }))
    .filter(({ relations }) => !byTable || relations.length > 0);
  return { ...discovery, schemas };
}

/** Whether one of the matchers is met; true where there are none. */
function anyOf<T>(matchers: readonly ((it: T) => boolean)[]): (it: T) => boolean {
  return (it) => matchers.length === 0 || matchers.some((matches) => matches(it));
}

function tableMatcher(glob: string): (it: { schema: string; relation: string }) => boolean {
  const matches = globMatcher(glob);
  const qualified = glob.includes('.');
  return ({ schema, relation }) => matches(qualified ? `${schema}.${relation}` : relation);
}

/** @param search in lower case; null is found everywhere */
function mentions(search: string | null, schema: string, relation: Relation): boolean {
  if (search === null) return true;
  const texts = [schema, relation.name, relation.comment];
  for (const column of relation.columns) texts.push(column.name, column.comment);
  return texts.some((text) => text?.toLowerCase().includes(search));
}
