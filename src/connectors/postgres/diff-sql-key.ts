import type { ChangeKind, Key, SqlStep, Subject } from '../../metadata/diff.ts';
import type { Index } from '../../metadata/discovery.ts';
import type { PlacedRelation } from '../../metadata/view.ts';
import { byHand, listOf, nameOf, orders, qualified, step } from './diff-sql-parts.ts';
import { displayIdentifier } from './identifiers.ts';

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
  const include = placed.relation.indexes.find(({ name }) => name === key.name)?.include ?? [];
  return step(order, `${add} ${keyDefinition(key, include)}`);
}

function keyDefinition(key: Key, include: readonly string[]): string {
  const { type, columns, definition, references, deferrable } = key;
  if (definition !== null) return definition;
  const words: string[] = [];
  if (references === null) {
    words.push(type === 'primary_key' ? 'PRIMARY KEY' : 'UNIQUE', listOf(columns));
    if (include.length > 0) words.push('INCLUDE', listOf(include));
  } else {
    const target = qualified(references.referencedSchema, references.referencedTable);
    words.push('FOREIGN KEY', listOf(columns), 'REFERENCES', target, listOf(references.referencedColumns));
    if (references.onUpdate !== 'no action') words.push('ON UPDATE', references.onUpdate.toUpperCase());
    if (references.onDelete !== 'no action') words.push('ON DELETE', references.onDelete.toUpperCase());
  }
  if (deferrable) words.push('DEFERRABLE');
  if (references?.validated === false) words.push('NOT VALID');
  return words.join(' ');
}

/** Operator classes, the order of columns and the like are not discovered: the defaults are taken. */
export function createIndex(placed: PlacedRelation, index: Index): SqlStep {
  const { name, unique, method, columns, include, expressions, predicate } = index;
  const parts = expressions === null ? [] : dividedExpressions(expressions);
  const create = `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${displayIdentifier(name)} ON ${nameOf(placed)}`;
  if (columns.filter((column) => column === null).length !== parts.length) {
    return byHand(orders.addIndexes, `${create} over ${expressions ?? 'its expressions'}`);
  }
  const keys = columns.map((column) =>
    column === null ? `(${parts.shift() ?? ''})` : displayIdentifier(column),
  );
  const words = [create, `USING ${displayIdentifier(method)} (${keys.join(', ')})`];
  if (include.length > 0) words.push(`INCLUDE ${listOf(include)}`);
  if (predicate !== null) words.push(`WHERE ${predicate}`);
  return step(orders.addIndexes, words.join(' '));
}

/** `lower(a), (b + c)` → its parts: divided by the commas outside of quotes and parentheses. */
function dividedExpressions(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|./gs)) {
    if (token === '(' || token === '[') depth += 1;
    if (token === ')' || token === ']') depth -= 1;
    if (token === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim());
}
