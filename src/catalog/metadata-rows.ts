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

function factsToKeep(facts: RelationFacts): Partial<RelationFacts> {
  const { schema, oid, name, kind, owner, comment, estimatedRows } = facts;
  const isUsual =
    !facts.unlogged &&
    facts.populated &&
    facts.rowSecurity === 'off' &&
    facts.replicaIdentity === 'default' &&
    facts.extension === null &&
    facts.partitions === null;
  if (!isUsual) return facts;
  const usual = { schema, oid, name, kind, owner, estimatedRows };
  return comment === null ? usual : { ...usual, comment };
}

export function readFacts(text: string): RelationFacts {
  const kept = JSON.parse(text) as Partial<RelationFacts> & RelationFacts;
  return {
    schema: kept.schema,
    oid: kept.oid,
    name: kept.name,
    kind: kept.kind,
    owner: kept.owner,
    comment: kept.comment ?? null,
    estimatedRows: kept.estimatedRows,
    unlogged: kept.unlogged ?? false,
    populated: kept.populated ?? true,
    rowSecurity: kept.rowSecurity ?? 'off',
    replicaIdentity: kept.replicaIdentity ?? 'default',
    extension: kept.extension ?? null,
    partitions: kept.partitions ?? null,
  };
}

const usualConstraint = {
  deferrable: false,
  initiallyDeferred: false,
  validated: true,
  definition: null,
  references: null,
} as const;

function constraintToKeep(constraint: RawConstraint): Partial<RawConstraint> {
  const { name, type, columns, deferrable, initiallyDeferred, validated, definition } = constraint;
  const { references } = constraint;
  if (deferrable || initiallyDeferred || !validated || definition !== null) return constraint;
  return references === null ? { name, type, columns } : { name, type, columns, references };
}

export function readConstraints(text: string | null): RawConstraint[] {
  return (parseList(text) as RawConstraint[]).map((kept) => ({ ...usualConstraint, ...kept }));
}

const usualIndex = {
  unique: false,
  primary: false,
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

function indexToKeep(index: RawIndex): Partial<RawIndex> {
  const { name, unique, primary, columns } = index;
  const isUsual =
    index.valid &&
    !index.replicaIdentity &&
    index.immediate &&
    index.method === 'btree' &&
    index.include.length + index.sortOrders.length === 0 &&
    index.operatorClasses.length + index.collations.length === 0 &&
    !index.nullsNotDistinct &&
    index.expressions === null &&
    index.predicate === null;
  if (!isUsual) return index;
  return unique || primary ? { name, unique, primary, columns } : { name, columns };
}

export function readIndexes(text: string | null): RawIndex[] {
  return (parseList(text) as RawIndex[]).map((kept) => ({ ...usualIndex, ...kept }));
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
