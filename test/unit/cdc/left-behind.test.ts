import { beforeEach, describe, expect, it } from 'vitest';
import { leftBehindBy, leftBehindByEdit } from '../../../src/cdc/left-behind.ts';
import { openStatus } from '../../../src/cdc/status.ts';
import { planTeardown } from '../../../src/cdc/teardown.ts';
import { planApply } from '../../../src/connections/apply.ts';
import type { SavedConnection } from '../../../src/connections/connection.ts';
import { refuseCaptured } from '../../../src/connections/delete.ts';
import type { EndpointInput } from '../../../src/connections/endpoint.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';

const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const nothing = { publication: null, slot: null, force: false };

describe('a set-up that its connection was led away from', () => {
  let services: InMemoryServices;
  let saved: SavedConnection;

  beforeEach(async () => {
    services = inMemoryServices();
    services.variables.set('SHOP', 'secret');
    const password = { kind: 'env', reference: 'SHOP' } as const;
    saved = await services.inCatalog.add('id', aDraft({ ...anEndpoint(), name: 'the shop', password }));
    await services.inCatalog.saveCdcRecord('id', {
      ...{ publication: 'p', slot: 's', host: saved.host, hostaddr: null },
      ...{ port: saved.port, database: saved.database, since: '' },
    });
  });

  const lead = (endpoint: EndpointInput) =>
    services.inCatalog.update(
      'id',
      1,
      { ...saved, ...endpoint, options: endpoint.options ?? {} },
      saved.lastTest,
    );
  const told = {
    code: 'cdc_set_up_elsewhere',
    message: expect.stringMatching(/db\.example\.com:5432\/shop, .* publication p and slot s are left there/),
    fix: expect.stringContaining("cdc teardown 'the shop' --force, which forgets"),
  };

  it.each<[what: string, endpoint: EndpointInput]>([
    ['host', { host: 'other.example.com' }],
    ['hostaddr', { options: { hostaddr: '10.0.0.1' } }],
    ['port', { port: 5433 }],
    ['database', { database: 'other' }],
  ])('is told where the %s is another', async (_, endpoint) => {
    const { inCatalog } = services;
    const moved = await lead(endpoint);
    expect(await leftBehindByEdit(inCatalog, saved, moved)).toMatchObject(told);
    expect(await leftBehindBy(inCatalog, moved)).toMatchObject(told);
    await expect(refuseCaptured(services, [moved])).rejects.toMatchObject({
      code: 'cdc_set_up',
      message: expect.stringContaining('is set up on db.example.com:5432/shop: its slot s would keep WAL'),
    });
    // Neither an edit of something else nor one that leads it there again leaves anything behind.
    expect(await leftBehindByEdit(inCatalog, moved, moved)).toBeNull();
    expect(await leftBehindByEdit(inCatalog, moved, saved)).toBeNull();
  });

  it('is not told where the connection still leads there', async () => {
    const same = await lead({ host: 'DB.Example.com', username: 'other' });
    expect(await leftBehindBy(services.inCatalog, same)).toBeNull();
    await services.inCatalog.forgetCdcRecord('id');
    expect(await leftBehindByEdit(services.inCatalog, saved, { ...saved, port: 1 })).toBeNull();
  });

  it('is told by apply', async () => {
    const { name, role, connector, port, database, username } = saved;
    const secret = 'env:SHOP';
    const entry = { name, role, connector, host: 'other.example.com', port, database, username, secret };
    const options = { prune: false, readReference: () => ({ kind: 'env', reference: 'SHOP' }) as const };
    const [step] = await planApply(services, [entry], options);
    await step?.run();
    expect(services.notices).toEqual([expect.stringContaining('publication p and slot s are left there')]);
  });

  it('is the status of where it leads now, and comes first in that of other names', async () => {
    const at = { connection: 'the shop', at: '', publication: 'p', publish: null, slot: null };
    const tables = { wanted: [], missing: [], extra: [] };
    const ofServer = { code: 'not_set_up', status: 'failed', message: '', fix: '' } as const;
    services.connector.cdc.openStatus = async () => ({
      read: async () => ({ ...at, status: 'failed', tables, problems: [ofServer] }),
      close: () => {},
    });
    const unlimited = { ...limits, maxLag: null, maxRetained: null };
    const status = async (names: { slot?: string } = {}) =>
      (await openStatus(services, 'id', { ...nothing, ...names }, unlimited)).read();
    expect(await status()).toMatchObject({ status: 'failed', problems: [ofServer] });
    await lead({ port: 5433 });
    const failed = { ...told, status: 'failed' };
    expect(await status()).toMatchObject({ status: 'failed', problems: [failed] });
    const warned = { ...told, status: 'warned' };
    expect(await status({ slot: 'other' })).toMatchObject({ status: 'failed', problems: [warned, ofServer] });
  });

  it('is forgotten by force under its own names alone; others are of the present server', async () => {
    await lead({ port: 5433 });
    services.variables.clear();
    const { inCatalog } = services;
    for (const names of [{}, { slot: 's' }, { publication: 'p', slot: 's' }]) {
      const refused = planTeardown(services, 'id', { ...nothing, ...names }, limits);
      await expect(refused).rejects.toMatchObject({ code: 'cdc_set_up_elsewhere' });
      const forced = await planTeardown(services, 'id', { ...nothing, ...names, force: true }, limits);
      expect(forced).toMatchObject({ onlyForgets: true, plan: { steps: [] } });
    }
    services.variables.set('SHOP', 'secret');
    const other = { ...nothing, slot: 'other', force: true };
    const planned = await planTeardown(services, 'id', other, limits);
    expect(planned.onlyForgets).toBe(false);
    expect(await planned.run()).toMatchObject({
      ...{ publication: 'cdc_the shop', slot: 'other', forgotten: false },
    });
    expect(await inCatalog.cdcRecord('id')).toMatchObject({ slot: 's' });

    services.variables.clear();
    const forgetting = await planTeardown(services, 'id', { ...nothing, force: true }, limits);
    expect(await forgetting.run()).toMatchObject({ publication: 'p', slot: 's', forgotten: true });
    expect(await inCatalog.cdcRecord('id')).toBeNull();
  });
});
