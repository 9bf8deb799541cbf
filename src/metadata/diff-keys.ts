import { deferralText } from './deferral.ts';
import type { ChangeKind, Key, Pair, PlacedPair, StructureChange } from './diff.ts';
import { pairUp } from './diff-match.ts';
import {
  columnToday,
  comparableText,
  nameToday,
  noRenames,
  type QualifiedName,
  type Renames,
} from './diff-names.ts';
import type { Index, Relation } from './discovery.ts';
import { indexKeysText } from './index-keys.ts';

/** What a comparison of keys or indexes is made of. */
interface Described<T> {
  readonly it: T;
  readonly name: string;
  /** What it is beside its name, for a person. */
  readonly text: string;
  /** The same where it means the same, in the names of today. */
  readonly meaning: string;
}

/** What became of the constraints of a relation. Whether they are validated is not compared. */
export function compareKeys(table: PlacedPair, renames: Renames): StructureChange[] {
  const { before, after } = relationsOf(table);
  const former = { renames, relation: { schema: table.before.schema, name: before.name } };
  const today = { renames: noRenames, relation: null };
  const changes: StructureChange[] = [];
  for (const type of ['primary_key', 'unique', 'foreign_key', 'check', 'exclusion'] as const) {
    const describe = (relation: Relation, names: Names) =>
      keysOf(relation)
        .filter((key) => key.type === type)
        .map((key) => ({ it: key, name: key.name, text: keyText(key), meaning: keyMeaning(key, names) }));
    for (const pair of compare(describe(before, former), describe(after, today))) {
      const { step } = pair;
      const lost = type === 'primary_key' || type === 'unique' ? lostKeyReason(step, type, pair) : null;
      changes.push({
        ...changeOf(table, `${type}_${step}`, lost, pair),
        subject: { of: 'key', table, before: pair.before?.it ?? null, after: pair.after?.it ?? null },
      });
    }
  }
  return changes;
}

/** What became of the indexes of a relation, but for those that stand for a constraint. */
export function compareIndexes(table: PlacedPair, renames: Renames): StructureChange[] {
  const { before, after } = relationsOf(table);
  const former = { renames, relation: { schema: table.before.schema, name: before.name } };
  const describe = (relation: Relation, names: Names) => {
    const constraints = new Set(
      keysOf(relation)
        .filter(hasIndex)
        .map(({ name }) => name),
    );
    return relation.indexes
      .filter(({ name }) => !constraints.has(name))
      .map((index) => ({
        it: index,
        name: index.name,
        text: indexText(index),
        meaning: indexMeaning(index, names),
      }));
  };
  const pairs = compare(describe(before, former), describe(after, { renames: noRenames, relation: null }));
  return pairs.map((pair) => ({
    ...changeOf(
      table,
      `index_${pair.step}`,
      pair.before?.it.unique ? lostKeyReason(pair.step, 'unique', pair) : null,
      pair,
    ),
    subject: { of: 'index', table, before: pair.before?.it ?? null, after: pair.after?.it ?? null },
  }));
}

type Step = 'added' | 'dropped' | 'renamed' | 'changed';
type Compared<T> = Pair<Described<T>> & { readonly step: Step };

/** By name; what is left over and means the same was renamed. */
function compare<T>(before: readonly Described<T>[], after: readonly Described<T>[]): Compared<T>[] {
  const changes: Compared<T>[] = [];
  for (const pair of pairUp(before, after, [({ name }) => name, ({ meaning }) => meaning])) {
    const step = stepOf(pair);
    if (step !== null) changes.push({ ...pair, step });
  }
  return changes;
}

function stepOf<T>({ before, after }: Pair<Described<T>>): Step | null {
  if (before === null) return 'added';
  if (after === null) return 'dropped';
  if (before.meaning !== after.meaning) return 'changed';
  return before.name === after.name ? null : 'renamed';
}

function lostKeyReason(
  step: Step,
  type: 'primary_key' | 'unique',
  pair: Compared<Key | Index>,
): string | null {
  if (step === 'added' || step === 'renamed') return null;
  if (step === 'changed') {
    const [before, after] = [deferralOf(pair.before), deferralOf(pair.after)];
    if (before.deferral === '' && after.deferral !== '')
      return 'a deferrable key identifies no rows for upserts and CDC';
    if (before.deferral !== after.deferral && before.rest === after.rest) return null;
  }
  const what = step === 'dropped' ? 'is gone' : 'is another one';
  return type === 'primary_key'
    ? `the key that upserts and CDC identify rows by ${what}`
    : `the key that upserts may rely on ${what}, and duplicates may come in`;
}

/** When a key is checked, and what else is said of it. */
function deferralOf(described: Described<Key | Index> | null): { deferral: string; rest: string } {
  const { it, text = '' } = described ?? {};
  const deferral = it !== undefined && 'deferrable' in it ? deferralText(it) : '';
  return { deferral, rest: text.slice(0, text.length - deferral.length) };
}

function changeOf(
  table: PlacedPair,
  kind: ChangeKind,
  reason: string | null,
  { before, after, step }: Compared<unknown>,
): Omit<StructureChange, 'subject'> {
  const renamed = step === 'renamed';
  return {
    kind,
    reason,
    schema: table.after.schema,
    relation: table.after.relation.name,
    column: null,
    name: (after ?? before)?.name ?? null,
    before: (renamed ? before?.name : before?.text) ?? null,
    after: (renamed ? after?.name : after?.text) ?? null,
  };
}

/** All constraints of a relation in one shape. */
export function keysOf(relation: Relation): Key[] {
  const { primaryKey, uniques, foreignKeys, checks, exclusions, indexes } = relation;
  const none = {
    columns: [],
    include: [],
    nullsNotDistinct: false,
    deferrable: false,
    initiallyDeferred: false,
    definition: null,
    references: null,
  };
  const including = (key: { name: string }) => ({
    include: indexes.find(({ name }) => name === key.name)?.include ?? [],
  });
  return [
    ...(primaryKey === null
      ? []
      : [{ ...none, ...primaryKey, ...including(primaryKey), type: 'primary_key' as const }]),
    ...uniques.map((key) => ({ ...none, ...key, ...including(key), type: 'unique' as const })),
    ...foreignKeys.map((key) => ({
      ...none,
      type: 'foreign_key' as const,
      name: key.name,
      columns: key.columns,
      deferrable: key.deferrable,
      initiallyDeferred: key.initiallyDeferred,
      references: key,
    })),
    ...checks.map((check) => ({ ...none, ...check, type: 'check' as const })),
    ...exclusions.map((exclusion) => ({ ...none, ...exclusion, type: 'exclusion' as const })),
  ];
}

/** Whether a constraint is kept by an index of its own, which has its name. */
function hasIndex({ type }: Key): boolean {
  return type === 'primary_key' || type === 'unique' || type === 'exclusion';
}

interface Names {
  readonly renames: Renames;
  /** By its former name; null on the side of today. */
  readonly relation: QualifiedName | null;
}

function keyMeaning(key: Key, names: Names): string {
  const { type, columns, include, nullsNotDistinct, deferrable, initiallyDeferred } = key;
  const { definition, references } = key;
  const { renames } = names;
  const target = references && {
    ...nameToday(renames, references.referencedSchema, references.referencedTable),
    columns: references.referencedColumns.map((column) =>
      columnToday(renames, { schema: references.referencedSchema, name: references.referencedTable }, column),
    ),
    actions: [references.onUpdate, references.onDelete],
  };
  const expression = definition === null ? null : textToday(definition.replace(/ NOT VALID$/, ''), names);
  return JSON.stringify([
    ...[type, columnsToday(columns, names), columnsToday(include, names), nullsNotDistinct],
    ...[deferrable, initiallyDeferred, expression, target],
  ]);
}

function indexMeaning(index: Index, names: Names): string {
  const { unique, method, columns, include, sortOrders, nullsNotDistinct, expressions, predicate } = index;
  const { operatorClasses, collations } = index;
  return JSON.stringify([
    ...[unique, method, columnsToday(columns, names), columnsToday(include, names)],
    ...[sortOrders, nullsNotDistinct],
    ...[operatorClasses, collations, [expressions], [predicate]].map((texts) =>
      texts.map((text) => (text === null ? null : textToday(text, names))),
    ),
  ]);
}

function columnsToday(columns: readonly (string | null)[], { renames, relation }: Names): (string | null)[] {
  return columns.map((column) =>
    column === null || relation === null ? column : columnToday(renames, relation, column),
  );
}

function textToday(text: string, { renames, relation }: Names): string {
  return comparableText(text, renames, relation);
}

/** `(customer_id) → crm.customers (id) on delete cascade`. */
function keyText(key: Key): string {
  const { columns, include, nullsNotDistinct, definition, references } = key;
  if (definition !== null) return definition;
  const facts = [`(${columns.join(', ')})`];
  if (include.length > 0) facts.push(`include (${include.join(', ')})`);
  if (nullsNotDistinct) facts.push('nulls not distinct');
  if (references !== null) {
    const { referencedSchema, referencedTable, referencedColumns, onUpdate, onDelete } = references;
    facts.push(`→ ${referencedSchema}.${referencedTable} (${referencedColumns.join(', ')})`);
    if (onUpdate !== 'no action') facts.push(`on update ${onUpdate}`);
    if (onDelete !== 'no action') facts.push(`on delete ${onDelete}`);
  }
  return `${facts.join(' ')}${deferralText(key)}`;
}

/** `unique btree (lower(email), id desc) include (name) where active`. */
function indexText(index: Index): string {
  return `${index.unique ? 'unique ' : ''}${index.method} ${indexKeysText(index)}`;
}

function relationsOf({ before, after }: PlacedPair): { before: Relation; after: Relation } {
  return { before: before.relation, after: after.relation };
}
