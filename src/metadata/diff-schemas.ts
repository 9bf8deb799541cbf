import type { StructureChange } from './diff.ts';
import type { QualifiedName } from './diff-names.ts';

/**
 * Schemas that were renamed: one is gone, another is new, and all that was in the one and is still there
 * is in the other, and came from nowhere else. The schema of what has the same oid tells.
 */
export function renamedSchemas(
  before: readonly (QualifiedName & { readonly oid: number })[],
  after: readonly (QualifiedName & { readonly oid: number })[],
  oldSchemas: readonly string[],
  newSchemas: readonly string[],
): Map<string, string> {
  const today = new Map(after.map(({ oid, schema }) => [oid, schema]));
  const destinations = new Map<string, Set<string>>();
  const origins = new Map<string, Set<string>>();
  for (const { oid, schema } of before) {
    const now = today.get(oid);
    if (now === undefined) continue;
    destinations.set(schema, (destinations.get(schema) ?? new Set()).add(now));
    origins.set(now, (origins.get(now) ?? new Set()).add(schema));
  }
  const renamed = new Map<string, string>();
  for (const [schema, [destination, ...others]] of destinations) {
    if (destination === undefined || others.length > 0 || origins.get(destination)?.size !== 1) continue;
    if (newSchemas.includes(schema) || oldSchemas.includes(destination)) continue;
    renamed.set(schema, destination);
  }
  return renamed;
}

/**
 * What became of the schemas themselves.
 * @param names which became which, and by whose word: those that were renamed are changes, those that the
 *   user maps to each other are not
 */
export function compareSchemas(
  before: readonly string[],
  after: readonly string[],
  names: ReadonlyMap<string, string>,
  renamed: ReadonlyMap<string, string> | null,
): StructureChange[] {
  const today = new Set(after);
  const kept = new Set(before.map((schema) => names.get(schema) ?? schema));
  const changes = before.flatMap((schema): StructureChange[] => {
    const now = names.get(schema) ?? schema;
    if (!today.has(now)) {
      return [change('schema_dropped', 'who names it fails', { before: schema, after: null })];
    }
    if (renamed?.has(schema) !== true) return [];
    return [change('schema_renamed', 'who names it as before fails', { before: schema, after: now })];
  });
  const added = after.filter((schema) => !kept.has(schema));
  return [
    ...changes,
    ...added.map((schema) => change('schema_added', null, { before: null, after: schema })),
  ];
}

function change(
  kind: 'schema_added' | 'schema_dropped' | 'schema_renamed',
  reason: string | null,
  { before, after }: { before: string | null; after: string | null },
): StructureChange {
  const schema = after ?? before ?? '';
  const nothing = { relation: null, column: null, name: null };
  return { kind, reason, schema, ...nothing, before, after, subject: { of: 'schema', before, after } };
}
