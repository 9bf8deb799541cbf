import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RelationParts } from '../../src/metadata/assemble.ts';
import type { MetadataStore, RelationQuery, Snapshot } from '../../src/metadata/store.ts';
import type { StructureFacts, StructurePiece } from '../../src/metadata/structure.ts';
import {
  aColumn,
  aForeignKey,
  anEnum,
  anIndex,
  aPrimaryKey,
  aTable,
  columns,
  theFacts,
} from '../support/structure-samples.ts';

interface StoreOptions {
  readonly now: () => Date;
  readonly owner: string;
  readonly isAtWork: (owner: string) => boolean;
}

/** What makes stores that share what they keep: two processes at the same cache. */
export type StoreMaker = (options: StoreOptions) => MetadataStore;

const shop: readonly StructurePiece[] = [
  anEnum(900, 'mood', 'glad', 'cross'),
  aTable(2, 'orders', { comment: 'What was Bought' }),
  aTable(1, 'customers'),
  columns(
    1,
    aColumn(1, 'id', { nullable: false, identity: 'always' }),
    aColumn(3, 'Name', { comment: 'full' }),
  ),
  columns(2, aColumn(1, 'id'), aColumn(2, 'customer', { default: '0', collation: '"C"' })),
  aPrimaryKey(1, 1),
  anIndex(2, 'orders_by_customer', [2, null]),
];

/** What every store of metadata has to do. @param makeStores a fresh place each time */
export function metadataStoreContract(makeStores: () => StoreMaker): void {
  const clock = { time: new Date('2026-03-01T12:00:00.000Z') };

  function newStore(fields: Partial<StoreOptions> = {}, make = makeStores()): MetadataStore {
    return make({ now: () => clock.time, owner: 'here:1', isAtWork: () => false, ...fields });
  }

  async function keep(
    store: MetadataStore,
    pieces: readonly StructurePiece[],
    { id = 'c1', retained = [] as readonly number[], facts = theFacts() } = {},
  ): Promise<Snapshot> {
    const refresh = await store.beginRefresh(id);
    await refresh.begin();
    await refresh.write(pieces);
    await refresh.retain(new Set(retained));
    return refresh.complete(facts, 'scope', 42);
  }

  async function relationsOf(store: MetadataStore, snapshot: Snapshot, query?: RelationQuery) {
    const all: RelationParts[] = [];
    for await (const page of store.relations(snapshot, query)) all.push(...page);
    return all;
  }

  const namesOf = async (store: MetadataStore, snapshot: Snapshot, query?: RelationQuery) =>
    (await relationsOf(store, snapshot, query)).map(({ facts }) => facts.name);

  describe('a snapshot', () => {
    test('is given back as it was read, by schema and name', async () => {
      const store = newStore();
      const facts = theFacts({ schemas: ['app', 'empty'], hidden: { schemas: 1, relations: 2 } });
      const snapshot = await keep(store, shop, { facts });
      expect(snapshot).toMatchObject({
        connectionId: 'c1',
        takenAt: facts.takenAt,
        checkedAt: facts.takenAt,
        durationMs: 42,
        scope: 'scope',
        identity: 'shop',
        fingerprint: 'f1',
        server: facts.server,
        schemas: ['app', 'empty'],
        hidden: { schemas: 1, relations: 2 },
        counts: { relations: 2, columns: 4 },
      });
      expect(await store.snapshots('c1')).toEqual([snapshot]);
      const [customers, orders] = await relationsOf(store, snapshot);
      expect(customers).toEqual({
        facts: shop[2]?.content,
        columns: shop[3]?.content,
        constraints: shop[5]?.content,
        indexes: [],
      });
      expect(orders).toEqual({
        facts: shop[1]?.content,
        columns: shop[4]?.content,
        constraints: [],
        indexes: shop[6]?.content,
      });
      expect(await store.types(snapshot)).toEqual([shop[0]?.content]);
      expect(await store.fingerprints(snapshot)).toEqual(
        new Map([
          [1, { relation: '1:customers', columns: 'id,Name', constraints: '1:1' }],
          [2, { relation: '1:orders', columns: 'id,customer', indexes: '1:orders_by_customer' }],
        ]),
      );
    });

    test('keeps any well-formed text, and is ordered by code point', async () => {
      const names = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(names, async (given) => {
          const store = newStore();
          const pieces = given.flatMap((name, index) => [
            aTable(index + 1, name, { comment: name }),
            columns(index + 1, aColumn(1, name, { comment: name, default: name, type: name })),
          ]);
          const snapshot = await keep(store, pieces);
          const sorted = [...given].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          const found = await relationsOf(store, snapshot);
          expect(found.map(({ facts }) => [facts.name, facts.comment])).toEqual(sorted.map((it) => [it, it]));
          expect(found.map((it) => it.columns[0]?.default)).toEqual(sorted);
          await store.close();
        }),
        { numRuns: 30 },
      );
    });

    test('keeps relations, constraints and indexes of any kind', async () => {
      const text = fc.option(fc.string());
      const facts = fc.record({
        comment: text,
        estimatedRows: fc.option(fc.nat()),
        unlogged: fc.boolean(),
        populated: fc.boolean(),
        rowSecurity: fc.constantFrom('off' as const, 'on' as const, 'forced' as const),
        replicaIdentity: fc.constantFrom('default' as const, 'full' as const),
        extension: text,
        partitions: fc.option(fc.record({ key: fc.string(), count: fc.nat() })),
      });
      const constraint = fc.record({
        name: fc.string(),
        type: fc.constantFrom('primary' as const, 'check' as const, 'foreign' as const),
        columns: fc.array(fc.nat()),
        deferrable: fc.boolean(),
        initiallyDeferred: fc.boolean(),
        validated: fc.boolean(),
        definition: text,
        references: fc.constantFrom(null, {
          schema: 'app',
          table: 't',
          columns: ['id'],
          onUpdate: 'cascade' as const,
          onDelete: 'restrict' as const,
        }),
      });
      const listed = <T>(value: T) => fc.constantFrom<T[]>([], [value]);
      const index = fc.record({
        name: fc.string(),
        unique: fc.boolean(),
        primary: fc.boolean(),
        valid: fc.boolean(),
        replicaIdentity: fc.boolean(),
        immediate: fc.boolean(),
        method: fc.constantFrom('btree', 'gin'),
        columns: fc.array(fc.option(fc.nat())),
        include: listed(2),
        sortOrders: listed('desc' as const),
        operatorClasses: listed('text_pattern_ops'),
        collations: listed('"C"'),
        nullsNotDistinct: fc.boolean(),
        expressions: text,
        predicate: text,
      });
      await fc.assert(
        fc.asyncProperty(
          facts,
          fc.array(constraint),
          fc.array(index),
          async (fields, constraints, indexes) => {
            const store = newStore();
            const table = aTable(1, 't', fields);
            const snapshot = await keep(store, [
              table,
              { part: 'constraints', oid: 1, content: constraints, fingerprint: '' },
              { part: 'indexes', oid: 1, content: indexes, fingerprint: '' },
            ]);
            expect(await relationsOf(store, snapshot)).toEqual([
              { facts: table.content, columns: [], constraints, indexes },
            ]);
            await store.close();
          },
        ),
        { numRuns: 50 },
      );
    });

    test('tells of each relation what a line says', async () => {
      const store = newStore();
      const snapshot = await keep(store, [...shop, aTable(4, 'bare')]);
      const summaries = [];
      for await (const page of store.summaries(snapshot)) summaries.push(...page);
      expect(summaries.map(({ facts, columns: count }) => [facts.name, facts.comment, count])).toEqual([
        ['bare', null, 0],
        ['customers', null, 2],
        ['orders', 'What was Bought', 2],
      ]);
      const found = [];
      for await (const page of store.summaries(snapshot, { search: 'full' })) found.push(...page);
      expect(found.map(({ facts }) => facts.name)).toEqual(['customers']);
    });

    test('tells which relations have a foreign key to another one', async () => {
      const store = newStore();
      const odd = 'o"rd\\ers\n';
      const snapshot = await keep(store, [
        ...shop,
        aTable(5, 'lines'),
        aForeignKey(5, 'app', 'orders'),
        aTable(6, 'orders_archive', { comment: 'app orders' }),
        aForeignKey(6, 'app', odd),
        aTable(7, 'elsewhere'),
        aForeignKey(7, 'other', 'orders'),
      ]);
      const referencing = (schema: string, name: string) =>
        namesOf(store, snapshot, { references: { schema, name } });
      expect(await referencing('app', 'orders')).toEqual(['lines']);
      expect(await referencing('other', 'orders')).toEqual(['elsewhere']);
      expect(await referencing('app', odd)).toEqual(['orders_archive']);
      expect(await referencing('app', 'lines')).toEqual([]);
      await keep(store, [], { retained: [1, 2] });
      expect(await referencing('app', 'orders')).toEqual(['lines']);
      const [later] = await store.snapshots('c1');
      expect(
        later && (await namesOf(store, later, { references: { schema: 'app', name: 'orders' } })),
      ).toEqual([]);
    });

    test('of many relations comes whole, over all its pages', async () => {
      const store = newStore();
      const pieces = Array.from({ length: 1234 }, (_, n) => aTable(n + 1, `t${n}`));
      const snapshot = await keep(store, pieces);
      expect(new Set(await namesOf(store, snapshot)).size).toBe(1234);
      expect(snapshot.counts).toEqual({ relations: 1234, columns: 0 });
    });
  });

  describe('what is looked for', () => {
    test.each<[RelationQuery, string[]]>([
      [{ name: 'orders' }, ['orders']],
      [{ name: 'Orders' }, []],
      [{ schema: 'app' }, ['customers', 'orders']],
      [{ schema: 'ap' }, []],
      [{ search: 'ORDER' }, ['orders']],
      [{ search: 'bought' }, ['orders']],
      [{ search: 'name' }, ['customers']],
      [{ search: 'FULL' }, ['customers']],
      [{ search: 'app.c' }, ['customers']],
      [{ search: '%' }, []],
      [{ search: '' }, ['customers', 'orders']],
      [{ search: 'id', name: 'orders' }, ['orders']],
    ])('%j', async (query, expected) => {
      const store = newStore();
      expect(await namesOf(store, await keep(store, shop), query)).toEqual(expected);
    });
  });

  describe('a second reading', () => {
    test('makes a snapshot beside the first, which stays as it was', async () => {
      const store = newStore();
      const first = await keep(store, shop);
      const changed = [
        anEnum(900, 'mood', 'glad', 'cross', 'bored'),
        aTable(2, 'purchases'),
        columns(2, aColumn(1, 'id')),
        aTable(3, 'notes'),
      ];
      const second = await keep(store, changed, { facts: theFacts({ fingerprint: 'f2' }) });
      expect(await store.snapshots('c1')).toEqual([second, first]);
      expect(await namesOf(store, first)).toEqual(['customers', 'orders']);
      expect(await namesOf(store, second)).toEqual(['notes', 'purchases']);
      expect((await relationsOf(store, first, { name: 'orders' }))[0]?.columns).toHaveLength(2);
      const [, purchases] = await relationsOf(store, second);
      expect(purchases).toMatchObject({ columns: [{ name: 'id' }], indexes: [] });
      expect((await store.types(first))[0]?.labels).toEqual(['glad', 'cross']);
      expect((await store.types(second))[0]?.labels).toEqual(['glad', 'cross', 'bored']);
      expect(second.counts).toEqual({ relations: 2, columns: 1 });
    });

    test('keeps what is retained; of the rest what was not written is gone', async () => {
      const store = newStore();
      await keep(store, shop);
      const written = [aTable(2, 'orders'), columns(2, aColumn(1, 'id'))];
      const second = await keep(store, written, { retained: [1] });
      expect(await namesOf(store, second)).toEqual(['customers', 'orders']);
      const [customers, orders] = await relationsOf(store, second);
      expect(customers).toMatchObject({
        columns: [{ name: 'id' }, { name: 'Name' }],
        constraints: [{ name: 'pk_1' }],
      });
      expect(orders).toMatchObject({ columns: [{ name: 'id' }], indexes: [] });
      expect(await store.types(second)).toEqual([]);
      expect((await store.fingerprints(second)).get(1)).toMatchObject({ columns: 'id,Name' });
    });

    test('that finds the very same takes the new fingerprints', async () => {
      const store = newStore();
      await keep(store, shop);
      const first = await keep(store, shop);
      clock.time = new Date('2026-03-02T00:00:00.000Z');
      const again = shop.map((piece) => ({ ...piece, fingerprint: `again ${piece.fingerprint}` }));
      const second = await keep(store, again, { facts: theFacts({ fingerprint: 'f2' }) });
      expect(second).toEqual({ ...first, fingerprint: 'f2', checkedAt: '2026-03-02T00:00:00.000Z' });
      expect(await store.snapshots('c1')).toEqual([second]);
      expect((await store.fingerprints(second)).get(2)?.indexes).toBe('again 1:orders_by_customer');
      expect(await namesOf(store, second)).toEqual(['customers', 'orders']);
    });

    test.each<[string, Partial<StructureFacts>]>([
      ['schemas', { schemas: ['app', 'new'] }],
      ['hidden relations', { hidden: { schemas: 0, relations: 1 } }],
      ['where it was read', { identity: 'warehouse' }],
    ])('that differs in %s alone makes a snapshot', async (_what, fields) => {
      const store = newStore();
      const first = await keep(store, shop);
      const second = await keep(store, shop, { facts: theFacts(fields) });
      expect(second).toMatchObject(fields);
      expect(await store.snapshots('c1')).toEqual([second, first]);
    });

    test.each([
      ['is gone', shop.filter(({ part }) => part !== 'indexes')],
      ['is new', [...shop, anEnum(901, 'size', 'small')]],
      ['is different', [...shop.slice(1), anEnum(900, 'mood', 'glad')]],
    ])('of which one part %s makes a snapshot', async (_what, pieces) => {
      const store = newStore();
      await keep(store, shop);
      await keep(store, pieces);
      expect(await store.snapshots('c1')).toHaveLength(2);
    });

    test('may tell of something twice: the last holds', async () => {
      const store = newStore();
      const twice = [aTable(1, 'one'), aTable(1, 'two'), columns(1, aColumn(1, 'a')), columns(1)];
      const first = await keep(store, twice);
      const second = await keep(store, [aTable(1, 'three'), ...twice]);
      expect(await namesOf(store, first)).toEqual(['two']);
      expect(await namesOf(store, second)).toEqual(['two']);
      expect((await relationsOf(store, second))[0]?.columns).toEqual([]);
    });

    test('that begins anew forgets what it wrote before', async () => {
      const store = newStore();
      await keep(store, shop);
      const refresh = await store.beginRefresh('c1');
      await refresh.begin();
      await refresh.write([aTable(7, 'half'), aTable(2, 'renamed')]);
      await refresh.begin();
      await refresh.write([aTable(8, 'whole')]);
      await refresh.retain(new Set([2]));
      const second = await refresh.complete(theFacts(), 'scope', 1);
      expect(await namesOf(store, second)).toEqual(['orders', 'whole']);
    });

    test('that finds nothing changed confirms the snapshot and makes none', async () => {
      const store = newStore();
      const first = await keep(store, shop);
      clock.time = new Date('2026-03-02T00:00:00.000Z');
      const server = { ...first.server, version: '18.2' };
      const facts = theFacts({ takenAt: '2026-03-02T00:00:00.000Z', server });
      const confirmed = await (await store.beginRefresh('c1')).confirm(facts, 7);
      expect(confirmed).toEqual({ ...first, server, checkedAt: '2026-03-02T00:00:00.000Z' });
      expect(await store.snapshots('c1')).toEqual([confirmed]);
      expect(await store.lastRefresh('c1')).toMatchObject({ durationMs: 7, error: null });
    });
  });

  describe('a refresh', () => {
    test('is seen by nobody before it is complete', async () => {
      const store = newStore();
      const first = await keep(store, shop);
      const refresh = await store.beginRefresh('c1');
      await refresh.begin();
      await refresh.write([aTable(2, 'renamed'), aTable(9, 'new')]);
      expect(await namesOf(store, first)).toEqual(['customers', 'orders']);
      expect(await store.snapshots('c1')).toEqual([first]);
      await refresh.abandon();
      expect(await namesOf(store, first)).toEqual(['customers', 'orders']);
      expect(await store.lastRefresh('c1')).toMatchObject({ durationMs: 42 });
    });

    test('that fails leaves the former snapshot and says why', async () => {
      const store = newStore();
      const first = await keep(store, shop);
      const refresh = await store.beginRefresh('c1');
      await refresh.begin();
      await refresh.write([aTable(2, 'renamed')]);
      await refresh.fail({ code: 'connection_refused', message: 'nobody is there' }, 5);
      expect(await store.snapshots('c1')).toEqual([first]);
      expect(await namesOf(store, first)).toEqual(['customers', 'orders']);
      expect(await store.lastRefresh('c1')).toMatchObject({
        durationMs: 5,
        error: { code: 'connection_refused', message: 'nobody is there' },
      });
      await keep(store, shop);
      expect(await store.lastRefresh('c1')).toMatchObject({ error: null });
    });

    test('is refused while another is at work, and takes over from one that is dead', async () => {
      const make = makeStores();
      const theirs = newStore({ owner: 'here:2', isAtWork: () => true }, make);
      await keep(theirs, shop);
      const refresh = await theirs.beginRefresh('c1');
      await refresh.begin();
      await refresh.write([aTable(2, 'half')]);
      const waiting = newStore({ isAtWork: (owner) => owner === 'here:2' }, make);
      await expect(waiting.beginRefresh('c1')).rejects.toMatchObject({ code: 'refresh_running' });
      await expect(waiting.beginRefresh('c2')).resolves.toBeDefined();

      const ours = newStore({ isAtWork: () => false }, make);
      const [before] = await ours.snapshots('c1');
      const taken = await keep(ours, [aTable(5, 'mine')]);
      expect(await namesOf(ours, taken)).toEqual(['mine']);
      expect(before && (await namesOf(ours, before))).toEqual(['customers', 'orders']);
    });

    test('left by a process whose number is ours now is no one’s', async () => {
      const make = makeStores();
      const killed = newStore({ isAtWork: () => true }, make);
      await killed.beginRefresh('c1');
      await expect(killed.beginRefresh('c1')).rejects.toMatchObject({ code: 'refresh_running' });
      const ours = newStore({ isAtWork: () => true }, make);
      expect(await namesOf(ours, await keep(ours, shop))).toEqual(['customers', 'orders']);
    });

    test('that stood still for too long is taken over, and writes no more', async () => {
      clock.time = new Date('2026-03-01T12:00:00.000Z');
      const make = makeStores();
      const theirs = newStore({ owner: 'there:2' }, make);
      const ours = newStore({ isAtWork: () => true }, make);
      const slow = await theirs.beginRefresh('c1');
      await slow.begin();
      clock.time = new Date('2026-03-01T12:09:00.000Z');
      await slow.write([aTable(2, 'half')]);
      clock.time = new Date('2026-03-01T12:18:00.000Z');
      await expect(ours.beginRefresh('c1')).rejects.toMatchObject({ code: 'refresh_running' });
      clock.time = new Date('2026-03-01T12:19:00.000Z');
      const refresh = await ours.beginRefresh('c1');
      await refresh.begin();
      const tooLate = { code: 'refresh_taken_over' };
      await expect(slow.write([aTable(3, 'late')])).rejects.toMatchObject(tooLate);
      await expect(slow.complete(theFacts(), 'scope', 1)).rejects.toMatchObject(tooLate);
      await slow.fail({ code: 'gone', message: 'it is gone' }, 1);
      await slow.abandon();
      await refresh.write([aTable(1, 'mine')]);
      const taken = await refresh.complete(theFacts(), 'scope', 1);
      expect(await namesOf(ours, taken)).toEqual(['mine']);
      expect(await ours.lastRefresh('c1')).toMatchObject({ error: null });
    });

    test('goes well beside those of other connections', async () => {
      const make = makeStores();
      const [one, two] = [newStore({}, make), newStore({ owner: 'here:2', isAtWork: () => true }, make)];
      const refreshes = [
        await one.beginRefresh('c1'),
        await one.beginRefresh('c2'),
        await two.beginRefresh('c3'),
      ];
      for (const refresh of refreshes) await refresh.begin();
      for (const [index, refresh] of refreshes.entries()) await refresh.write([aTable(1, `t${index}`)]);
      const kept = [];
      for (const refresh of refreshes) kept.push(await refresh.complete(theFacts(), 'scope', 1));
      const names = await Promise.all(kept.map((snapshot) => namesOf(two, snapshot)));
      expect(names).toEqual([['t0'], ['t1'], ['t2']]);
      expect(new Set(kept.map(({ id }) => id)).size).toBe(3);
    });

    test('of a connection that is forgotten meanwhile leaves nothing behind', async () => {
      const store = newStore();
      const refresh = await store.beginRefresh('c1');
      await refresh.begin();
      await store.forgetOthers([]);
      await expect(refresh.write([aTable(1, 'late')])).rejects.toMatchObject({ code: 'refresh_taken_over' });
      const kept = await keep(store, [aTable(2, 'other')], { id: 'c2' });
      expect(await namesOf(store, kept)).toEqual(['other']);
    });

    test('of one connection does not touch those of another', async () => {
      const store = newStore();
      const one = await keep(store, shop);
      const two = await keep(store, [aTable(1, 'alone')], { id: 'c2' });
      expect(await namesOf(store, one)).toEqual(['customers', 'orders']);
      expect(await namesOf(store, two)).toEqual(['alone']);
      expect(two.id).not.toBe(one.id);
      expect(await store.lastRefresh('c3')).toBeNull();
      expect(await store.snapshots('c3')).toEqual([]);
    });
  });

  test('the oldest snapshots go, with what they alone had', async () => {
    const store = newStore();
    for (let n = 1; n <= 35; n += 1) await keep(store, [aTable(1, `name${n}`)]);
    const kept = await store.snapshots('c1');
    expect(kept).toHaveLength(30);
    const [newest] = kept;
    const oldest = kept.at(-1);
    expect(newest && (await namesOf(store, newest))).toEqual(['name35']);
    expect(oldest && (await namesOf(store, oldest))).toEqual(['name6']);
  });

  test('connections that are gone are forgotten', async () => {
    const store = newStore();
    await keep(store, shop);
    const two = await keep(store, shop, { id: 'c2' });
    expect(await store.forgetOthers(['c2', 'c3'])).toBe(1);
    expect(await store.snapshots('c1')).toEqual([]);
    expect(await store.lastRefresh('c1')).toBeNull();
    expect(await namesOf(store, two)).toEqual(['customers', 'orders']);
    expect(await store.forgetOthers(['c2'])).toBe(0);
  });
}
