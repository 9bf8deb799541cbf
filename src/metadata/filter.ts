import type { DiscoveryFilter } from './discovery.ts';
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
