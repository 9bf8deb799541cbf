import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import type { SavedConnection } from '../../../src/connections/connection.ts';
import { answerOf, diffHistory, type HistoryWish } from '../../../src/metadata/diff-compare.ts';
import { diffSchema } from '../../../src/metadata/diff-schema.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { aColumn, aTable, columns, theFacts } from '../../support/structure-samples.ts';

const { host } = anEndpoint();
const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const wish: HistoryWish = {
  filter: { schemas: [], tables: [] },
  schemas: null,
  ignore: [],
  reading: 'now',
  since: null,
};
const dayMs = 86_400_000;

/** A saved connection whose table `orders` has these columns at each reading, a day after the other. */
async function watched(services: InMemoryServices, ...readings: string[][]) {
  const nothing = { password: { kind: 'none' }, sslKeyPassword: { kind: 'none' } } as const;
  const request = {
    name: 'orders',
    role: 'source',
    endpoint: anEndpoint(),
    tags: [],
    allowWrite: false,
    secrets: nothing,
  } as const;
  const { saved } = await addConnection(services, request, null);
  if (!saved) throw new Error('it was not saved');
  const start = services.clock.time.getTime();
  for (const [day, names] of readings.entries()) {
    const takenAt = new Date(start + day * dayMs).toISOString();
    const facts = theFacts({ takenAt, fingerprint: names.join() });
    const found = names.map((name, index) => aColumn(index + 1, name));
    services.connector.willDiscover(host, { facts, pieces: [aTable(1, 'orders'), columns(1, ...found)] });
  }
  return { saved, at: (day: number) => new Date(start + day * dayMs) };
}

async function kinds(services: InMemoryServices, saved: SavedConnection, changes: Partial<HistoryWish> = {}) {
  const compared = await diffHistory(services, saved, { ...wish, ...changes }, limits);
  if (compared === null) return null;
  return compared.from === null ? 'nothing yet' : compared.changes.map(({ kind }) => kind);
}

describe('the drift of a connection', () => {
  it('is nothing at first, then what was changed, told once', async () => {
    const services = inMemoryServices();
    const { saved } = await watched(services, ['id'], ['id', 'total'], ['id', 'total']);
    expect(await kinds(services, saved)).toBe('nothing yet');
    expect(await kinds(services, saved)).toEqual(['column_added']);
    expect(await kinds(services, saved)).toEqual([]);
  });

  it('is nothing where a table was emptied', async () => {
    const services = inMemoryServices();
    const { saved } = await watched(services, ['id'], ['id']);
    const facts = theFacts({ fingerprint: 'another', takenAt: '2026-03-05T12:00:00.000Z' });
    await kinds(services, saved);
    await kinds(services, saved);
    services.connector.willDiscover(host, {
      facts,
      pieces: [aTable(1, 'orders', { estimatedRows: 0 }), columns(1, aColumn(1, 'id'))],
    });
    expect(await kinds(services, saved)).toEqual([]);
  });

  it('is between what is kept, dialling nobody, past snapshots that are not different', async () => {
    const services = inMemoryServices();
    const { saved } = await watched(services, ['id'], ['id', 'total']);
    expect(await kinds(services, saved, { reading: 'never' })).toBe(null);
    await kinds(services, saved);
    expect(await kinds(services, saved, { reading: 'never' })).toBe('nothing yet');
    await kinds(services, saved);
    const facts = theFacts({ fingerprint: 'another', takenAt: '2026-03-05T12:00:00.000Z' });
    const emptied = aTable(1, 'orders', { estimatedRows: 0 });
    const pieces = [emptied, columns(1, aColumn(1, 'id'), aColumn(2, 'total'))];
    services.connector.willDiscover(host, { facts, pieces });
    expect(await kinds(services, saved)).toEqual([]);
    expect(await kinds(services, saved, { reading: 'never' })).toEqual(['column_added']);
  });

  it('is since a time, a snapshot or so long ago; the oldest where nothing is kept of that time', async () => {
    const services = inMemoryServices();
    const { saved, at } = await watched(services, ['id'], ['id', 'total'], ['total']);
    for (const _ of [0, 1, 2]) await kinds(services, saved);
    services.clock.time = at(2);
    const cached = { reading: 'never' } as const;
    const since = (wanted: HistoryWish['since']) => kinds(services, saved, { ...cached, since: wanted });
    expect(await since({ at: at(0) })).toEqual(['column_renamed']);
    expect(await since({ at: at(1.5) })).toEqual(['column_renamed', 'column_dropped']);
    expect(await since({ agoMs: dayMs })).toEqual(['column_renamed', 'column_dropped']);
    expect(await since({ snapshot: 3 })).toEqual([]);
    expect(await since({ snapshot: 1 })).toEqual(['column_renamed']);
    const far = await diffHistory(services, saved, { ...wish, ...cached, since: { at: at(-9) } }, limits);
    expect(far).toMatchObject({ tooFar: true, from: { snapshot: { id: 1 } } });
  });

  it('leaves out the kinds that are not wanted', async () => {
    const services = inMemoryServices();
    const { saved } = await watched(services, ['id'], ['id', 'total']);
    await kinds(services, saved);
    expect(await kinds(services, saved, { ignore: ['column_*'] })).toEqual([]);
  });

  it('is no former of what another endpoint gave', async () => {
    const services = inMemoryServices();
    const { saved } = await watched(services, ['id'], ['id', 'total']);
    await kinds(services, saved);
    const moved = { ...saved, database: 'another' };
    expect(await kinds(services, moved)).toBe('nothing yet');
    const since = kinds(services, moved, { reading: 'never', since: { snapshot: 1 } });
    await expect(since).rejects.toMatchObject({
      code: 'bad_value',
      message: expect.stringContaining('another'),
    });
    expect(await kinds(services, moved, { reading: 'never', since: { snapshot: 2 } })).toEqual([]);
  });

  it('is answered in the shape of the contract, with SQL', async () => {
    const services = inMemoryServices();
    const { saved } = await watched(services, ['id'], ['total']);
    await kinds(services, saved);
    const compared = await diffHistory(services, saved, wish, limits);
    if (compared === null) throw new Error('nothing was compared');
    const { diff, sql } = await answerOf(services.connector, compared);
    expect(diffSchema.parse(diff)).toMatchObject({
      from: { connection: 'orders', snapshot: 1, file: null },
      to: { snapshot: 2 },
      changes: [
        {
          kind: 'column_renamed',
          breaking: true,
          schema: 'app',
          relation: 'orders',
          column: 'total',
          before: 'id',
          after: 'total',
          sql: ['column_renamed;'],
        },
      ],
    });
    expect(sql).toEqual(['column_renamed;']);
  });
});
