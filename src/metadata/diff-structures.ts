import { byName } from './collect.ts';
import type { Pair, PlacedPair, Structure, StructureChange } from './diff.ts';
import { compareColumns } from './diff-columns.ts';
import { contentsOf, type Entry, relationsOf } from './diff-contents.ts';
import { compareIndexes, compareKeys } from './diff-keys.ts';
import { guessNumbering, type Numbering, pairUp, rulesFor } from './diff-match.ts';
import { nameKey, nameToday, noRenames, type QualifiedName, type Renames } from './diff-names.ts';
import { compareRelation, relationAdded, relationDropped } from './diff-relations.ts';
import { compareSchemas, renamedSchemas } from './diff-schemas.ts';
import { inTargetSchemas } from './diff-target-schemas.ts';
import { compareType } from './diff-types.ts';
import type { Column } from './discovery.ts';
import { relationFilter, schemaFilter } from './filter.ts';
import type { PlacedRelation } from './view.ts';

export interface DiffOptions {
  /** Whether oids and column numbers of both sides mean the same; `guess` where nobody knows. */
  readonly numbering: 'same' | 'other' | 'guess';
  /** Which schema became which; where there is a map, only the schemas in it are compared. */
  readonly schemas: ReadonlyMap<string, string> | null;
  /** Whether owners are compared: between two servers they mean nothing. */
  readonly owners: boolean;
  /** Globs over names of either side, as of a discovery. */
  readonly filter: { readonly schemas: readonly string[]; readonly tables: readonly string[] };
}

/** What is different in `to`, as steps from `from`; by schema and name, types before relations. */
export async function diffStructures(
  from: Structure,
  to: Structure,
  options: DiffOptions,
): Promise<StructureChange[]> {
  const { schemas, filter } = options;
  const targets = schemas && new Set(schemas.values());
  const inFrom = (schema: string) => schemas === null || schemas.has(schema);
  const inTo = (schema: string) => targets === null || targets.has(schema);
  const before = await contentsOf(from, inFrom);
  const after = await contentsOf(to, inTo);
  const numbering = options.numbering === 'guess' ? guess(before, after, schemas) : options.numbering;
  const oldSchemas = from.schemas.filter(inFrom);
  const newSchemas = to.schemas.filter(inTo);
  const renamed =
    numbering === 'same' && schemas === null ? renamedSchemas(before, after, oldSchemas, newSchemas) : null;
  const schemaNames = schemas ?? renamed ?? new Map<string, string>();
  const relations = match(before, after, schemaNames, numbering);
  const types = match(
    (await from.types()).filter(({ schema }) => inFrom(schema)),
    (await to.types()).filter(({ schema }) => inTo(schema)),
    schemaNames,
    numbering,
  );
  const names = renamesOf([...relations, ...types], schemaNames);
  const { pairs, renames } = await load(from, to, relations, numbering, names);
  const shows = shownPairs(filter);
  const hidden = to.hidden.relations > from.hidden.relations || to.hidden.schemas > from.hidden.schemas;
  const changes: StructureChange[] = [];
  if (filter.tables.length === 0) {
    const shownSchema = schemaFilter({ ...filter, search: null });
    const shown = (...either: (string | null | undefined)[]) =>
      either.some((schema) => schema != null && shownSchema(schema));
    changes.push(
      ...compareSchemas(oldSchemas, newSchemas, schemaNames, renamed).filter(({ schema, before }) =>
        shown(schema, before),
      ),
    );
    for (const pair of types.sort(byPlace)) {
      if (shown(pair.before?.schema, pair.after?.schema)) changes.push(...compareType(pair, renames));
    }
  }
  for (const { before, after, columns } of pairs) {
    if (!shows(before, after)) continue;
    if (before === null) changes.push(...(after === null ? [] : [relationAdded(after)]));
    else if (after === null) changes.push(relationDropped(before, hidden));
    else {
      const table = { before, after };
      changes.push(
        ...compareRelation(table, renames, options),
        ...compareColumns(table, columns, renames),
        ...compareKeys(table, renames),
        ...compareIndexes(table, renames),
      );
    }
  }
  return schemas === null ? changes : changes.map((change) => inTargetSchemas(change, schemas));
}

function guess(
  before: readonly Entry[],
  after: readonly Entry[],
  schemas: DiffOptions['schemas'],
): Numbering {
  return guessNumbering(match(before, after, schemas ?? new Map(), 'other'), ({ oid }) => oid);
}

/** Pairs relations or types; those of the former side go by what their schema is called today. */
function match<T extends QualifiedName & { readonly oid: number }>(
  before: readonly T[],
  after: readonly T[],
  schemas: ReadonlyMap<string, string>,
  numbering: Numbering,
): Pair<T>[] {
  const former = new Set(before);
  const key = (it: T) => {
    const schema = former.has(it) ? (schemas.get(it.schema) ?? it.schema) : it.schema;
    return nameKey(schema, it.name);
  };
  return pairUp(
    before,
    after,
    rulesFor(numbering, ({ oid }) => oid, key),
  );
}

function renamesOf(pairs: readonly Pair<QualifiedName>[], schemas: Renames['schemas']): Renames {
  const names = new Map<string, QualifiedName>();
  const taken = new Set(pairs.flatMap(({ after }) => (after ? nameKey(after.schema, after.name) : [])));
  for (const { before, after } of pairs) {
    if (before === null) continue;
    const today = nameToday({ ...noRenames, schemas }, before.schema, before.name);
    const now = after ?? (taken.has(nameKey(today.schema, today.name)) ? gone(today) : today);
    if (today.schema === now.schema && today.name === now.name) continue;
    names.set(nameKey(before.schema, before.name), { schema: now.schema, name: now.name });
  }
  return { schemas, names, columns: new Map() };
}

/** What another one has the name of today must not be taken for it: no name has such an end. */
function gone<T extends { readonly name: string }>(it: T): T {
  return { ...it, name: `${it.name}\0` };
}

type LoadedPair = Pair<PlacedRelation> & { readonly columns: readonly Pair<Column>[] };

/** Loads what is different, and pairs its columns. */
async function load(
  from: Structure,
  to: Structure,
  entries: readonly Pair<Entry>[],
  numbering: Numbering,
  names: Renames,
): Promise<{ pairs: LoadedPair[]; renames: Renames }> {
  const differing = entries.filter(isDifferent).sort(byPlace);
  const present = (side: 'before' | 'after') =>
    differing.map((pair) => pair[side]).filter((it) => it !== null);
  const former = await relationsOf(from, present('before'));
  const today = await relationsOf(to, present('after'));
  const find = (found: typeof former, entry: Entry | null) =>
    entry === null ? null : (found.get(nameKey(entry.schema, entry.name)) ?? null);
  const columnNames = new Map<string, ReadonlyMap<string, string>>();
  const pairs = differing.map((entry): LoadedPair => {
    const [before, after] = [find(former, entry.before), find(today, entry.after)];
    if (before === null || after === null) return { before, after, columns: [] };
    const columns = matchColumns({ before, after }, numbering);
    columnNames.set(nameKey(before.schema, before.relation.name), renamedColumns(columns));
    return { before, after, columns };
  });
  return { pairs, renames: { ...names, columns: columnNames } };
}

function isDifferent({ before, after }: Pair<Entry>): boolean {
  if (before === null || after === null) return true;
  const moved = before.schema !== after.schema || before.name !== after.name;
  return moved || before.digest !== after.digest;
}

function matchColumns({ before, after }: PlacedPair, numbering: Numbering): Pair<Column>[] {
  const same = before.relation.oid === after.relation.oid;
  return pairUp(
    before.relation.columns,
    after.relation.columns,
    rulesFor(
      same ? numbering : 'other',
      ({ number }) => number,
      ({ name }) => name,
    ),
  );
}

function renamedColumns(columns: readonly Pair<Column>[]): Map<string, string> {
  const taken = new Set(columns.map(({ after }) => after?.name));
  const renamed = new Map<string, string>();
  for (const { before, after } of columns) {
    if (before === null) continue;
    const now = after ?? (taken.has(before.name) ? gone(before) : before);
    if (now.name !== before.name) renamed.set(before.name, now.name);
  }
  return renamed;
}

/** Whether a filter shows what has one of these names. */
function shownPairs(filter: DiffOptions['filter']) {
  const shows = relationFilter({ ...filter, search: null });
  return (...sides: (PlacedRelation | null)[]) =>
    sides.some((it) => it !== null && shows(it.schema, it.relation.name));
}

function byPlace(a: Pair<QualifiedName>, b: Pair<QualifiedName>): number {
  const place = ({ before, after }: typeof a) => {
    const { schema, name } = after ?? before ?? { schema: '', name: '' };
    return { name: `${schema}\0${name}` };
  };
  return byName(place(a), place(b));
}
