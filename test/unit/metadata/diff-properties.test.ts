import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChangeKind } from '../../../src/metadata/diff.ts';
import { nameKey } from '../../../src/metadata/diff-names.ts';
import type { DiffOptions } from '../../../src/metadata/diff-structures.ts';
import type { Discovery } from '../../../src/metadata/discovery.ts';
import {
  aColumn,
  anEnum,
  anIndex,
  aTable,
  changesBetween,
  keyedBy,
  structureOf,
} from '../../support/compared-structures.ts';

const names = ['a', 'b', 'c', 'Odd "d"', '__proto__'];
const name = fc.constantFrom(...names);
const oid = fc.integer({ min: 1, max: 12 });

const column = fc.record({
  number: fc.integer({ min: 2, max: 9 }),
  name,
  type: fc.constantFrom('integer', 'bigint', 'text', 'a.a', 'b."Odd ""d"""'),
  nullable: fc.boolean(),
  default: fc.constantFrom(null, '0', "nextval('z.ids'::regclass)"),
  comment: fc.constantFrom(null, 'text'),
});

const columns = fc
  .uniqueArray(column, { selector: (it) => it.name, maxLength: 4 })
  .map((all) => [...new Map(all.map((it) => [it.number, aColumn(it.name, it)])).values()])
  .map((all) => all.sort((left, right) => left.number - right.number));

const table = fc
  .record({
    oid,
    name,
    columns,
    keyed: fc.boolean(),
    check: fc.constantFrom(null, 'CHECK ((a > 0))', `CHECK (("Odd ""d""" > b))`),
    references: fc.option(fc.record({ schema: fc.constantFrom('a', 'b'), table: name, column: name }), {
      nil: null,
    }),
    replicaIdentity: fc.constantFrom('default' as const, 'full' as const, 'nothing' as const),
    owner: fc.constantFrom('ann', 'ben'),
  })
  .map(({ keyed, check, references, ...rest }) => {
    const [first, second] = rest.columns;
    return aTable(rest.oid, rest.name, {
      ...rest,
      ...(keyed && first ? keyedBy('key', first.name) : {}),
      ...(second && !keyed
        ? { indexes: [anIndex('index', { columns: [second.name, null], expressions: 'lower(a)' })] }
        : {}),
      checks: check === null ? [] : [{ name: 'positive', definition: check }],
      foreignKeys:
        references === null || first === undefined
          ? []
          : [
              {
                name: 'reference',
                columns: [first.name],
                referencedSchema: references.schema,
                referencedTable: references.table,
                referencedColumns: [references.column],
                deferrable: false,
                initiallyDeferred: false,
                onUpdate: 'no action',
                onDelete: 'cascade',
                validated: true,
              },
            ],
    });
  });

const mood = fc
  .record({ oid, name, labels: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }) })
  .map((it) => anEnum(it.oid, it.name, ...it.labels));

/** Up to three schemas; an oid is there once, as a name is in its schema. */
const structure: fc.Arbitrary<Discovery> = fc
  .uniqueArray(
    fc.record({
      schema: fc.constantFrom('a', 'b', 'c'),
      tables: fc.uniqueArray(table, { selector: (it) => it.name, maxLength: 4 }),
      types: fc.uniqueArray(mood, { selector: (it) => it.name, maxLength: 2 }),
    }),
    { selector: (it) => it.schema, maxLength: 3 },
  )
  .map((schemas) => {
    const seen = new Set<string>();
    const once = (kind: string) => (it: { oid: number }) =>
      !seen.has(`${kind}${it.oid}`) && Boolean(seen.add(`${kind}${it.oid}`));
    const found = structureOf(
      Object.fromEntries(
        schemas.map(({ schema, tables, types }) => [
          schema,
          // A table's row type has its name, so that no other type of its schema can.
          [
            ...tables.filter(once('table')),
            ...types.filter(({ name }) => !tables.some((it) => it.name === name)).filter(once('type')),
          ],
        ]),
      ),
    );
    return withoutDangling(found);
  });

/** In a database nothing refers to what is not there. */
function withoutDangling(found: Discovery): Discovery {
  const types = new Set(
    found.schemas.flatMap(({ name, types }) => types.map((type) => nameKey(name, type.name))),
  );
  const tables = new Map(
    found.schemas.flatMap(({ name, relations }) =>
      relations.map((it) => [nameKey(name, it.name), it.columns.map((column) => column.name)] as const),
    ),
  );
  for (const { relations } of found.schemas) {
    for (const relation of relations) {
      const has = (...columns: string[]) =>
        columns.every((column) => relation.columns.some((it) => it.name === column));
      for (const column of relation.columns) {
        const [, schema, type] = /^(\w+)\.(.+)$/.exec(column.type) ?? [];
        if (schema === undefined || type === undefined) continue;
        const name = type.startsWith('"') ? JSON.parse(type.replaceAll('""', '\\"')) : type;
        if (!types.has(nameKey(schema, name))) column.type = 'integer';
      }
      if (!has('a')) relation.indexes = relation.indexes.filter(({ expressions }) => expressions === null);
      relation.checks = relation.checks.filter(({ definition }) =>
        definition.includes('Odd') ? has('Odd "d"', 'b') : has('a'),
      );
      relation.foreignKeys = relation.foreignKeys.filter((key) =>
        tables
          .get(nameKey(key.referencedSchema, key.referencedTable))
          ?.includes(key.referencedColumns[0] ?? ''),
      );
    }
  }
  return found;
}

const numbering = fc.constantFrom<DiffOptions['numbering']>('same', 'other', 'guess');

it('of anything and itself is empty', async () => {
  await fc.assert(
    fc.asyncProperty(structure, numbering, async (it, how) => {
      expect(await changesBetween(it, structuredClone(it), { numbering: how })).toEqual([]);
    }),
  );
});

it('is the same the other way round, what comes and what goes exchanged', async () => {
  const swapped = (kind: ChangeKind) =>
    kind
      .replace('_removed', '_dropped')
      .replace(/_(added|dropped)$/, (_all, step) => (step === 'added' ? '_dropped' : '_added'));
  const kinds = async (from: Discovery, to: Discovery, how: DiffOptions['numbering']) => {
    const changes = await changesBetween(from, to, { numbering: how });
    return changes.map(({ kind }) => kind).filter((kind) => kind !== 'replication_key_lost');
  };
  // What is guessed is guessed from one side, and so is what became of a type whose name another took.
  const certain = fc.constantFrom<DiffOptions['numbering']>('same', 'other');
  const ofPlainTypes = structure.map((found) => {
    for (const { relations } of found.schemas) {
      for (const column of relations.flatMap(({ columns }) => columns)) {
        if (column.type.includes('.')) column.type = 'integer';
      }
    }
    return found;
  });
  await fc.assert(
    fc.asyncProperty(ofPlainTypes, ofPlainTypes, certain, async (left, right, how) => {
      const there = await kinds(left, right, how);
      const back = await kinds(right, left, how);
      expect(there.map((kind) => kind.replace('_removed', '_dropped')).sort()).toEqual(
        back.map(swapped).sort(),
      );
    }),
    { numRuns: 300 },
  );
});
