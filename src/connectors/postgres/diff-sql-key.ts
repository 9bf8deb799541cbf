import type { ChangeKind, Key, SqlStep, Subject } from '../../metadata/diff.ts';
import type { Index } from '../../metadata/discovery.ts';
import { type IndexKey, indexKeys } from '../../metadata/index-keys.ts';
import type { PlacedRelation } from '../../metadata/view.ts';
import { byHand, listOf, nameOf, orders, step } from './diff-sql-parts.ts';
import { displayIdentifier, qualified } from './identifiers.ts';

/** The steps of a change of a constraint. One that is another one now is dropped and made anew. */
export function keySteps(kind: ChangeKind, subject: Extract<Subject, { of: 'key' }>): SqlStep[] {
  const { table, before, after } = subject;
  if (kind.endsWith('_renamed')) {
    const names = `${displayIdentifier(before?.name ?? '')} TO ${displayIdentifier(after?.name ?? '')}`;
    return [step(orders.nameParts, `ALTER TABLE ${nameOf(table.after)} RENAME CONSTRAINT ${names}`)];
  }
  return [
    ...(before === null ? [] : [dropKey(table, before)]),
    ...(after === null ? [] : [createKey(table.after, after)]),
  ];
}

/** The steps of a change of an index. */
export function indexSteps(kind: ChangeKind, subject: Extract<Subject, { of: 'index' }>): SqlStep[] {
  const { table, before, after } = subject;
  const nameIn = (index: Index | null) => qualified(table.after.schema, index?.name ?? '');
  if (kind.endsWith('_renamed')) {
    const name = displayIdentifier(after?.name ?? '');
    return [step(orders.nameParts, `ALTER INDEX ${nameIn(before)} RENAME TO ${name}`)];
  }
  return [
    ...(before === null ? [] : [step(orders.dropKeys, `DROP INDEX ${nameIn(before)}`)]),
    ...(after === null ? [] : [createIndex(table.after, after)]),
  ];
}

/** Before tables are renamed or dropped: by the former name. */
export function dropForeignKey(former: PlacedRelation, { name }: Key): SqlStep {
  return step(
    orders.dropForeignKeys,
    `ALTER TABLE ${nameOf(former)} DROP CONSTRAINT ${displayIdentifier(name)}`,
  );
}

function dropKey(table: { before: PlacedRelation; after: PlacedRelation }, key: Key): SqlStep {
  if (key.type === 'foreign_key') return dropForeignKey(table.before, key);
  const name = displayIdentifier(key.name);
  return step(orders.dropKeys, `ALTER TABLE ${nameOf(table.after)} DROP CONSTRAINT ${name}`);
}

export function createKey(placed: PlacedRelation, key: Key): SqlStep {
  const order = key.type === 'foreign_key' ? orders.addForeignKeys : orders.addKeys;
  const add = `ALTER TABLE ${nameOf(placed)} ADD CONSTRAINT ${displayIdentifier(key.name)}`;
  return step(order, `${add} ${keyDefinition(key)}`);
}

function keyDefinition(key: Key): string {
  const { type, columns, include, nullsNotDistinct, definition, references } = key;
  if (definition !== null) return definition;
  const words: string[] = [];
  if (references === null) {
    words.push(type === 'primary_key' ? 'PRIMARY KEY' : 'UNIQUE');
    if (nullsNotDistinct) words.push('NULLS NOT DISTINCT');
    words.push(listOf(columns));
    if (include.length > 0) words.push('INCLUDE', listOf(include));
  } else {
    const target = qualified(references.referencedSchema, references.referencedTable);
    words.push('FOREIGN KEY', listOf(columns), 'REFERENCES', target, listOf(references.referencedColumns));
    if (references.onUpdate !== 'no action') words.push('ON UPDATE', references.onUpdate.toUpperCase());
    if (references.onDelete !== 'no action') words.push('ON DELETE', references.onDelete.toUpperCase());
  }
  if (key.deferrable) words.push('DEFERRABLE');
  if (key.initiallyDeferred) words.push('INITIALLY DEFERRED');
  if (references?.validated === false) words.push('NOT VALID');
  return words.join(' ');
}

/** Makes an index that stands for no constraint. */
export function createIndex(placed: PlacedRelation, index: Index): SqlStep {
  const { name, unique, method, include, nullsNotDistinct, expressions, predicate } = index;
  const keys = indexKeys(index);
  const create = `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${displayIdentifier(name)} ON ${nameOf(placed)}`;
  if (keys === null) return byHand(orders.addIndexes, `${create} over ${expressions ?? 'its expressions'}`);
  const words = [create, `USING ${displayIdentifier(method)} (${keys.map(keySql).join(', ')})`];
  if (include.length > 0) words.push(`INCLUDE ${listOf(include)}`);
  if (nullsNotDistinct) words.push('NULLS NOT DISTINCT');
  if (predicate !== null) words.push(`WHERE ${predicate}`);
  return step(orders.addIndexes, words.join(' '));
}

function keySql({ column, expression, collation, operatorClass, sortOrder }: IndexKey): string {
  const words = [column === null ? `(${expression ?? ''})` : displayIdentifier(column)];
  if (collation !== null) words.push(`COLLATE ${collation}`);
  if (operatorClass !== null) words.push(operatorClass);
  if (sortOrder !== null) words.push(sortOrder.toUpperCase());
  return words.join(' ');
}
