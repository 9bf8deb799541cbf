import { deferralText } from '../metadata/deferral.ts';
import type { Column, Relation, RelationDetail } from '../metadata/discovery.ts';

/* What is said of relations and columns, in one place for every way to show them. Not yet terminal-safe. */

export function relationFacts(relation: Relation): string {
  const { kind, estimatedRows, partitions, extension } = relation;
  const facts: string[] = [relation.unlogged ? `unlogged ${kind}` : kind];
  if (estimatedRows !== null)
    facts.push(`~${grouped(estimatedRows)} ${estimatedRows === 1 ? 'row' : 'rows'}`);
  if (partitions !== null) facts.push(`by ${partitions.key}, ${plural(partitions.count, 'partition')}`);
  if (!relation.populated) facts.push('not populated');
  if (relation.rowSecurity !== 'off') facts.push('row security');
  if (extension !== null) facts.push(`of the extension ${extension}`);
  return facts.join(', ');
}

export function columnFacts(column: Column, primary: boolean): string {
  const facts: string[] = [];
  if (primary) facts.push('PK');
  if (!column.nullable) facts.push('not null');
  if (column.identity !== null) facts.push(`identity ${column.identity}`);
  if (column.generated !== null) facts.push(`generated ${column.generated}`);
  if (column.default !== null) {
    facts.push(column.generated === null ? `default ${column.default}` : `as ${column.default}`);
  }
  if (column.collation !== null) facts.push(`collate ${column.collation}`);
  if (column.comment !== null) facts.push(`– ${column.comment}`);
  return facts.join(' ');
}

/** Where each column stands in the primary key, from 1. */
export function keyPositions(relation: Relation): Map<string, number> {
  return new Map(relation.primaryKey?.columns.map((name, index) => [name, index + 1]));
}

/** What each column's foreign keys lead to. */
export function referencesOf({ foreignKeys }: Pick<Relation, 'foreignKeys'>): Map<string, string> {
  const references = new Map<string, string>();
  for (const { columns: own, referencedSchema, referencedTable, referencedColumns } of foreignKeys) {
    for (const [index, column] of own.entries()) {
      const target = `${referencedSchema}.${referencedTable}.${referencedColumns[index] ?? ''}`;
      const known = references.get(column);
      references.set(column, known === undefined ? target : `${known}, ${target}`);
    }
  }
  return references;
}

export function foreignKeyText(key: Relation['foreignKeys'][number]): string {
  const target = `${key.referencedSchema}.${key.referencedTable} (${key.referencedColumns.join(', ')})`;
  const onDelete = key.onDelete === 'no action' ? '' : ` on delete ${key.onDelete}`;
  const onUpdate = key.onUpdate === 'no action' ? '' : ` on update ${key.onUpdate}`;
  return `(${key.columns.join(', ')}) → ${target}${onUpdate}${onDelete}`;
}

/** A foreign key of another relation that leads to this one: `app.lines (order_id) → (id)`. */
export function incomingKeyText(key: RelationDetail['referencedBy'][number]): string {
  const from = `${key.schema}.${key.table} (${key.columns.join(', ')})`;
  const onDelete = key.onDelete === 'no action' ? '' : ` on delete ${key.onDelete}`;
  const onUpdate = key.onUpdate === 'no action' ? '' : ` on update ${key.onUpdate}`;
  return `${key.name}: ${from} → (${key.referencedColumns.join(', ')})${onUpdate}${onDelete}`;
}

/** `orders_pkey: (id)`. */
export function keyText(key: {
  readonly name: string;
  readonly columns: readonly string[];
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly nullsNotDistinct?: boolean;
}): string {
  const marks = `${key.nullsNotDistinct ? ' nulls not distinct' : ''}${deferralText(key)}`;
  return `${key.name}: (${key.columns.join(', ')})${marks}`;
}

/** `sales.mood: enum ('glad', 'cross')`, `app.email: domain over text, not null, check …`. */
export function typeText(type: RelationDetail['types'][number]): string {
  const { schema, name, kind, labels, base, nullable, checks, attributes } = type;
  const parts = [
    kind === 'enum'
      ? `enum (${labels.map((label) => `'${label.replaceAll("'", "''")}'`).join(', ')})`
      : kind === 'composite'
        ? `composite (${attributes.map((it) => `${it.name} ${it.type}`).join(', ')})`
        : `${kind} over ${base ?? ''}`,
    ...(nullable ? [] : ['not null']),
    ...(type.default === null ? [] : [`default ${type.default}`]),
    ...checks.map(({ definition }) => definition),
    ...(type.comment === null ? [] : [`– ${type.comment}`]),
  ];
  return `${schema}.${name}: ${parts.join(', ')}`;
}

/** What could not be seen, as a sentence; null when nothing was hidden. */
export function hiddenText({ schemas, relations }: { schemas: number; relations: number }): string | null {
  const unseen = [
    ...(schemas > 0 ? [plural(schemas, 'schema')] : []),
    ...(relations > 0 ? [plural(relations, 'relation')] : []),
  ];
  return unseen.length > 0 ? `Hidden: ${unseen.join(' and ')} that this user may not see.` : null;
}

/** 1234567 → `1,234,567`; Intl's formatter takes milliseconds to start. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export function plural(count: number, noun: string): string {
  const ending = count === 1 ? '' : 's';
  return `${grouped(count)} ${noun === 'index' && ending ? 'indexe' : noun}${ending}`;
}
