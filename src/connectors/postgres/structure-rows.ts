import type { Column, RelationFacts, TypeFacts } from '../../metadata/discovery.ts';
import type { ForeignKeyAction, RawConstraint, RawIndex } from '../../metadata/structure.ts';
import { jsonArray } from './json-array.ts';
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
  const key = row.textOrNull();
  const leaves = row.number();
  const leafTuples = row.numberOrNull();
  const xmins = [row.number(), row.number(), row.number(), row.number()];
  const names = row.number();
  // Names of others, whose rows are not the relation's.
  const marks = [...xmins, leaves, names, owner, extension];
  const partitioned = kind === 'partitioned table';
  if (partitioned && key === null) throw new StructureMovedError();
  const facts: RelationFacts = {
    schema,
    oid,
    name,
    kind,
    owner,
    comment,
    estimatedRows: partitioned ? leafTuples : estimate(kind, tuples, pages),
    unlogged,
    populated,
    rowSecurity: secured ? (forced ? 'forced' : 'on') : 'off',
    replicaIdentity,
    extension,
    partitions: partitioned ? { key: key ?? '', count: leaves } : null,
  };
  return { oid, visible, facts, fingerprint: marks.join(':') };
}

/** reltuples is -1 for unknown since 14; before, 0 without pages is. A view has none. */
function estimate(kind: RelationFacts['kind'], tuples: number, pages: number): number | null {
  return kind === 'view' || tuples < 0 || (tuples === 0 && pages === 0) ? null : tuples;
}

/** A row of columnsQuery, behind its oid. */
export function readColumn(row: RowReader, types: ColumnTypes, fingerprint: Fingerprint): Column {
  const number = row.number();
  const name = row.text();
  const { type, collation } = types.find(row.number(), row.number(), row.number());
  const nullable = !row.flag();
  const identity = row.letter();
  const generated = row.letter();
  const expression = expressionOf(row);
  const comment = row.textOrNull();
  fingerprint.add(row.number() + row.number() + row.number());
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

/** A row of constraintsQuery, behind its oid. */
export function readConstraint(row: RowReader, fingerprint: Fingerprint): RawConstraint {
  const name = row.text();
  const type = constraintTypes[row.letter()] ?? 'check';
  const columns = numbersOf(row.text());
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
  fingerprint.add(row.number() + row.number() + reading);
  return {
    name,
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

/** A row of indexesQuery, behind its oid. */
export function readIndex(row: RowReader, fingerprint: Fingerprint): RawIndex {
  const name = row.text();
  const unique = row.flag();
  const primary = row.flag();
  const valid = row.flag();
  const replicaIdentity = row.flag();
  const immediate = row.flag();
  const method = row.text();
  const numbers = numbersOf(row.text());
  const keys = row.number();
  const expressions = expressionOf(row);
  const predicate = expressionOf(row);
  const options = row.text();
  const nullsNotDistinct = row.flag();
  const [classes, collations] = jsonArray(row.textOrNull()).map(namesOrNull);
  const parameters = jsonArray(row.textOrNull());
  fingerprint.add(row.number() + row.number() + reading);
  return {
    name,
    unique,
    primary,
    valid,
    replicaIdentity,
    immediate,
    method,
    columns: numbers.slice(0, keys).map((number) => (number === 0 ? null : number)),
    include: numbers.slice(keys),
    sortOrders: /[1-9]/.test(options)
      ? numbersOf(options).map((option) => sortOrders[option & 3] ?? 'asc')
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

/** Of an int2[] (`{1,2}`) or an int2vector (`1 2`). */
function numbersOf(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
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
