import type { DiscoveredSchema, Discovery, DiscoveryFilter, Relation } from './discovery.ts';

/**
 * What of a discovery a filter shows. `hidden`, `server` and the rest stay as they are: a filter
 * decides what is shown, not what was found. Without a filter, schemas without relations are shown.
 */
export function filterDiscovery(discovery: Discovery, filter: DiscoveryFilter): Discovery {
  const byTable = filter.tables.length > 0 || filter.search !== null;
  const schemas = discovery.schemas
    .filter(({ name }) => filter.schemas.length === 0 || matchesAny(filter.schemas, name))
    .map((schema) => ({ ...schema, relations: schema.relations.filter((it) => shows(filter, schema, it)) }))
    .filter(({ relations }) => !byTable || relations.length > 0);
  return { ...discovery, schemas };
}

function shows(filter: DiscoveryFilter, schema: DiscoveredSchema, relation: Relation): boolean {
  return (
    matchesTables(filter.tables, schema.name, relation.name) && mentions(filter.search, schema.name, relation)
  );
}

function matchesTables(globs: readonly string[], schema: string, relation: string): boolean {
  if (globs.length === 0) return true;
  return globs.some((glob) =>
    globPattern(glob).test(glob.includes('.') ? `${schema}.${relation}` : relation),
  );
}

function mentions(search: string | null, schema: string, relation: Relation): boolean {
  if (search === null) return true;
  const wanted = search.toLowerCase();
  const texts = [schema, relation.name, relation.comment];
  for (const column of relation.columns) texts.push(column.name, column.comment);
  return texts.some((text) => text?.toLowerCase().includes(wanted));
}

function matchesAny(globs: readonly string[], name: string): boolean {
  return globs.some((glob) => globPattern(glob).test(name));
}

/** A glob as a regular expression over the whole name: `*` any text, `?` one character, the rest itself. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}
