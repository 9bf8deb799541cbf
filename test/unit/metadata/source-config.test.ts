import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configureSource, sourceConfigOf } from '../../../src/metadata/configured.ts';
import { refreshMetadata } from '../../../src/metadata/refresh.ts';
import { relationChooser } from '../../../src/metadata/relation-chooser.ts';
import { sourceConfigSchema } from '../../../src/metadata/schema.ts';
import { defaultSourceConfig, type SourceConfig } from '../../../src/metadata/source-config.ts';
import { sourceStatusOf } from '../../../src/metadata/source-status.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { inMemoryServices } from '../../support/connection-services.ts';
import { aColumn, aTable, columns, theFacts } from '../../support/structure-samples.ts';

async function aSource(role: 'source' | 'destination' = 'source') {
  const services = inMemoryServices();
  const saved = await services.inCatalog.add(randomUUID(), aDraft({ connector: 'memory', role }));
  return { services, saved };
}

const limits = { timeoutMs: 1000, signal: new AbortController().signal };

describe('how a source is configured', () => {
  it('is the default until something is decided; what is not named stays', async () => {
    const { services, saved } = await aSource();
    expect(await sourceConfigOf(services, saved)).toEqual(defaultSourceConfig);
    await configureSource(services, saved, { include: ['a.*'], refreshEveryMs: 60_000 });
    await configureSource(services, saved, { refreshEveryMs: null });
    expect(await sourceConfigOf(services, saved)).toEqual({
      refreshEveryMs: null,
      include: ['a.*'],
      exclude: [],
    });
  });

  it.each<[string, Partial<SourceConfig>]>([
    ['less than a minute', { refreshEveryMs: 59_999 }],
    ['more than a year', { refreshEveryMs: 366 * 86_400_000 }],
    ['no number', { refreshEveryMs: Number.NaN }],
    ['an empty glob', { include: [''] }],
    ['a glob with a line break', { exclude: ['a\nb'] }],
    ['a very long glob', { exclude: ['a'.repeat(201)] }],
    ['very many globs', { include: new Array<string>(1001).fill('a') }],
  ])('is refused with %s, and stays as it was', async (_what, changes) => {
    const { services, saved } = await aSource();
    await expect(configureSource(services, saved, changes)).rejects.toMatchObject({ code: 'bad_value' });
    expect(await sourceConfigOf(services, saved)).toEqual(defaultSourceConfig);
  });

  it('is a source’s: a destination is refused, with the way to make one', async () => {
    const { services, saved } = await aSource('destination');
    const refused = {
      code: 'not_a_source',
      fix: expect.stringContaining('connections duplicate orders --name orders-source --role source'),
    };
    await expect(configureSource(services, saved, {})).rejects.toMatchObject(refused);
    await expect(sourceStatusOf(services, saved)).rejects.toMatchObject(refused);
  });
});

describe('what is told of a source', () => {
  it('before anything was read', async () => {
    const { services, saved } = await aSource();
    const status = sourceConfigSchema.parse(await sourceStatusOf(services, saved));
    expect(status).toMatchObject({
      due: true,
      nextRefreshAt: null,
      lastRefresh: null,
      server: null,
      snapshots: [],
    });
    await configureSource(services, saved, { refreshEveryMs: null });
    expect(await sourceStatusOf(services, saved)).toMatchObject({ due: false, nextRefreshAt: null });
  });

  it('after readings, and when the next is due', async () => {
    const { services, saved } = await aSource();
    const config = { ...defaultSourceConfig, refreshEveryMs: 3_600_000 };
    await configureSource(services, saved, config);
    const pieces = [aTable(1, 'orders'), columns(1, aColumn(1, 'id'))];
    services.connector.willDiscover(saved.host, { facts: theFacts(), pieces });
    await refreshMetadata(services, saved, { ...limits, config });
    services.clock.time = new Date('2026-03-01T12:59:59.999Z');
    expect(await sourceStatusOf(services, saved)).toMatchObject({
      due: false,
      nextRefreshAt: '2026-03-01T13:00:00.000Z',
      lastRefresh: { status: 'succeeded', at: '2026-03-01T12:00:00.000Z', code: null, message: null },
      server: { version: '18.1' },
      snapshots: [{ takenAt: '2026-03-01T12:00:00.000Z', relations: 1, columns: 1, current: true }],
    });
    services.clock.time = new Date('2026-03-01T13:00:00.000Z');
    expect(await sourceStatusOf(services, saved)).toMatchObject({ due: true });

    await configureSource(services, saved, { exclude: ['orders'] });
    expect(await sourceStatusOf(services, saved)).toMatchObject({
      due: true,
      nextRefreshAt: null,
      snapshots: [{ current: false }],
    });
  });
});

describe('the globs that decide what is read', () => {
  it.each<[Partial<SourceConfig>, string[]]>([
    [{ include: ['app.*'] }, ['app.orders', 'app.orders_audit']],
    [{ include: ['orders'] }, ['app.orders', 'old.orders']],
    [{ include: ['*.orders'] }, ['app.orders', 'old.orders']],
    [{ exclude: ['*_audit'] }, ['app.orders', 'old.orders']],
    [{ include: ['app.*'], exclude: ['*_audit'] }, ['app.orders']],
    [{ include: ['app.orders', 'old.*'] }, ['app.orders', 'old.orders']],
    [{ exclude: ['*'] }, []],
    [{ include: ['App.*'] }, []],
  ])('%j', (globs, expected) => {
    const chooses = relationChooser({ include: [], exclude: [], ...globs });
    const all: [string, string][] = [
      ['app', 'orders'],
      ['app', 'orders_audit'],
      ['old', 'orders'],
    ];
    const chosen = all.filter(([schema, name]) => chooses?.(schema, name));
    expect(chosen.map((it) => it.join('.'))).toEqual(expected);
  });

  it('without any all is read, and nothing is asked', () => {
    expect(relationChooser({ include: [], exclude: [] })).toBeNull();
  });
});
