import type { Column, RelationFacts, TypeFacts } from '../../metadata/discovery.ts';
import type { ForeignKeyAction, RawConstraint, RawIndex } from '../../metadata/structure.ts';
import { jsonArray } from './json-array.ts';
import { KnownRows } from './known-rows.ts';
import type { RowReader } from './row-reader.ts';

/** The sum of the xmin of the catalogs' rows that a part was read from, and their number. */
export class Fingerprint {
  #rows = 0;
  #sum = 0;

  add(sum: number): void {
    this.#rows += 1;
    this.#sum += sum;
  }

  toString(): string {
    return `${this.#rows}:${this.#sum}`;
  }
}

/** The types of columns by type, modifier and collation: see columnTypesQuery. */
export class ColumnTypes {
  /** The number of rows of pg_attribute and the sum of their xmin, as the fingerprint of all has them. */
  attributes = '0:0';
  readonly #byOid = new Map<number, Map<string, { type: string; collation: string | null }>>();

  add(row: RowReader): void {
    const oid = row.number();
    const rest = keyOf(row.number(), row.number());
    const known = this.#byOid.get(oid) ?? new Map();
    this.#byOid.set(oid, known.set(rest, { type: row.text(), collation: row.textOrNull() }));
    this.attributes = row.text();
  }

  find(oid: number, modifier: number, collation: number) {
    return this.#byOid.get(oid)?.get(keyOf(modifier, collation)) ?? unknownType;
  }
}

/** Reads a row of a part of a relation, behind the relation's oid. @throws StructureMovedError */
export type PartReader<T> = (row: RowReader, fingerprint: Fingerprint) => T;

/** Something was dropped while it was read. */
export class StructureMovedError extends Error {}

/** What format_type says of a type that was dropped since, and our statements of an expression. */
const gone = '???';

/** The text of an expression. @throws StructureMovedError */
function expressionOf(row: RowReader): string | null {
  const text = row.textOrNull();
  if (text === gone || (text !== null && goneSequence.test(text))) throw new StructureMovedError();
  return text;
}

/** A sequence that was dropped since is written as its number. */
const goneSequence = /\bnextval\('\d+'::regclass\)/;

/** The name of a type, arrays too. @throws StructureMovedError */
function typeName(text: string): string {
  if (text.startsWith(gone)) throw new StructureMovedError();
  return text;
}

const unknownType = { type: gone, collation: null };

function keyOf(modifier: number, collation: number): string {
  return `${modifier} ${collation}`;
}

const kinds: Readonly<Record<string, RelationFacts['kind']>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

const replicaIdentities: Readonly<Record<string, RelationFacts['replicaIdentity']>> = {
  d: 'default',
  n: 'nothing',
  f: 'full',
  i: 'index',
};

/** A row of relationsQuery. */
export function readRelation(row: RowReader): {
  oid: number;
  /** Whether the user may see it. */
  visible: boolean;
  facts: RelationFacts;
  fingerprint: string;
} {
  const oid = row.number();
  const visible = row.flag();
  const schema = row.text();
  const name = row.text();
  const kind = kinds[row.letter()] ?? 'table';
  const tuples = row.number();
  const pages = row.number();
  const owner = row.text();
  const comment = row.textOrNull();
  const unlogged = row.letter() === 'u';
  const populated = row.flag();
  const secured = row.flag();
  const forced = row.flag();
  const replicaIdentity = replicaIdentities[row.letter()] ?? 'default';
  const extension = row.textOrNull();
  const tree = row.textOrNull();
  const partitions = kind === 'partitioned table' ? readPartitions(tree) : null;
  const xmins = [row.number(), row.number(), partitions?.mark ?? 0, row.number()];
  const names = row.number();
  // Names of others, whose rows are not the relation's.
  const marks = [...xmins, partitions?.count ?? 0, names, owner, extension];
  const facts: RelationFacts = {
    schema,
    oid,
    name,
    kind,
    owner,
    comment,
    estimatedRows: partitions ? partitions.rows : estimate(kind, tuples, pages),
    unlogged,
    populated,
    rowSecurity: secured ? (forced ? 'forced' : 'on') : 'off',
    replicaIdentity,
    extension,
    partitions: partitions ? { key: partitions.key, count: partitions.count } : null,
  };
  return { oid, visible, facts, fingerprint: marks.join(':') };
}

/** @throws StructureMovedError */
function readPartitions(tree: string | null) {
  const [key, count, mark, rows] = jsonArray(tree);
  if (typeof key !== 'string') throw new StructureMovedError();
  return { key, count: Number(count), mark: Number(mark), rows: typeof rows === 'number' ? rows : null };
}

/** reltuples is -1 for unknown since 14; before, 0 without pages is. A view has none. */
function estimate(kind: RelationFacts['kind'], tuples: number, pages: number): number | null {
  return kind === 'view' || tuples < 0 || (tuples === 0 && pages === 0) ? null : tuples;
}

/** Reads rows of columnsQuery, behind their oid. */
export function columnReader(types: ColumnTypes): PartReader<Column> {
  const known = new KnownRows(10, (row) => readColumn(row, types));
  return (row, fingerprint) => {
    const column = known.read(row);
    fingerprint.add(row.number() + row.number() + row.number());
    return column;
  };
}

function readColumn(row: RowReader, types: ColumnTypes): Column {
  const number = row.number();
  const name = row.text();
  const { type, collation } = types.find(row.number(), row.number(), row.number());
  const nullable = !row.flag();
  const identity = row.letter();
  const generated = row.letter();
  const expression = expressionOf(row);
  const comment = row.textOrNull();
  return {
    number,
    name,
    type: typeName(type),
    nullable,
    default: expression,
    identity: identity === 'a' ? 'always' : identity === 'd' ? 'by default' : null,
    generated: generated === 's' ? 'stored' : generated === 'v' ? 'virtual' : null,
    collation,
    comment,
  };
}

const constraintTypes: Readonly<Record<string, RawConstraint['type']>> = {
  p: 'primary',
  u: 'unique',
  f: 'foreign',
  c: 'check',
  x: 'exclusion',
};

const actions: Readonly<Record<string, ForeignKeyAction>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

/** Reads rows of constraintsQuery, behind their oid. */
export function constraintReader(): PartReader<RawConstraint> {
  return namedReader(new KnownRows(12, readConstraint));
}

/** What is behind its name. */
function readConstraint(row: RowReader): RawConstraint {
  const type = constraintTypes[row.letter()] ?? 'check';
  const columns = row.numbers();
  const deferrable = row.flag();
  const initiallyDeferred = row.flag();
  const validated = row.flag();
  const expression = expressionOf(row);
  const schema = row.text();
  const table = row.text();
  const referenced = jsonArray(row.textOrNull()).map(String);
  const onUpdate = actions[row.letter()] ?? 'no action';
  const onDelete = actions[row.letter()] ?? 'no action';
  const noInherit = row.flag();
  return {
    name: '',
    type,
    columns,
    deferrable,
    initiallyDeferred,
    validated,
    // As pg_get_constraintdef writes it, which would raise for what was dropped since.
    definition:
      type === 'check'
        ? `CHECK (${expression ?? ''})${noInherit ? ' NO INHERIT' : ''}${validated ? '' : ' NOT VALID'}`
        : expression,
    references: type === 'foreign' ? { schema, table, columns: referenced, onUpdate, onDelete } : null,
  };
}

/**
 * Raised when more is read of constraints or indexes, so that those that were kept before are read anew: it
 * counts for each of them, in partFingerprintsQuery too, and in the fingerprint of the whole.
 */
export const reading = 2;

/** Reads what follows a name, which comes first, and the two xmin behind it. */
function namedReader<T extends { readonly name: string }>(known: KnownRows<T>): PartReader<T> {
  return (row, fingerprint) => {
    const name = row.text();
    const rest = known.read(row);
    fingerprint.add(row.number() + row.number() + reading);
    return { ...rest, name };
  };
}

/** Reads rows of indexesQuery, behind their oid. */
export function indexReader(): PartReader<RawIndex> {
  return namedReader(new KnownRows(14, readIndex));
}

/** What is behind its name. */
function readIndex(row: RowReader): RawIndex {
  const unique = row.flag();
  const primary = row.flag();
  const valid = row.flag();
  const replicaIdentity = row.flag();
  const immediate = row.flag();
  const method = row.text();
  const numbers = row.numbers();
  const keys = row.number();
  const expressions = expressionOf(row);
  const predicate = expressionOf(row);
  const options = row.numbers();
  const nullsNotDistinct = row.flag();
  const [classes, collations] = jsonArray(row.textOrNull()).map(namesOrNull);
  const parameters = jsonArray(row.textOrNull());
  return {
    name: '',
    unique,
    primary,
    valid,
    replicaIdentity,
    immediate,
    method,
    columns: numbers.slice(0, keys).map((number) => (number === 0 ? null : number)),
    include: numbers.slice(keys),
    sortOrders: options.some((option) => option !== 0)
      ? options.map((option) => sortOrders[option & 3] ?? 'asc')
      : [],
    operatorClasses: withParameters(classes ?? [], parameters, keys),
    collations: collations ?? [],
    nullsNotDistinct,
    expressions,
    predicate,
  };
}

/** Of the bits of pg_index.indoption: 1 is DESC, 2 is NULLS FIRST. */
const sortOrders = ['asc', 'desc nulls last', 'asc nulls first', 'desc'] as const;

/** A JSON array of names and nulls; empty where there is no name in it. */
function namesOrNull(value: unknown): (string | null)[] {
  const names = Array.isArray(value) ? value.map((it) => (typeof it === 'string' ? it : null)) : [];
  return names.some((name) => name !== null) ? names : [];
}

/** @param parameters pairs of a key's number, from one, and its operator class with them */
function withParameters(
  classes: (string | null)[],
  parameters: readonly unknown[],
  keys: number,
): (string | null)[] {
  if (parameters.length === 0) return classes;
  const written = new Map(
    parameters.filter(Array.isArray).map(([number, text]) => [Number(number), String(text)]),
  );
  return Array.from({ length: keys }, (_, at) => written.get(at + 1) ?? classes[at] ?? null);
}

const typeKinds: Readonly<Record<string, TypeFacts['kind']>> = {
  e: 'enum',
  d: 'domain',
  c: 'composite',
  r: 'range',
};

/** A row of typesQuery. */
export function readType(row: RowReader): { oid: number; facts: TypeFacts; fingerprint: string } {
  const oid = row.number();
  const schema = row.text();
  const name = row.text();
  const kind = typeKinds[row.letter()] ?? 'domain';
  const comment = row.textOrNull();
  const labels = jsonArray(row.textOrNull()).map(String);
  const base = row.textOrNull();
  if (base !== null) typeName(base);
  const nullable = !row.flag();
  const fallback = row.textOrNull();
  const checks = pairs(row.textOrNull()).map(([check, expression]) => ({
    name: check,
    definition: `CHECK (${expression})`,
  }));
  const attributes = pairs(row.textOrNull()).map(([attribute, type]) => ({
    name: attribute,
    type: typeName(type),
  }));
  const facts = {
    schema,
    oid,
    name,
    kind,
    comment,
    labels,
    base,
    nullable,
    default: fallback,
    checks,
    attributes,
  };
  return { oid, facts, fingerprint: row.text() };
}

function pairs(json: string | null): [string, string][] {
  return jsonArray(json).map((pair) => {
    const [first, second] = Array.isArray(pair) ? pair : [];
    return [String(first), String(second ?? '')];
  });
}
