import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SavedConnection } from '../../../src/connections/connection.ts';
import { CatalogError, InterruptedError, ServerError } from '../../../src/connections/errors.ts';
import { configureSource } from '../../../src/metadata/configured.ts';
import { currentSnapshot } from '../../../src/metadata/current-structure.ts';
import { refreshMetadata } from '../../../src/metadata/refresh.ts';
import { dueConnections, forgetDeleted, refreshAll } from '../../../src/metadata/refresh-due.ts';
import { defaultSourceConfig } from '../../../src/metadata/source-config.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { aTable, theFacts } from '../../support/structure-samples.ts';

const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const config = defaultSourceConfig;
const shop = { facts: theFacts(), pieces: [aTable(1, 'orders')] };
const dead = () => {
  throw new ServerError({ code: 'server_silent', message: 'it is silent', fix: 'wake it' });
};

function save(services: InMemoryServices, name: string, fields = {}): Promise<SavedConnection> {
  return services.inCatalog.add(randomUUID(), aDraft({ connector: 'memory', name, host: name, ...fields }));
}

describe('a refresh of many', () => {
  it('answers in the list’s order, and one that fails stops no other', async () => {
    const services = inMemoryServices();
    const all = [await save(services, 'a'), await save(services, 'b'), await save(services, 'c')];
    services.connector.willDiscover('a', shop, shop);
    services.connector.willDiscover('b', dead);
    services.connector.willDiscover('c', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return shop;
    });
    const done: string[] = [];
    const results = await refreshAll(services, all, {
      ...limits,
      concurrency: 2,
      onResult: ({ connection }) => done.push(connection),
    });
    expect(results).toMatchObject([
      { connection: 'a', status: 'refreshed', relations: 1, columns: 0, code: null },
      {
        connection: 'b',
        status: 'failed',
        relations: null,
        code: 'server_silent',
        message: 'it is silent',
        fix: 'wake it',
      },
      { connection: 'c', status: 'refreshed' },
    ]);
    expect([...done].sort()).toEqual(['a', 'b', 'c']);
    const [again] = await refreshAll(services, all.slice(0, 1), { ...limits, concurrency: 1 });
    expect(again).toMatchObject({ connection: 'a', status: 'unchanged', relations: 1 });
  });

  it('skips one that another process is at', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'a');
    await (await services.metadata()).beginRefresh(saved.id);
    const results = await refreshAll(services, [saved], { ...limits, concurrency: 1 });
    expect(results).toMatchObject([{ status: 'skipped', code: 'refresh_running' }]);
    expect(services.connector.discoveries).toEqual([]);
  });

  it('ends when the user interrupts, and keeps what was finished', async () => {
    const services = inMemoryServices();
    const all = [await save(services, 'a'), await save(services, 'b'), await save(services, 'c')];
    const interruption = new AbortController();
    services.connector.willDiscover('a', shop);
    services.connector.willDiscover('b', () => {
      interruption.abort(new InterruptedError());
      return shop;
    });
    const options = { timeoutMs: 1000, signal: interruption.signal, concurrency: 1 };
    await expect(refreshAll(services, all, options)).rejects.toBeInstanceOf(InterruptedError);
    const store = await services.metadata();
    const kept = await Promise.all(all.map(async ({ id }) => (await store.snapshots(id)).length));
    expect(kept).toEqual([1, 0, 0]);
    expect(await store.lastRefresh(all[1]?.id ?? '')).toBeNull();
  });
});

describe('what is due', () => {
  it('is what was never read or not since its interval; never what is off', async () => {
    const services = inMemoryServices();
    const [never, old, fresh, off] = [
      await save(services, 'never'),
      await save(services, 'old'),
      await save(services, 'fresh'),
      await save(services, 'off'),
    ];
    await configureSource(services, off, { refreshEveryMs: null });
    await configureSource(services, old, { refreshEveryMs: 60_000 });
    for (const saved of [old, fresh]) {
      services.connector.willDiscover(saved.host, shop);
      await refreshAll(services, [saved], { ...limits, concurrency: 1 });
    }
    const names = async () =>
      (await dueConnections(services, [off, fresh, old, never])).map(({ name }) => name);
    expect(await names()).toEqual(['never']);
    services.clock.time = new Date('2026-03-01T12:01:00.000Z');
    expect(await names()).toEqual(['old', 'never']);
    services.clock.time = new Date('2026-03-01T18:00:00.000Z');
    expect(await names()).toEqual(['fresh', 'old', 'never']);
  });

  it('is what leads elsewhere by now', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'a');
    services.connector.willDiscover('a', shop);
    await refreshMetadata(services, saved, { ...limits, config });
    for (const fields of [
      { host: 'b' },
      { port: 1 },
      { database: 'other' },
      { username: 'other' },
      { options: { options: '-c role=other' } },
    ]) {
      expect(await dueConnections(services, [{ ...saved, ...fields }]), JSON.stringify(fields)).toHaveLength(
        1,
      );
    }
    expect(await dueConnections(services, [{ ...saved, name: 'renamed', sslMode: 'disable' }])).toEqual([]);
  });
});

describe('the snapshot to show', () => {
  it('is the cached one, with a notice, when the refresh that is due fails', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'a');
    services.connector.willDiscover('a', shop, dead, dead);
    const first = await currentSnapshot(services, saved, { ...limits, config, refresh: 'due' });
    expect(await currentSnapshot(services, saved, { ...limits, config, refresh: 'due' })).toEqual(first);
    expect(services.connector.discoveries).toHaveLength(1);
    services.clock.time = new Date('2026-03-02T12:00:00.000Z');
    expect(await currentSnapshot(services, saved, { ...limits, config, refresh: 'due' })).toEqual(first);
    expect(services.notices).toEqual(['the metadata of a could not be refreshed: it is silent']);
    const wanted = currentSnapshot(services, saved, { ...limits, config, refresh: 'always' });
    await expect(wanted).rejects.toMatchObject({ code: 'server_silent' });
    expect(await currentSnapshot(services, saved, { ...limits, config, refresh: 'never' })).toEqual(first);
  });

  it('is the cached one when another process takes the refresh over', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'a');
    services.connector.willDiscover('a', shop, async () => {
      services.clock.time = new Date('2026-03-02T13:00:00.000Z');
      await (await services.metadata()).beginRefresh(saved.id);
      return shop;
    });
    const first = await currentSnapshot(services, saved, { ...limits, config, refresh: 'due' });
    services.clock.time = new Date('2026-03-02T12:00:00.000Z');
    expect(await currentSnapshot(services, saved, { ...limits, config, refresh: 'due' })).toEqual(first);
    expect(services.notices).toEqual(['the metadata of a could not be refreshed: another took over']);
  });

  it('is none where nothing was read: the failure is told', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'a');
    services.connector.willDiscover('a', dead);
    expect(await currentSnapshot(services, saved, { ...limits, config, refresh: 'never' })).toBeNull();
    const due = currentSnapshot(services, saved, { ...limits, config, refresh: 'due' });
    await expect(due).rejects.toMatchObject({ code: 'server_silent' });
  });

  it('does not take what is not chosen', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'a');
    services.connector.willDiscover('a', {
      facts: theFacts(),
      pieces: [aTable(1, 'orders'), aTable(2, 'log')],
    });
    const chosen = { ...config, exclude: ['log'] };
    const { snapshot } = await refreshMetadata(services, saved, { ...limits, config: chosen });
    expect(snapshot.counts.relations).toBe(1);
  });
});

describe('what is kept of connections that are gone', () => {
  it('is forgotten; a cache that can not be used stands in the way of nothing', async () => {
    const services = inMemoryServices();
    const [a, b] = [await save(services, 'a'), await save(services, 'b')];
    services.connector.willDiscover('a', shop);
    services.connector.willDiscover('b', shop);
    await refreshAll(services, [a, b], { ...limits, concurrency: 2 });
    await services.inCatalog.delete(a.id);
    await forgetDeleted(services);
    const store = await services.metadata();
    expect([(await store.snapshots(a.id)).length, (await store.snapshots(b.id)).length]).toEqual([0, 1]);
    const broken = () =>
      Promise.reject(new CatalogError({ code: 'metadata_damaged', message: 'it is damaged' }));
    await forgetDeleted({ ...services, metadata: broken });
  });
});
