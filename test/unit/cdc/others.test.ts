import { beforeEach, describe, expect, it } from 'vitest';
import type { CdcWish } from '../../../src/cdc/cdc.ts';
import { planCdc, setupCdc } from '../../../src/cdc/setup.ts';
import { planTeardown } from '../../../src/cdc/teardown.ts';
import type { EndpointInput } from '../../../src/connections/endpoint.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';

const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const shared = { publication: 'shared', slot: 'shared' };
const wish: CdcWish = {
  ...shared,
  tables: ['orders'],
  publish: null,
  failover: false,
  identityFull: false,
  publicationOnly: false,
};
const options = { ...limits, agreed: null, onProgress: () => {} };

describe('two connections to one database', () => {
  let services: InMemoryServices;

  const add = (name: string, endpoint: EndpointInput = {}) =>
    services.inCatalog.add(name, aDraft({ ...anEndpoint(), ...endpoint, name, password: noSecret }));
  const noSecret = { kind: 'env', reference: 'NEVER_READ' } as const;

  beforeEach(async () => {
    services = inMemoryServices();
    services.variables.set('NEVER_READ', 'secret');
    await add('shop');
    await setupCdc(services, 'shop', wish, options);
    // What is refused by the catalog needs neither secret nor server.
    services.variables.clear();
  });

  const refused = {
    code: 'cdc_of_other_connection',
    message: 'the publication shared and the slot shared there are those of the connection shop',
    fix: expect.stringContaining('jackfield connections cdc teardown shop;'),
  };

  it.each<[what: string, names: Partial<CdcWish>, endpoint: EndpointInput]>([
    ['both names', {}, {}],
    ['the slot alone', { publication: 'mine' }, {}],
    ['the publication alone', { slot: 'mine' }, {}],
    ['the host written otherwise', {}, { host: 'DB.example.com' }],
  ])('do not set up what the other has, nor take it down, with %s', async (_, names, endpoint) => {
    await add('lake', endpoint);
    const asked = { ...wish, ...names };
    await expect(planCdc(services, 'lake', asked, limits)).rejects.toMatchObject(refused);
    await expect(setupCdc(services, 'lake', asked, options)).rejects.toMatchObject(refused);
    for (const force of [false, true]) {
      const teardown = planTeardown(services, 'lake', { ...shared, ...names, force }, limits);
      await expect(teardown).rejects.toMatchObject(refused);
    }
    expect(services.connector.cdc.servers.get('db.example.com')).toEqual({ publication: true, slot: true });
    expect(await services.inCatalog.cdcRecord('lake')).toBeNull();
  });

  it.each<[what: string, endpoint: EndpointInput]>([
    ['host', { host: 'other.example.com' }],
    ['hostaddr', { options: { hostaddr: '10.0.0.1' } }],
    ['port', { port: 5433 }],
    ['database', { database: 'other' }],
  ])('may have the same names at another %s', async (_, endpoint) => {
    services.variables.set('NEVER_READ', 'secret');
    await add('lake', endpoint);
    await setupCdc(services, 'lake', wish, options);
    expect(await services.inCatalog.cdcRecord('lake')).toMatchObject(shared);
  });

  it('tell the server which others there are, and what is remembered of this one', async () => {
    services.variables.set('NEVER_READ', 'secret');
    await add('lake');
    const { cdc } = services.connector;
    const asked: unknown[] = [];
    const plan = cdc.plan.bind(cdc);
    cdc.plan = (request) => {
      const { connection, others, recordedSlot } = request;
      asked.push({ connection, others, recordedSlot });
      return plan(request);
    };
    await planCdc(services, 'shop', wish, limits);
    await planCdc(services, 'lake', { ...wish, publication: null, slot: null }, limits);
    const [shop, lake] = [
      { id: 'shop', name: 'shop' },
      { id: 'lake', name: 'lake' },
    ];
    expect(asked).toEqual([
      { connection: shop, others: [lake], recordedSlot: 'shared' },
      { connection: lake, others: [shop], recordedSlot: null },
    ]);
  });

  it('do not both take over what is there already, where the catalog was quicker', async () => {
    services.variables.set('NEVER_READ', 'secret');
    await add('lake');
    await services.inCatalog.forgetCdcRecord('shop');
    const { cdc } = services.connector;
    const setup = cdc.setup.bind(cdc);
    cdc.setup = async (request) => {
      const done = await setup(request);
      await services.inCatalog.saveCdcRecord('shop', {
        ...{ ...shared, host: 'db.example.com', hostaddr: null, port: 5432, database: 'shop' },
        since: '',
      });
      return done;
    };
    await expect(setupCdc(services, 'lake', wish, options)).rejects.toMatchObject(refused);
    expect(await services.inCatalog.cdcRecord('lake')).toBeNull();
  });
});
