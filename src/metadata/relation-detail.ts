import type { TableName } from '../connections/connection.ts';
import { assembleRelation } from './assemble.ts';
import { nameKey } from './diff-names.ts';
import type { Relation, RelationDetail, TypeFacts } from './discovery.ts';
import { readRelationName } from './relation-name.ts';
import type { MetadataStore, RelationQuery, Snapshot } from './store.ts';
import type { PlacedRelation } from './view.ts';

/** A relation that is looked at, with the relations that its foreign keys join it to. */
export interface RelationInContext {
  /** Without `details`, which the server has to be asked for. */
  readonly detail: RelationDetail;
  /** It first, then those that it references and those that reference it; of their keys only those between them. */
  readonly neighbourhood: readonly PlacedRelation[];
}

/**
 * A relation of a snapshot in full.
 * @returns null when there is none of that name
 */
export async function relationInContext(
  store: MetadataStore,
  snapshot: Snapshot,
  name: TableName,
  connection: string,
): Promise<RelationInContext | null> {
  const [own] = await placed(store, snapshot, { schema: name.schema, name: name.name });
  if (own === undefined) return null;
  const { schema, relation } = own;
  const referencing = await placed(store, snapshot, { references: name });
  const referencedBy = referencing.flatMap((other) =>
    other.relation.foreignKeys.filter((key) => leadsTo(key, name)).map((key) => incoming(other, key)),
  );
  const detail: RelationDetail = {
    connection,
    schema,
    ...relation,
    takenAt: snapshot.takenAt,
    types: typesOf(relation, await store.types(snapshot)),
    referencedBy,
    details: null,
  };
  const around = new Map([own, ...referencing].map((it) => [nameKey(it.schema, it.relation.name), it]));
  for (const { referencedSchema, referencedTable } of relation.foreignKeys) {
    const key = nameKey(referencedSchema, referencedTable);
    if (around.has(key)) continue;
    const [other] = await placed(store, snapshot, { schema: referencedSchema, name: referencedTable });
    if (other !== undefined) around.set(key, other);
  }
  return { detail, neighbourhood: [...around.values()].map((it) => (it === own ? it : inside(it, around))) };
}

/** With the keys alone that stay among these. */
function inside({ schema, relation }: PlacedRelation, around: ReadonlyMap<string, unknown>): PlacedRelation {
  const foreignKeys = relation.foreignKeys.filter(({ referencedSchema, referencedTable }) =>
    around.has(nameKey(referencedSchema, referencedTable)),
  );
  return { schema, relation: { ...relation, foreignKeys } };
}

async function placed(
  store: MetadataStore,
  snapshot: Snapshot,
  query: RelationQuery,
): Promise<PlacedRelation[]> {
  const found: PlacedRelation[] = [];
  for await (const page of store.relations(snapshot, query)) {
    for (const parts of page) found.push({ schema: parts.facts.schema, relation: assembleRelation(parts) });
  }
  return found;
}

type ForeignKey = Relation['foreignKeys'][number];

function leadsTo(key: ForeignKey, { schema, name }: TableName): boolean {
  return key.referencedSchema === schema && key.referencedTable === name;
}

function incoming(
  { schema, relation }: PlacedRelation,
  { referencedSchema: _schema, referencedTable: _table, ...key }: ForeignKey,
): RelationDetail['referencedBy'][number] {
  return { schema, table: relation.name, ...key };
}

/** The types that somebody made and columns lead to, by way of domains, composites and arrays too. */
function typesOf(relation: Relation, types: readonly TypeFacts[]): TypeFacts[] {
  const known = new Map(types.map((type) => [nameKey(type.schema, type.name), type]));
  const found = new Set<TypeFacts>();
  const waiting = relation.columns.map(({ type }) => type);
  for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
    const type = known.get(typeKey(text));
    if (type === undefined || found.has(type)) continue;
    found.add(type);
    if (type.base !== null) waiting.push(type.base);
    waiting.push(...type.attributes.map((attribute) => attribute.type));
  }
  return [...found];
}

/** `sales."Mood"[]` without what makes it an array; a type of PostgreSQL's own has no schema before it. */
function typeKey(text: string): string {
  const written = readRelationName(text.replace(/(?:\[\])+$/, ''));
  return written?.schema ? nameKey(written.schema.text, written.name.text) : '';
}
