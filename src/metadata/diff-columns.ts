import type { ChangeKind, Pair, PlacedPair, StructureChange } from './diff.ts';
import { comparableText, noRenames, type Renames } from './diff-names.ts';
import { isWidening } from './diff-widening.ts';
import type { Column } from './discovery.ts';

/** What became of the columns of a relation. */
export function compareColumns(
  table: PlacedPair,
  pairs: readonly Pair<Column>[],
  renames: Renames,
): StructureChange[] {
  const comparison = new ColumnComparison(table, renames);
  return [...pairs].sort(byPosition).flatMap((pair) => comparison.compare(pair));
}

function byPosition(a: Pair<Column>, b: Pair<Column>): number {
  const position = ({ before, after }: Pair<Column>) => (after ?? before)?.number ?? 0;
  return position(a) - position(b);
}

class ColumnComparison {
  readonly #table: PlacedPair;
  readonly #renames: Renames;

  constructor(table: PlacedPair, renames: Renames) {
    this.#table = table;
    this.#renames = renames;
  }

  compare({ before, after }: Pair<Column>): StructureChange[] {
    if (before === null) return after === null ? [] : [this.#added(after)];
    if (after === null) return [this.#dropped(before)];
    return [...this.#named(before, after), ...this.#typed(before, after), ...this.#filled(before, after)];
  }

  #added(column: Column): StructureChange {
    const needed = isWritten(this.#table.after.relation.kind) && !column.nullable && !hasValue(column);
    return this.#change('column_added', needed ? 'inserts that do not name it fail' : null, {
      before: null,
      after: column,
      texts: [null, columnText(column)],
    });
  }

  #dropped(column: Column): StructureChange {
    return this.#change('column_dropped', 'who reads or writes it fails', {
      before: column,
      after: null,
      texts: [columnText(column), null],
    });
  }

  #named(before: Column, after: Column): StructureChange[] {
    const changes: StructureChange[] = [];
    const pair = { before, after };
    if (before.name !== after.name) {
      const reason = 'who reads or writes it by its former name fails';
      changes.push(this.#change('column_renamed', reason, { ...pair, texts: [before.name, after.name] }));
    }
    return changes;
  }

  #typed(before: Column, after: Column): StructureChange[] {
    const changes: StructureChange[] = [];
    const pair = { before, after };
    if (this.#differ(before.type, after.type)) {
      const reason = isWidening(before.type, after.type)
        ? null
        : isWidening(after.type, before.type)
          ? 'values that it could hold do not fit any more'
          : 'its values are of another type';
      changes.push(
        this.#change('column_type_changed', reason, { ...pair, texts: [before.type, after.type] }),
      );
    }
    if (before.nullable !== after.nullable) {
      const written = isWritten(this.#table.after.relation.kind);
      const failing = hasValue(after) ? 'writing NULL to it fails' : 'writing NULL or nothing to it fails';
      const texts = [nullability(before), nullability(after)] as const;
      const reason = written && !after.nullable ? failing : null;
      changes.push(this.#change('column_nullability_changed', reason, { ...pair, texts }));
    }
    if (this.#differ(before.collation, after.collation)) {
      const texts = [before.collation, after.collation] as const;
      changes.push(this.#change('column_collation_changed', null, { ...pair, texts }));
    }
    return changes;
  }

  #filled(before: Column, after: Column): StructureChange[] {
    const changes: StructureChange[] = [];
    const pair = { before, after };
    const nowNeeded = hasValue(before) && !hasValue(after) && !after.nullable;
    const unfilled = nowNeeded ? 'inserts that do not name it fail' : null;
    const expressionDiffers = this.#differ(before.default, after.default);
    if (before.generated !== after.generated || (after.generated !== null && expressionDiffers)) {
      const reason =
        before.generated === null ? 'it can not be written to, and CDC may leave it out' : unfilled;
      const texts = [generation(before), generation(after)] as const;
      changes.push(this.#change('column_generated_changed', reason, { ...pair, texts }));
    } else if (expressionDiffers) {
      const texts = [before.default, after.default] as const;
      changes.push(this.#change('column_default_changed', unfilled, { ...pair, texts }));
    }
    if (before.identity !== after.identity) {
      const reason = after.identity === 'always' ? 'inserts that give it a value fail' : unfilled;
      const texts = [before.identity, after.identity] as const;
      changes.push(this.#change('column_identity_changed', reason, { ...pair, texts }));
    }
    if (before.comment !== after.comment) {
      const texts = [before.comment, after.comment] as const;
      changes.push(this.#change('column_comment_changed', null, { ...pair, texts }));
    }
    return changes;
  }

  #differ(before: string | null, after: string | null): boolean {
    if (before === null || after === null) return before !== after;
    const { schema, relation } = this.#table.before;
    const former = comparableText(before, this.#renames, { schema, name: relation.name });
    return former !== comparableText(after, noRenames, null);
  }

  #change(
    kind: ChangeKind,
    reason: string | null,
    { before, after, texts }: Pair<Column> & { texts: readonly [string | null, string | null] },
  ): StructureChange {
    const { schema, relation } = this.#table.after;
    return {
      kind,
      reason,
      schema,
      relation: relation.name,
      column: (after ?? before)?.name ?? null,
      name: null,
      before: texts[0],
      after: texts[1],
      subject: { of: 'column', table: this.#table, before, after },
    };
  }
}

/** Whether rows are written to it: of a view NOT NULL says nothing. */
function isWritten(kind: string): boolean {
  return kind !== 'view' && kind !== 'materialized view';
}

/** Whether an insert that does not name it gives it a value. */
function hasValue({ default: value, identity, generated }: Column): boolean {
  return value !== null || identity !== null || generated !== null;
}

function nullability({ nullable }: Column): string {
  return nullable ? 'null' : 'not null';
}

function generation({ generated, default: expression }: Column): string | null {
  return generated === null ? null : `${generated} as ${expression ?? ''}`;
}

/** A column in a line: `numeric(10,2) not null default 0`. */
function columnText(column: Column): string {
  const { type, default: value, identity } = column;
  const facts = [type];
  if (!column.nullable) facts.push('not null');
  if (identity !== null) facts.push(`identity ${identity}`);
  const generated = generation(column);
  if (generated !== null) facts.push(generated);
  else if (value !== null) facts.push(`default ${value}`);
  return facts.join(' ');
}
