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
export function contentText(piece: StructurePiece): string {
  if (piece.part === 'columns') return JSON.stringify(columnsOf(piece).map(toCells));
  if (piece.part === 'indexes') return JSON.stringify((piece.content as readonly RawIndex[]).map(toKept));
  return JSON.stringify(piece.content);
}

const usualIndex = { sortOrders: [], operatorClasses: [], collations: [], nullsNotDistinct: false } as const;

/** What most indexes have alike is left out. */
function toKept(index: RawIndex): Partial<RawIndex> {
  const { sortOrders, operatorClasses, collations, nullsNotDistinct, ...rest } = index;
  const isUsual = !nullsNotDistinct && sortOrders.length + operatorClasses.length + collations.length === 0;
  return isUsual ? rest : index;
}

export function readIndexes(text: string | null): RawIndex[] {
  return parseList(text).map((kept) => ({ ...usualIndex, ...(kept as RawIndex) }));
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

export function readFacts(text: string): RelationFacts {
  return JSON.parse(text) as RelationFacts;
}

export function readColumns(text: string | null): Column[] {
  return (parseList(text) as ColumnCells[]).map(toColumn);
}

export function readConstraints(text: string | null): RawConstraint[] {
  return parseList(text) as RawConstraint[];
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
