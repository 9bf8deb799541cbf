import { createHash } from 'node:crypto';
import type { Structure } from './diff.ts';
import { nameKey } from './diff-names.ts';
import type { Relation } from './discovery.ts';
import type { PlacedRelation } from './view.ts';

/** A relation as a table of contents has it. */
export interface Entry {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Of all that is compared: where it is the same, nothing is different. */
  readonly digest: string;
}

/** The relations of a side, a few words each: both sides of a large database need not be in memory. */
export async function contentsOf(view: Structure, inSchema: (schema: string) => boolean): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of view.relations()) {
    for (const { schema, relation } of page) {
      if (!inSchema(schema)) continue;
      const { oid, name } = relation;
      entries.push({ oid, schema, name, digest: digestOf(relation) });
    }
  }
  return entries;
}

/** The relations of these entries, by {@link nameKey}. */
export async function relationsOf(
  view: Structure,
  entries: readonly Entry[],
): Promise<Map<string, PlacedRelation>> {
  const wanted = new Set(entries.map(({ schema, name }) => nameKey(schema, name)));
  const found = new Map<string, PlacedRelation>();
  if (wanted.size === 0) return found;
  for await (const page of view.relations()) {
    for (const placed of page) {
      const key = nameKey(placed.schema, placed.relation.name);
      if (wanted.has(key)) found.set(key, placed);
    }
  }
  return found;
}

/** Without what is no part of the structure; columns by their order, whatever their numbers. */
function digestOf({ oid: _oid, estimatedRows: _rows, populated: _populated, ...compared }: Relation): string {
  const columns = compared.columns.map(({ number: _number, ...column }) => column);
  return createHash('sha1')
    .update(JSON.stringify({ ...compared, columns }))
    .digest('base64');
}
