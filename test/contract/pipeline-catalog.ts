import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../src/connections/connection.ts';
import { NotFoundError, RefusedError, UsageError } from '../../src/connections/errors.ts';
import type { PipelineDraft } from '../../src/pipelines/catalog.ts';
import type { CatalogSetting, CatalogUnderTest } from '../support/catalogs-under-test.ts';
import { aDraft } from '../support/connection-draft.ts';
import { aPipeline } from '../support/pipeline-draft.ts';

/** What every catalog of pipelines does. */
export function describePipelineCatalog(
  name: string,
  open: (setting: CatalogSetting) => Promise<CatalogUnderTest>,
): void {
  describe(`${name} as a catalog of pipelines`, () => {
    let opened: CatalogUnderTest;
    let pipelines: CatalogUnderTest['catalog']['pipelines'];
    let others: typeof pipelines;
    let time: Date;
    /** A source and a destination that are there in every test. */
    let shop: string;
    let lake: string;

    beforeEach(async () => {
      time = new Date('2026-01-01T00:00:00.000Z');
      opened = await open({ now: () => time, owner: 'host:4711' });
      pipelines = opened.catalog.pipelines;
      others = opened.another.pipelines;
      shop = await connection('shop', 'source');
      lake = await connection('lake', 'destination');
    });
    afterEach(() => opened.close());

    async function connection(called: string, role: Role): Promise<string> {
      return (await opened.catalog.add(randomUUID(), aDraft({ name: called, role }))).id;
    }

    const add = (called: string, fields: Partial<PipelineDraft> = {}) =>
      pipelines.add(randomUUID(), aPipeline(called, shop, lake, fields));

    const table = (schema: string, name: string) => ({ schema, name });

    describe('add', () => {
      it('saves what a draft holds and fills in the rest', async () => {
        const id = randomUUID();
        const saved = await pipelines.add(
          id,
          aPipeline('nightly', shop, lake, {
            state: 'paused',
            tables: [table('b', 'x'), table('a', 'y'), table('a', 'X'), table('b', 'x')],
            destinationSchema: 'landing',
            schedule: 'daily at 02:00',
            owner: 'team data',
          }),
        );
        expect(saved).toEqual({
          id,
          name: 'nightly',
          state: 'paused',
          source: { id: shop, name: 'shop' },
          destination: { id: lake, name: 'lake' },
          tables: [table('a', 'X'), table('a', 'y'), table('b', 'x')],
          destinationSchema: 'landing',
          schedule: 'daily at 02:00',
          owner: 'team data',
          createdAt: '2026-01-01T00:00:00.000Z',
          updatedAt: '2026-01-01T00:00:00.000Z',
          revision: 1,
        });
        expect(await others.find('nightly')).toEqual(saved);
        expect(await others.find(id)).toEqual(saved);
        expect(await others.list()).toEqual([saved]);
      });

      it('refuses a name that is taken, by its exact text', async () => {
        await add('nightly');
        const refused = others.add(randomUUID(), aPipeline('nightly', shop, lake));
        await expect(refused).rejects.toMatchObject({ code: 'pipeline_name_taken' });
        await expect(refused).rejects.toBeInstanceOf(RefusedError);
        // A connection's name is another thing.
        for (const other of ['Nightly', ' nightly', 'shop']) await add(other);
        expect(await pipelines.list()).toHaveLength(4);
      });

      it('refuses a connection that is gone, and one of the other role', async () => {
        const gone = add('a', { sourceId: randomUUID() });
        await expect(gone).rejects.toMatchObject({ code: 'no_such_connection' });
        await expect(gone).rejects.toBeInstanceOf(NotFoundError);
        for (const fields of [{ sourceId: lake }, { destinationId: shop }]) {
          const refused = add('a', fields);
          await expect(refused).rejects.toMatchObject({ code: 'wrong_role' });
          await expect(refused).rejects.toBeInstanceOf(UsageError);
        }
        expect(await pipelines.list()).toEqual([]);
      });

      it('keeps any well-formed text', async () => {
        const text = fc.string({ unit: 'binary', minLength: 1 });
        await fc.assert(
          fc.asyncProperty(text, text, text, async (called, schema, note) => {
            const saved = await add(called, { tables: [table(schema, note)], schedule: note, owner: schema });
            expect(saved).toMatchObject({ name: called, schedule: note, owner: schema });
            expect(saved.tables).toEqual([table(schema, note)]);
            expect(await others.find(called)).toEqual(saved);
            await pipelines.delete(saved.id);
          }),
          { numRuns: 30 },
        );
      });
    });

    it('orders by the code points of the names', async () => {
      const names = ['B', 'a', 'b', 'ä', '\uff5e', '\u{1f5dd}'];
      for (const called of names.toReversed()) await add(called);
      expect((await others.list()).map((it) => it.name)).toEqual(names);
    });

    it('finds by name before id, and has no answer for what is not there', async () => {
      const first = await add('nightly');
      const second = await add(first.id);
      expect((await others.find(first.id))?.id).toBe(second.id);
      for (const text of ['', 'night', 'NIGHTLY', randomUUID()])
        expect(await pipelines.find(text)).toBeNull();
    });

    describe('update', () => {
      it('changes what it is told, counts the revision up, and leaves the rest', async () => {
        const before = await add('nightly', { tables: [table('a', 'b')], schedule: 'daily', owner: 'me' });
        const replica = await connection('replica', 'source');
        time = new Date('2026-01-02T00:00:00.000Z');
        const [moved] = await others.update([{ id: before.id, revision: 1, sourceId: replica }]);
        const after = {
          ...before,
          source: { id: replica, name: 'replica' },
          updatedAt: '2026-01-02T00:00:00.000Z',
          revision: 2,
        };
        expect(moved).toEqual(after);
        expect(await pipelines.find('nightly')).toEqual(after);
        const rest = {
          state: 'paused',
          tables: [table('c', 'd')],
          destinationSchema: 'x',
          schedule: null,
          owner: 'you',
        } as const;
        await pipelines.update([{ id: before.id, revision: 2, ...rest }]);
        expect(await others.find('nightly')).toEqual({ ...after, ...rest, revision: 3 });
      });

      it('gives another name, but none that another one has', async () => {
        const [a] = [await add('a'), await add('b')];
        const [same] = await pipelines.update([{ id: a.id, revision: 1, name: 'a', owner: 'me' }]);
        expect(same).toMatchObject({ name: 'a', owner: 'me' });
        const taken = pipelines.update([{ id: a.id, revision: 2, name: 'b' }]);
        await expect(taken).rejects.toMatchObject({ code: 'pipeline_name_taken' });
        await others.update([{ id: a.id, revision: 2, name: 'c' }]);
        expect((await pipelines.list()).map(({ name }) => name)).toEqual(['b', 'c']);
        expect(await pipelines.find('a')).toBeNull();
      });

      it('makes all of the changes, or none', async () => {
        const [a, b] = [await add('a'), await add('b')];
        const replica = await connection('replica', 'source');
        const bad = [
          [{ id: b.id, revision: 7, sourceId: replica }, 'pipeline_changed_meanwhile', RefusedError],
          [{ id: randomUUID(), revision: 1, sourceId: replica }, 'no_such_pipeline', NotFoundError],
          [{ id: b.id, revision: 1, sourceId: randomUUID() }, 'no_such_connection', NotFoundError],
          [{ id: b.id, revision: 1, sourceId: lake }, 'wrong_role', UsageError],
        ] as const;
        for (const [change, code, type] of bad) {
          const refused = pipelines.update([{ id: a.id, revision: 1, sourceId: replica }, change]);
          await expect(refused).rejects.toMatchObject({ code });
          await expect(refused).rejects.toBeInstanceOf(type);
          expect(await others.list()).toEqual([a, b]);
        }
        expect(await pipelines.update([])).toEqual([]);
      });

      it('lets one of two changes of the same revision through', async () => {
        const { id } = await add('nightly');
        const changes = await Promise.allSettled([
          pipelines.update([{ id, revision: 1, state: 'paused' }]),
          others.update([{ id, revision: 1, owner: 'me' }]),
        ]);
        expect(changes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      });
    });

    it('deletes with its tables, once', async () => {
      const { id } = await add('nightly', { tables: [table('a', 'b')] });
      expect(await pipelines.delete(id)).toBe(true);
      expect(await others.delete(id)).toBe(false);
      expect(await pipelines.delete('nightly')).toBe(false);
      expect(await opened.catalog.tablesUsed(shop)).toEqual([]);
      expect((await add('nightly')).tables).toEqual([]);
    });

    describe('the deletion of a connection', () => {
      it('is refused while an active pipeline uses it, whichever end it is', async () => {
        await add('nightly');
        await add('hourly');
        await add('paused', { state: 'paused' });
        for (const [id, called] of [
          [shop, 'shop'],
          [lake, 'lake'],
        ] as const) {
          const refused = opened.another.delete(id);
          await expect(refused).rejects.toMatchObject({
            code: 'connection_in_use',
            message: `${called} is used by the active pipelines hourly, nightly`,
          });
          await expect(refused).rejects.toBeInstanceOf(RefusedError);
          expect(await opened.catalog.find(id)).not.toBeNull();
        }
      });

      it('leaves the name of the connection to those that are paused, and to all when it is forced', async () => {
        const paused = await add('paused', { state: 'paused', tables: [table('a', 'b')] });
        await opened.catalog.update(shop, 1, aDraft({ name: 'renamed' }), (await shopOf()).lastTest);
        expect(await opened.another.delete(shop)).toBe(true);
        expect(await others.find('paused')).toEqual({
          ...paused,
          source: { id: null, name: 'renamed' },
          revision: paused.revision + 1,
        });

        shop = await connection('shop', 'source');
        const active = await add('active');
        expect(await opened.catalog.delete(lake, { force: true })).toBe(true);
        expect(await others.find('active')).toEqual({
          ...active,
          destination: { id: null, name: 'lake' },
          revision: active.revision + 1,
        });
        // What was planned before it was lost is not carried out.
        await expect(
          pipelines.update([{ id: active.id, revision: active.revision, owner: 'me' }]),
        ).rejects.toThrow();
        expect(await others.find('paused')).toMatchObject({
          source: { id: null, name: 'renamed' },
          destination: { id: null, name: 'lake' },
        });
        // A connection of that name is another one.
        const again = await connection('lake', 'destination');
        expect(await others.find('active')).toMatchObject({ destination: { id: null } });
        await pipelines.update([{ id: active.id, revision: active.revision + 1, destinationId: again }]);
        expect(await others.find('active')).toMatchObject({ destination: { id: again, name: 'lake' } });
        expect((await opened.another.find('lake'))?.usedBy).toEqual(['active']);
      });

      const shopOf = async () => {
        const saved = await opened.catalog.find(shop);
        if (saved === null) throw new Error('it is gone');
        return saved;
      };

      it('and a pipeline that is added for it at once: one of them loses', async () => {
        const both = await Promise.allSettled([
          opened.another.delete(shop),
          pipelines.add(randomUUID(), aPipeline('nightly', shop, lake)),
        ]);
        const [deleted, added] = both;
        const codes = both.map((it) => (it.status === 'rejected' ? it.reason.code : null));
        expect([
          [null, 'no_such_connection'],
          ['connection_in_use', null],
        ]).toContainEqual(codes);
        expect(deleted.status === 'fulfilled').toBe(added.status === 'rejected');
      });
    });

    it('calls a connection by the name it has now', async () => {
      const { id } = await add('nightly');
      const saved = await opened.catalog.find(lake);
      if (saved === null) throw new Error('it is gone');
      await opened.another.update(lake, 1, aDraft({ name: 'ocean', role: 'destination' }), saved.lastTest);
      expect(await pipelines.find(id)).toMatchObject({
        destination: { id: lake, name: 'ocean' },
        revision: 1,
      });
    });
  });
}
