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

/** The content of a piece as the text that is kept. */
export function contentText({ part, content }: StructurePiece): string {
  switch (part) {
    case 'relation':
      return JSON.stringify(factsToKeep(content as RelationFacts));
    case 'columns':
      return `[${(content as readonly Column[]).map(cellsText).join(',')}]`;
    case 'constraints':
      return JSON.stringify((content as readonly RawConstraint[]).map(constraintToKeep));
    case 'indexes':
      return JSON.stringify((content as readonly RawIndex[]).map(indexToKeep));
    case 'type':
      return JSON.stringify(content);
  }
}

/** The cells of columns as text: a connector tells of those that are alike by the same object. */
const knownCells = new Map<Column, string>();
const mostKnown = 4096;

function cellsText(column: Column): string {
  const known = knownCells.get(column);
  if (known !== undefined) return known;
  const text = JSON.stringify(toCells(column));
  if (knownCells.size >= mostKnown) knownCells.clear();
  knownCells.set(column, text);
  return text;
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
  const all = JSON.parse(text) as RelationFacts;
  const { schema, oid, name, kind, owner, comment = null, estimatedRows, ...kept } = all;
  return { schema, oid, name, kind, owner, comment, estimatedRows, ...usualFacts, ...kept };
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

/** What a search looks at: names and comments, in lower case. */
export function searchText(piece: StructurePiece): string {
  if (piece.part === 'relation') {
    const { schema, name, comment } = piece.content as RelationFacts;
    return `${schema}.${name}\n${comment ?? ''}`.toLowerCase();
  }
  if (piece.part !== 'columns') return '';
  let text = '';
  for (const { name, comment } of columnsOf(piece))
    text += comment === null ? `${name}\n` : `${name}\n${comment}\n`;
  return text.toLowerCase();
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
