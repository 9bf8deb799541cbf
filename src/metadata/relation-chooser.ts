import { tableMatcher } from './filter.ts';
import type { SourceConfig } from './source-config.ts';

/** Whether discovery is to read a relation; null: all of them. */
export function relationChooser({
  include,
  exclude,
}: Pick<SourceConfig, 'include' | 'exclude'>): ((schema: string, name: string) => boolean) | null {
  if (include.length === 0 && exclude.length === 0) return null;
  const included = include.map(tableMatcher);
  const excluded = exclude.map(tableMatcher);
  return (schema, name) => {
    const relation = { schema, name };
    if (excluded.some((matches) => matches(relation))) return false;
    return included.length === 0 || included.some((matches) => matches(relation));
  };
}
