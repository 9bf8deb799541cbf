import { beforeEach, describe, expect, it } from 'vitest';
import type { CdcWish } from '../../../src/cdc/cdc.ts';
import { checkCdc } from '../../../src/cdc/check.ts';
import { planCdc, setupCdc } from '../../../src/cdc/setup.ts';
import { planTeardown } from '../../../src/cdc/teardown.ts';
import { planApply } from '../../../src/connections/apply.ts';
import type { SavedConnection } from '../../../src/connections/connection.ts';
import { refuseCaptured } from '../../../src/connections/delete.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { saveConnection, savePipeline } from '../../support/saved-pipelines.ts';

const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const wish: CdcWish = {
  tables: ['orders'],
  publication: null,
  slot: null,
  publish: null,
  failover: false,
  identityFull: false,
  publicationOnly: false,
};
const options = { ...limits, agreed: null, onProgress: () => {} };
const nobody = { publication: null, slot: null, force: false };

describe('the use cases of CDC', () => {
  let services: InMemoryServices;
  let saved: SavedConnection;

  beforeEach(async () => {
    services = inMemoryServices();
    saved = await services.inCatalog.add('id', aDraft({ ...anEndpoint(), name: 'the shop' }));
  });

  const record = () => services.inCatalog.cdcRecord('id');

  it('remember a set-up before the first change, and guard its connection', async () => {
    const { cdc } = services.connector;
    const setup = cdc.setup.bind(cdc);
    let rememberedAt: unknown = null;
    cdc.setup = async (request) =>
      setup({
        ...request,
        onChange: async () => {
          await request.onChange();
          rememberedAt = await record();
        },
      });
    await expect(refuseCaptured(services, [saved])).resolves.toBeUndefined();
    await setupCdc(services, 'the shop', wish, options);
    expect(rememberedAt).toEqual({
      publication: 'cdc_the shop',
      slot: 'cdc_the shop',
      host: 'db.example.com',
      hostaddr: null,
      port: 5432,
      database: 'shop',
      since: '2026-03-01T12:00:00.000Z',
    });
    await expect(refuseCaptured(services, [saved])).rejects.toMatchObject({
      code: 'cdc_set_up',
      fix: expect.stringContaining("cdc teardown 'the shop'"),
    });
    const pruning = planApply(services, [], { prune: true, readReference: () => null as never });
    await expect(pruning).rejects.toMatchObject({ code: 'cdc_set_up' });
  });

  it('forget what came to nothing, and nothing else', async () => {
    const { cdc } = services.connector;
    cdc.failsAt = 'publication';
    const refused = { code: 'cdc_not_permitted', fix: "jackfield connections cdc check 'the shop'" };
    await expect(setupCdc(services, 'the shop', wish, options)).rejects.toMatchObject(refused);
    expect(await record()).toBeNull();
    cdc.failsAt = 'slot';
    await expect(setupCdc(services, 'the shop', wish, options)).rejects.toMatchObject(refused);
    expect(await record()).toMatchObject({ slot: 'cdc_the shop' });
    cdc.failsAt = null;
    await setupCdc(services, 'the shop', { ...wish, tables: [] }, options);
    expect(cdc.servers.get('db.example.com')).toEqual({ publication: true, slot: true });
  });

  it('forget nothing of another set-up that was quicker', async () => {
    const { cdc } = services.connector;
    const theirs = {
      publication: 'theirs',
      slot: 'theirs',
      host: 'db.example.com',
      hostaddr: null,
      port: 5432,
      database: 'shop',
      since: '',
    };
    const setup = cdc.setup.bind(cdc);
    cdc.setup = async (request) => {
      await services.inCatalog.saveCdcRecord('id', theirs);
      return setup(request);
    };
    await expect(setupCdc(services, 'id', wish, options)).rejects.toMatchObject({
      code: 'cdc_set_up_otherwise',
      fix: expect.stringContaining("cdc teardown 'the shop'"),
    });
    expect(await record()).toEqual(theirs);
    expect(cdc.servers.get('db.example.com')).toMatchObject({ publication: false, slot: false });
  });

  it('remember what others have made all of, and make one set-up of a connection', async () => {
    const { cdc } = services.connector;
    cdc.servers.set('db.example.com', { publication: true, slot: true });
    await setupCdc(services, 'id', { ...wish, slot: 'mine' }, options);
    expect(await record()).toMatchObject({ slot: 'mine', publication: 'cdc_the shop' });
    for (const other of [{ slot: 'other' }, { publication: 'other' }]) {
      const asked = { ...wish, ...other };
      await expect(planCdc(services, 'id', asked, limits)).rejects.toMatchObject({
        code: 'cdc_set_up_otherwise',
      });
      await expect(setupCdc(services, 'id', asked, options)).rejects.toMatchObject({
        code: 'cdc_set_up_otherwise',
      });
    }
    expect((await planCdc(services, 'id', wish, limits)).slot).toBe('mine');
  });

  it('take down under the names that are remembered, and forget them then', async () => {
    await setupCdc(services, 'id', { ...wish, slot: 'mine' }, options);
    const planned = await planTeardown(services, 'id', nobody, limits);
    expect(planned.plan.steps.map(({ step }) => step)).toEqual(['drop_slot', 'drop_publication']);
    expect(await record()).not.toBeNull();
    expect(await planned.run()).toMatchObject({ connection: 'the shop', slot: 'mine', left: [] });
    expect(await record()).toBeNull();
    const other = await planTeardown(services, 'id', { ...nobody, slot: 'other' }, limits);
    await setupCdc(services, 'id', wish, options);
    await other.run();
    expect(await record()).not.toBeNull();
  });

  it('refuse a connection that leads elsewhere by now', async () => {
    await setupCdc(services, 'id', wish, options);
    const moved = await services.inCatalog.update('id', 1, { ...saved, database: 'other' }, saved.lastTest);
    expect(moved.database).toBe('other');
    await expect(planTeardown(services, 'id', nobody, limits)).rejects.toMatchObject({
      code: 'cdc_set_up_elsewhere',
      message: expect.stringContaining('db.example.com:5432/shop'),
    });
    await expect(setupCdc(services, 'id', wish, options)).rejects.toMatchObject({
      code: 'cdc_set_up_elsewhere',
    });
    await (await planTeardown(services, 'id', { ...nobody, force: true }, limits)).run();
    expect(await record()).toBeNull();
  });

  it('refuse a destination, with how to get a source, and names that can not be', async () => {
    await services.inCatalog.add('other', aDraft({ ...anEndpoint(), name: 'lake', role: 'destination' }));
    await expect(checkCdc(services, 'lake', [], limits)).rejects.toMatchObject({
      code: 'not_a_source',
      fix: expect.stringContaining('connections duplicate lake'),
    });
    await expect(planCdc(services, 'id', { ...wish, slot: '' }, limits)).rejects.toMatchObject({
      code: 'bad_slot',
    });
  });

  it('look at the tables that pipelines use, where none is named', async () => {
    await checkCdc(services, 'id', [], limits);
    await saveConnection(services, 'lake', 'destination');
    const tables = [{ schema: 'a.b', name: 'c' }];
    await savePipeline(services, 'nightly', ['the shop', 'lake'], { tables });
    await checkCdc(services, 'id', [], limits);
    await checkCdc(services, 'id', ['x*'], limits);
    expect(services.connector.cdc.checks.map(({ tables }) => tables)).toEqual([[], ['"a.b".c'], ['x*']]);
  });
});
