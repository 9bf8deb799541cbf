import type { ChangeKind, SqlStep, Subject } from '../../metadata/diff.ts';
import type { Column } from '../../metadata/discovery.ts';
import {
  byHand,
  columnComment,
  columnDefinition,
  dropView,
  isView,
  nameOf,
  orders,
  sequenceSteps,
  step,
} from './diff-sql-parts.ts';
import { displayIdentifier } from './identifiers.ts';

/** The steps of a change of a column. */
export function columnSteps(kind: ChangeKind, subject: Extract<Subject, { of: 'column' }>): SqlStep[] {
  const { table, before, after } = subject;
  const { relation } = table.after;
  const name = nameOf(table.after);
  // RENAME COLUMN of ALTER TABLE works on views too, as all their versions have it.
  const alter = `ALTER ${relation.kind === 'foreign table' ? 'FOREIGN TABLE' : 'TABLE'} ${name}`;
  if (kind === 'column_renamed' && before && after) {
    const names = `${displayIdentifier(before.name)} TO ${displayIdentifier(after.name)}`;
    return [step(orders.nameParts, `${alter} RENAME COLUMN ${names}`)];
  }
  if (kind === 'column_comment_changed' && after) return [columnComment(name, after)];
  if (isView(relation)) {
    return [
      ...dropViewSteps(kind, subject),
      byHand(
        orders.createViews,
        `create the ${relation.kind} ${name} anew: its definition is not known here`,
      ),
    ];
  }
  if (after === null) {
    return [step(orders.dropColumns, `${alter} DROP COLUMN ${displayIdentifier(before?.name ?? '')}`)];
  }
  if (before === null) {
    return [
      ...sequenceSteps(after),
      step(orders.addColumns, `${alter} ADD COLUMN ${columnDefinition(after)}`),
      ...(after.comment === null ? [] : [columnComment(name, after)]),
    ];
  }
  return changeSteps(kind, `${alter} ALTER COLUMN ${displayIdentifier(after.name)}`, before, after);
}

/**
 * A view keeps the tables below it from being altered, and takes no other columns but at its end: it goes
 * before, by its former name.
 */
function dropViewSteps(kind: ChangeKind, { table, after }: Extract<Subject, { of: 'column' }>): SqlStep[] {
  const { before } = table;
  const goes = after === null || kind === 'column_type_changed' || kind === 'column_collation_changed';
  if (!goes || !isView(before.relation)) return [];
  return [dropView(before)];
}

/** @param alter `ALTER TABLE … ALTER COLUMN …` */
function changeSteps(kind: ChangeKind, alter: string, before: Column, after: Column): SqlStep[] {
  switch (kind) {
    case 'column_type_changed':
    case 'column_collation_changed': {
      const collate = after.collation === null ? '' : ` COLLATE ${after.collation}`;
      const using = after.generated === null ? ` USING ${displayIdentifier(after.name)}::${after.type}` : '';
      return [step(orders.typeColumns, `${alter} TYPE ${after.type}${collate}${using}`)];
    }
    case 'column_nullability_changed':
      return [step(orders.nullability, `${alter} ${after.nullable ? 'DROP' : 'SET'} NOT NULL`)];
    case 'column_default_changed':
      return defaultSteps(alter, before, after);
    case 'column_identity_changed':
      if (after.identity === null) return [step(orders.clearColumns, `${alter} DROP IDENTITY`)];
      return [
        step(
          orders.fillColumns,
          before.identity === null
            ? `${alter} ADD GENERATED ${after.identity.toUpperCase()} AS IDENTITY`
            : `${alter} SET GENERATED ${after.identity.toUpperCase()}`,
        ),
      ];
    case 'column_generated_changed':
      if (before.generated !== 'stored' || after.generated !== null) {
        const what = after.generated === null ? 'not generated' : `generated as ${after.default ?? ''}`;
        return [byHand(orders.fillColumns, `${alter}: make it ${what}, by dropping and adding it`)];
      }
      return [
        step(orders.clearColumns, `${alter} DROP EXPRESSION`),
        ...(after.default === null
          ? []
          : [step(orders.fillColumns, `${alter} SET DEFAULT ${after.default}`)]),
      ];
    default:
      return [];
  }
}

/** A default of another type may not be one of the new type: it goes before the type changes. */
function defaultSteps(alter: string, before: Column, after: Column): SqlStep[] {
  const isCleared = after.default === null || (before.default !== null && before.type !== after.type);
  return [
    ...(isCleared ? [step(orders.clearColumns, `${alter} DROP DEFAULT`)] : []),
    ...(after.default === null
      ? []
      : [...sequenceSteps(after), step(orders.fillColumns, `${alter} SET DEFAULT ${after.default}`)]),
  ];
}
