import { expect, it } from 'vitest';
import type { FileConnection } from '../../../src/connections/file.ts';
import { fleetOfFile } from '../../../src/connections/file-fleet.ts';
import { testFleet } from '../../../src/connections/fleet.ts';
import { inMemoryServices } from '../../support/connection-services.ts';
import { probed } from '../../support/in-memory-connector.ts';

const options = { timeoutMs: 1000, signal: new AbortController().signal, concurrency: 2 };
const readReference = (reference: string) => ({ kind: 'env' as const, reference });

function entry(fields: Partial<FileConnection>): FileConnection {
  const least = { role: 'source', connector: 'memory', username: 'reader', database: 'shop' } as const;
  return { ...least, name: 'orders', host: 'orders', ...fields };
}

/** Services whose catalog must not be asked for. */
function withoutCatalog() {
  const services = inMemoryServices();
  const catalog = () => Promise.reject(new Error('the catalog was opened'));
  return { services, tested: { ...services, catalog } };
}

it('connections of a file are tested with what their references stand for, without a catalog', async () => {
  const { services, tested } = withoutCatalog();
  services.variables.set('env:ORDERS', 'hunter2').set('env:KEY', 'opens the key');
  const entries = [
    entry({ secret: 'env:ORDERS', sslKeyPassword: 'env:KEY', tags: [' prod ', 'eu'] }),
    entry({ name: ' stock ', host: 'stock', role: 'destination' }),
    entry({ name: 'none', host: 'none', secret: null }),
  ];
  for (const { host } of entries) services.connector.willProbe(host, probed());

  const fleet = await fleetOfFile(tested, entries, readReference);
  const results = await testFleet(tested, fleet, options);

  expect(fleet.map(({ name, role, tags }) => [name, role, tags])).toEqual([
    ['orders', 'source', ['eu', 'prod']],
    ['stock', 'destination', []],
    ['none', 'source', []],
  ]);
  expect(results.map(({ connection, status }) => [connection, status])).toEqual([
    ['orders', 'passed'],
    ['stock', 'passed'],
    ['none', 'passed'],
  ]);
  const [orders, stock, none] = entries.map(({ host }) =>
    services.connector.probes.find(({ endpoint }) => endpoint.host === host),
  );
  expect(orders?.secrets.password?.reveal()).toBe('hunter2');
  expect(orders?.secrets.sslKeyPassword?.reveal()).toBe('opens the key');
  expect([stock?.secrets, none?.secrets]).toEqual(Array(2).fill({ password: null, sslKeyPassword: null }));
  // The preset fills what the file leaves out.
  expect(stock?.endpoint).toMatchObject({ port: 5432, schema: 'public' });
});

it('a secret that can not be had is the failure of its row, and nothing is dialled for it', async () => {
  const { services, tested } = withoutCatalog();
  services.connector.willProbe('good', probed());
  const entries = [entry({ secret: 'env:NOWHERE' }), entry({ name: 'good', host: 'good' })];

  const results = await testFleet(tested, await fleetOfFile(tested, entries, readReference), options);

  expect(results.map(({ status }) => status)).toEqual(['failed', 'passed']);
  expect(results[0]?.stages.find(({ status }) => status === 'failed')).toMatchObject({
    stage: 'authenticate',
    code: 'reference_missing',
  });
  expect(services.connector.probes).toHaveLength(1);
});

it('a fix does not name the command that edits what is saved', async () => {
  const { services, tested } = withoutCatalog();
  const fix = 'give it the right one, then: jackfield connections edit NAME';
  services.connector.willProbe('orders', probed('failed', { fix }));

  const [result] = await testFleet(tested, await fleetOfFile(tested, [entry({})], readReference), options);

  expect(result?.stages.find(({ status }) => status === 'failed')?.fix).toBe('give it the right one');
});

it.each([
  ['a name', entry({ name: 'a\tb' }), 'bad_name'],
  ['a tag', entry({ tags: ['a,b'] }), 'bad_tag'],
  ['a host', entry({ host: 'a b' }), 'bad_host'],
  ['a connector', entry({ connector: 'mysql' }), 'unknown_connector'],
])('%s that is wrong is refused, as apply refuses it', async (_what, wrong, code) => {
  const { tested } = withoutCatalog();
  await expect(fleetOfFile(tested, [entry({}), wrong], readReference)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(JSON.stringify(wrong.name)),
  });
});
