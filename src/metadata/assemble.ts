import type { Column, Relation, RelationFacts } from './discovery.ts';
import type { RawConstraint, RawIndex } from './structure.ts';

/** The parts of one relation, as they were read or kept. */
export interface RelationParts {
  readonly facts: RelationFacts;
  readonly columns: readonly Column[];
  readonly constraints: readonly RawConstraint[];
  readonly indexes: readonly RawIndex[];
}

/** Puts a relation together: numbers of columns become their names. */
export function assembleRelation({ facts, columns, constraints, indexes }: RelationParts): Relation {
  const names = new Map(columns.map(({ number, name }) => [number, name]));
  const nameOf = (number: number | null) => (number === null ? null : (names.get(number) ?? null));
  const namesOf = (numbers: readonly number[]) => numbers.map(nameOf).filter((name) => name !== null);
  const keyOf = ({ name, columns: numbers, deferrable, initiallyDeferred }: RawConstraint) => ({
    name,
    columns: namesOf(numbers),
    deferrable,
    initiallyDeferred,
  });
  const ofType = (type: RawConstraint['type']) => constraints.filter((it) => it.type === type);
  const definitionOf = ({ name, definition }: RawConstraint) => ({ name, definition: definition ?? '' });
  const [primary] = ofType('primary');
  const { schema: _schema, ...rest } = facts;
  return {
    ...rest,
    columns: [...columns],
    primaryKey: primary ? keyOf(primary) : null,
    foreignKeys: ofType('foreign').flatMap((constraint) => {
      const { references, validated } = constraint;
      if (references === null) return [];
      return {
        ...keyOf(constraint),
        referencedSchema: references.schema,
        referencedTable: references.table,
        referencedColumns: [...references.columns],
        onUpdate: references.onUpdate,
        onDelete: references.onDelete,
        validated,
      };
    }),
    uniques: ofType('unique').map((constraint) => ({
      ...keyOf(constraint),
      nullsNotDistinct: indexes.some((it) => it.name === constraint.name && it.nullsNotDistinct),
    })),
    checks: ofType('check').map(definitionOf),
    exclusions: ofType('exclusion').map(definitionOf),
    indexes: indexes.map((index) => ({
      ...index,
      columns: index.columns.map(nameOf),
      include: namesOf(index.include),
      collations: collationsOf(index, columns),
    })),
  };
}

/** Those that are not the column's own. Of an expression nothing is known but what the index says. */
function collationsOf(
  { columns: keys, collations }: RawIndex,
  columns: readonly Column[],
): (string | null)[] {
  const told = keys.map((number, at) => {
    const own = number === null ? null : ownCollation(columns.find((column) => column.number === number));
    const collation = collations[at] ?? null;
    return collation === own ? null : (collation ?? '"default"');
  });
  return told.some((collation) => collation !== null) ? told : [];
}

/** Null: the database's default. Of PostgreSQL's own types name alone has another one. */
function ownCollation(column: Column | undefined): string | null {
  if (column === undefined) return null;
  return column.collation ?? (/^name(\[\])?$/.test(column.type) ? '"C"' : null);
}
