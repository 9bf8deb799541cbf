import { expect, test } from 'vitest';
import { relationInContext } from '../../../src/metadata/relation-detail.ts';
import { relationDetailSchema } from '../../../src/metadata/schema.ts';
import type { StructurePiece } from '../../../src/metadata/structure.ts';
import { InMemoryMetadataStore } from '../../support/in-memory-metadata-store.ts';
import { aColumn, aForeignKey, anEnum, aTable, columns, theFacts } from '../../support/structure-samples.ts';

async function look(pieces: readonly StructurePiece[], name: string) {
  const store = new InMemoryMetadataStore({
    now: () => new Date(),
    owner: 'here:1',
    isAtWork: () => false,
  });
  const refresh = await store.beginRefresh('c1');
  await refresh.begin();
  await refresh.write(pieces);
  const snapshot = await refresh.complete(theFacts(), 'scope', 1);
  return relationInContext(store, snapshot, { schema: 'app', name }, 'Shop');
}

const id = aColumn(1, 'id');

test('a relation has what refers to it, and its neighbourhood the keys among them alone', async () => {
  const found = await look(
    [
      aTable(1, 'orders'),
      columns(1, id),
      aForeignKey(1, 'app', 'customers'),
      aTable(2, 'lines'),
      columns(2, id),
      aForeignKey(2, 'app', 'orders'),
      aTable(3, 'customers'),
      columns(3, id),
      aForeignKey(3, 'app', 'regions'),
      aTable(4, 'regions'),
      columns(4, id),
    ],
    'orders',
  );
  expect(relationDetailSchema.parse(found?.detail)).toMatchObject({
    connection: 'Shop',
    schema: 'app',
    name: 'orders',
    takenAt: theFacts().takenAt,
    referencedBy: [{ schema: 'app', table: 'lines', name: 'fk_2', columns: ['id'] }],
    details: null,
  });
  const drawn = found?.neighbourhood.map(({ relation }) => [
    relation.name,
    relation.foreignKeys.map((key) => key.referencedTable),
  ]);
  expect(drawn).toEqual([
    ['orders', ['customers']],
    ['lines', ['orders']],
    ['customers', []],
  ]);
});

test('a relation that refers to itself is its own neighbour once', async () => {
  const found = await look([aTable(1, 'tree'), columns(1, id), aForeignKey(1, 'app', 'tree')], 'tree');
  expect(found?.detail.referencedBy).toMatchObject([{ table: 'tree' }]);
  expect(found?.neighbourhood).toHaveLength(1);
});

test('types are followed through arrays, domains and composites, in circles too', async () => {
  const typed = (oid: number, name: string, fields: object): StructurePiece => {
    const piece = anEnum(oid, name);
    return { ...piece, content: { ...piece.content, ...fields } } as StructurePiece;
  };
  const found = await look(
    [
      anEnum(10, 'mood', 'glad'),
      anEnum(11, 'unused', 'x'),
      typed(12, 'Odd "x"', { kind: 'domain', base: 'app.mood[]' }),
      typed(13, 'pair', {
        kind: 'composite',
        attributes: [
          { name: 'a', type: 'app."Odd ""x"""' },
          { name: 'b', type: 'app.pair[]' },
        ],
      }),
      aTable(1, 'orders'),
      columns(
        1,
        aColumn(1, 'a', { type: 'app.pair' }),
        aColumn(2, 'b', { type: 'timestamp(3) with time zone' }),
        aColumn(3, 'c', { type: 'other.mood' }),
      ),
    ],
    'orders',
  );
  expect(found?.detail.types.map(({ name }) => name)).toEqual(['pair', 'Odd "x"', 'mood']);
});

test('what is not in the snapshot is null', async () => {
  expect(await look([aTable(1, 'orders')], 'lines')).toBeNull();
});
