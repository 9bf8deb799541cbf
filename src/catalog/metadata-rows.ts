import type { Column, RelationFacts, TypeFacts } from '../metadata/discovery.ts';
import type { Part, RawConstraint, RawIndex, StructurePiece } from '../metadata/structure.ts';

/** The parts of a relation that have rows of their own, by their number in relation_parts; types among them. */
export const partNumbers = { columns: 1, constraints: 2, indexes: 3, type: 4 } as const satisfies Partial<
  Record<Part, number>
>;

/** A column as it is kept, its most usual values left out at the end: half the size of its JSON object. */
type ColumnCells = readonly [
  number: number,
  name: string,
  type: string,
  notNull?: 0 | 1,
  fallback?: string | null,
  comment?: string | null,
  collation?: string | null,
  identity?: Column['identity'],
  generated?: Column['generated'],
];

/** What is kept of a piece. */
export interface KeptTexts {
  /** Its content. */
  readonly content: string;
  /** What a search looks at: names and comments, in lower case. */
  readonly search: string;
}

export function textsOf({ part, content }: StructurePiece): KeptTexts {
  return textsByPart[part](content as never);
}

const textsByPart: { readonly [Name in Part]: (content: never) => KeptTexts } = {
  relation: relationTexts,
  columns: columnsTexts,
  constraints: (constraints: readonly RawConstraint[]) => unsearched(constraints.map(constraintToKeep)),
  indexes: (indexes: readonly RawIndex[]) => unsearched(indexes.map(indexToKeep)),
  type: (type: TypeFacts) => unsearched(type),
};

function unsearched(content: unknown): KeptTexts {
  return { content: JSON.stringify(content), search: '' };
}

function relationTexts(facts: RelationFacts): KeptTexts {
  const { schema, name, comment } = facts;
  const search = `${schema}.${name}\n${comment ?? ''}`.toLowerCase();
  return { content: JSON.stringify(factsToKeep(facts)), search };
}

function columnsTexts(columns: readonly Column[]): KeptTexts {
  let content = '';
  let search = '';
  for (const column of columns) {
    const texts = columnTexts(column);
    content += content === '' ? texts.content : `,${texts.content}`;
    search += texts.search;
  }
  return { content: `[${content}]`, search };
}

/** The texts of columns: a connector tells of those that are alike by the same object. */
const knownTexts = new Map<Column, KeptTexts>();
const mostKnown = 4096;

function columnTexts(column: Column): KeptTexts {
  const known = knownTexts.get(column);
  if (known !== undefined) return known;
  const { name, comment } = column;
  const words = comment === null ? `${name}\n` : `${name}\n${comment}\n`;
  const texts = { content: JSON.stringify(toCells(column)), search: words.toLowerCase() };
  if (knownTexts.size >= mostKnown) knownTexts.clear();
  knownTexts.set(column, texts);
  return texts;
}

/*
 * Of relations, constraints and indexes what most of them have alike is left out. What was kept before
 * that was so is read all the same.
 */

const usualFacts = {
  unlogged: false,
  populated: true,
  rowSecurity: 'off',
  replicaIdentity: 'default',
  extension: null,
  partitions: null,
} as const satisfies Partial<RelationFacts>;

/** What is told where nothing was kept, in the order of all. */
const unreadFacts: RelationFacts = {
  schema: '',
  oid: 0,
  name: '',
  kind: 'table',
  owner: '',
  comment: null,
  estimatedRows: null,
  ...usualFacts,
};

const usualConstraint = {
  deferrable: false,
  initiallyDeferred: false,
  validated: true,
  definition: null,
  references: null,
} as const satisfies Partial<RawConstraint>;

const usualIndex = {
  valid: true,
  replicaIdentity: false,
  immediate: true,
  method: 'btree',
  include: [],
  sortOrders: [],
  operatorClasses: [],
  collations: [],
  nullsNotDistinct: false,
  expressions: null,
  predicate: null,
} as const satisfies Partial<RawIndex>;

/** @param usual scalars and empty lists */
function isUsual<T extends object>(it: T, usual: Partial<T>): boolean {
  for (const field in usual) {
    const value: unknown = it[field];
    if (value !== usual[field] && !(Array.isArray(value) && value.length === 0)) return false;
  }
  return true;
}

function factsToKeep(facts: RelationFacts): Partial<RelationFacts> {
  if (!isUsual(facts, usualFacts)) return facts;
  const { schema, oid, name, kind, owner, comment, estimatedRows } = facts;
  return { schema, oid, name, kind, owner, ...(comment !== null && { comment }), estimatedRows };
}

export function readFacts(text: string): RelationFacts {
  return { ...unreadFacts, ...(JSON.parse(text) as RelationFacts) };
}

function constraintToKeep(constraint: RawConstraint): Partial<RawConstraint> {
  if (!isUsual(constraint, usualConstraint)) return constraint;
  const { name, type, columns } = constraint;
  return { name, type, columns };
}

function indexToKeep(index: RawIndex): Partial<RawIndex> {
  if (!isUsual(index, usualIndex)) return index;
  const { name, unique, primary, columns } = index;
  return unique || primary ? { name, unique, primary, columns } : { name, columns };
}

export function readConstraints(text: string | null): RawConstraint[] {
  return (parseList(text) as RawConstraint[]).map((kept) => ({ ...usualConstraint, ...kept }));
}

export function readIndexes(text: string | null): RawIndex[] {
  const usual = { unique: false, primary: false, ...usualIndex };
  return (parseList(text) as RawIndex[]).map((kept) => ({ ...usual, ...kept }));
}

export function readColumns(text: string | null): Column[] {
  return (parseList(text) as ColumnCells[]).map(toColumn);
}

/** A JSON list that was kept; empty where there is none. */
function parseList(text: string | null): unknown[] {
  return text === null ? [] : (JSON.parse(text) as unknown[]);
}

export function readTypeFacts(text: string): TypeFacts {
  return JSON.parse(text) as TypeFacts;
}

export function columnsOf(piece: StructurePiece): readonly Column[] {
  return piece.content as readonly Column[];
}

function toCells(column: Column): ColumnCells {
  const { number, name, type, nullable, comment, collation, identity, generated } = column;
  const notNull = nullable ? 0 : 1;
  const fallback = column.default;
  if (identity !== null || generated !== null || collation !== null) {
    return [number, name, type, notNull, fallback, comment, collation, identity, generated];
  }
  if (comment !== null) return [number, name, type, notNull, fallback, comment];
  if (fallback !== null) return [number, name, type, notNull, fallback];
  return notNull === 1 ? [number, name, type, notNull] : [number, name, type];
}

function toColumn(cells: ColumnCells): Column {
  const [number, name, type, notNull = 0, fallback = null, comment = null] = cells;
  const [, , , , , , collation = null, identity = null, generated = null] = cells;
  return {
    number,
    name,
    type,
    nullable: notNull === 0,
    default: fallback,
    identity,
    generated,
    collation,
    comment,
  };
}
