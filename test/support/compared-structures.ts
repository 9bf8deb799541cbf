import type { StructureChange } from '../../src/metadata/diff.ts';
import { type DiffOptions, diffStructures } from '../../src/metadata/diff-structures.ts';
import type { Column, Discovery, Index, Relation, TypeFacts } from '../../src/metadata/discovery.ts';
import { viewOfDiscovery } from '../../src/metadata/view.ts';

/** A column of a comparison's sample; its number is given by {@link aTable}. */
export function aColumn(name: string, changes: Partial<Column> = {}): Column {
  return {
    number: 1,
    name,
    type: 'integer',
    nullable: true,
    default: null,
    identity: null,
    generated: null,
    collation: null,
    comment: null,
    ...changes,
  };
}

/** A table whose columns are numbered in their order, but for those with a number above 1 already. */
export function aTable(oid: number, name: string, changes: Partial<Relation> = {}): Relation {
  const columns = (changes.columns ?? [aColumn('id')]).map((column, index) =>
    column.number === 1 ? { ...column, number: index + 1 } : column,
  );
  return {
    oid,
    name,
    kind: 'table',
    owner: 'admin',
    comment: null,
    estimatedRows: null,
    unlogged: false,
    populated: true,
    rowSecurity: 'off',
    replicaIdentity: 'default',
    extension: null,
    primaryKey: null,
    foreignKeys: [],
    uniques: [],
    checks: [],
    exclusions: [],
    indexes: [],
    partitions: null,
    ...changes,
    columns,
  };
}

/** A primary key, and the index that keeps it. */
export function keyedBy(name: string, ...columns: string[]): Pick<Relation, 'primaryKey' | 'indexes'> {
  return {
    primaryKey: { name, columns, deferrable: false, initiallyDeferred: false },
    indexes: [anIndex(name, { columns, unique: true, primary: true })],
  };
}

export function anIndex(name: string, changes: Partial<Index> = {}): Index {
  return {
    name,
    unique: false,
    primary: false,
    valid: true,
    replicaIdentity: false,
    immediate: true,
    method: 'btree',
    columns: ['id'],
    include: [],
    sortOrders: [],
    operatorClasses: [],
    collations: [],
    nullsNotDistinct: false,
    expressions: null,
    predicate: null,
    ...changes,
  };
}

export function anEnum(oid: number, name: string, ...labels: string[]): Omit<TypeFacts, 'schema'> {
  const nothing = { comment: null, base: null, nullable: true, default: null, checks: [], attributes: [] };
  return { oid, name, kind: 'enum', labels, ...nothing };
}

/** Schemas by name, each with its relations and types. */
export type Schemas = Readonly<Record<string, readonly (Relation | Omit<TypeFacts, 'schema'>)[]>>;

export function structureOf(schemas: Schemas, hidden = { schemas: 0, relations: 0 }): Discovery {
  return {
    connection: 'shop',
    takenAt: '2026-03-01T12:00:00.000Z',
    server: { version: '18.1', provider: 'cloud', recovery: false, readOnly: false, tls: null },
    hidden,
    schemas: Object.entries(schemas).map(([name, contents]) => ({
      name,
      relations: contents.filter((it) => 'columns' in it),
      types: contents.filter((it) => 'labels' in it),
    })),
  };
}

/** The changes from one structure to another; two readings of one database when nothing else is said. */
export function changesBetween(
  before: Discovery,
  after: Discovery,
  options: Partial<DiffOptions> = {},
): Promise<StructureChange[]> {
  return diffStructures(viewOfDiscovery(before), viewOfDiscovery(after), {
    numbering: 'same',
    schemas: null,
    owners: true,
    filter: { schemas: [], tables: [] },
    ...options,
  });
}

/** What a change says: its kind, where it is, from what to what. */
export function told({ kind, schema, relation, column, name, before, after }: StructureChange): string {
  const place = [schema, relation, column, name].filter((it) => it !== null).join('.');
  return `${kind} ${place}: ${before ?? '–'} → ${after ?? '–'}`;
}
