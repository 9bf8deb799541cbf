import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import { planApply } from '../../../src/connections/apply.ts';
import type { Endpoint } from '../../../src/connections/connection.ts';
import { type FileConnection, parseConnectionFile } from '../../../src/connections/file.ts';
import { type SecretInput, secretsOf } from '../../../src/connections/secrets-of.ts';
import { requireConnection } from '../../../src/connections/services.ts';
import { parseReference } from '../../../src/secrets/references.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed } from '../../support/in-memory-connector.ts';
import { aPipeline } from '../../support/pipeline-draft.ts';

const none: SecretInput = { kind: 'none' };
const stored: SecretInput = { kind: 'secret', secret: new Secret('hunter2') };

/** An entry that says what {@link anEndpoint} is. */
function anEntry(fields: Partial<FileConnection> = {}): FileConnection {
  const { connector, host, port, database, username, schema, sslMode } = anEndpoint();
  return {
    name: 'orders',
    role: 'source',
    connector,
    host,
    port,
    database,
    username,
    schema,
    sslMode,
    ...fields,
  };
}

async function save(
  services: InMemoryServices,
  name = 'orders',
  password = none,
  endpoint: Partial<Endpoint> = {},
) {
  const secrets = { password, sslKeyPassword: none };
  const request = { name, role: 'source', endpoint: anEndpoint(endpoint), tags: ['eu'], secrets } as const;
  const { saved } = await addConnection(services, request, null);
  if (!saved) throw new Error('it was not saved');
  return saved;
}

const plan = (services: InMemoryServices, entries: readonly FileConnection[], prune = false) =>
  planApply(services, entries, { prune, readReference: parseReference });

async function apply(services: InMemoryServices, entries: readonly FileConnection[], prune = false) {
  for (const step of await plan(services, entries, prune)) await step.run();
}

describe('what apply plans', () => {
  it('is to add what is new, to change what differs, to leave the rest, and to delete nothing', async () => {
    const services = inMemoryServices();
    await save(services, 'same');
    await save(services, 'other');
    await save(services, 'unnamed');
    const steps = await plan(services, [
      anEntry({ name: ' new ', role: 'destination' }),
      anEntry({ name: 'same', tags: ['eu'] }),
      anEntry({ name: 'other', tags: ['prod'], port: 6432, secret: 'env:ORDERS' }),
    ]);
    expect(steps).toMatchObject([
      { action: 'add', name: 'new', role: 'destination', changes: [] },
      { action: 'same', name: 'same', role: 'source', changes: [] },
      { action: 'change', name: 'other', changes: ['port', 'tags', 'password'] },
    ]);
    expect(await services.inCatalog.list()).toHaveLength(3);
  });

  it('is to delete what the file does not name only when pruning, after all else', async () => {
    const services = inMemoryServices();
    await save(services, 'gone');
    await save(services, 'same');
    const steps = await plan(
      services,
      [anEntry({ name: 'new' }), anEntry({ name: 'same', tags: ['eu'] })],
      true,
    );
    expect(steps.map(({ action, name }) => `${action} ${name}`)).toEqual([
      'add new',
      'same same',
      'delete gone',
    ]);
  });

  it('is nothing once it was done, and what the file leaves out takes the default', async () => {
    const services = inMemoryServices();
    const least = { connector: 'memory', role: 'source', host: 'a.cloud.example', username: 'reader' };
    const entries = parseConnectionFile(
      {
        connections: [
          { ...least, name: 'least' },
          { ...least, name: 'referenced', secret: 'env:ORDERS', sslKeyPassword: 'file:/run/key' },
          { ...least, name: 'open', secret: null, options: { a: '1', b: '2' }, tags: ['b', 'a'] },
        ],
      },
      'connections.yaml',
    );
    await save(services, 'unnamed');
    await save(services, 'least', stored, {
      host: 'a.cloud.example',
      port: 6543,
      sslMode: 'disable',
      options: { c: '3' },
    });
    await apply(services, entries, true);
    const saved = await services.inCatalog.list();
    expect(saved.map(({ name }) => name)).toEqual(['least', 'open', 'referenced']);
    for (const connection of saved) {
      expect(connection).toMatchObject({
        port: 6543,
        database: 'clouddb',
        schema: 'app',
        sslMode: 'require',
      });
    }
    const again = await plan(services, entries, true);
    expect(again.map(({ action }) => action)).toEqual(['same', 'same', 'same']);
    for (const step of again) await step.run();
    expect(await services.inCatalog.list()).toEqual(saved);
  });
});

describe('apply and secrets', () => {
  it('leaves alone a stored secret that the file does not mention', async () => {
    const services = inMemoryServices();
    await save(services, 'orders', stored);
    await apply(services, [anEntry({ database: 'other', tags: ['prod'] })]);
    const orders = await requireConnection(services.inCatalog, 'orders');
    expect(orders).toMatchObject({ database: 'other', tags: ['prod'], password: { kind: 'stored' } });
    expect((await secretsOf(services, orders)).password?.reveal()).toBe('hunter2');
  });

  it.each<[string, SecretInput, string | null, string[]]>([
    ['takes it away', stored, null, ['password']],
    ['replaces it by a reference', stored, 'env:ORDERS', ['password']],
    ['gives one', none, 'env:ORDERS', ['password']],
    ['says there is none, and there is none', none, null, []],
    ['says what is saved', { kind: 'env', reference: 'env:ORDERS' }, 'env:ORDERS', []],
    ['names another', { kind: 'env', reference: 'env:ORDERS' }, 'env:OTHER', ['password']],
  ])('does with a secret what the file says: %s', async (_what, before, secret, changes) => {
    const services = inMemoryServices();
    await save(services, 'orders', before);
    const [step] = await plan(services, [anEntry({ tags: ['eu'], secret })]);
    expect(step).toMatchObject({ changes });
    await step?.run();
    const kept = await requireConnection(services.inCatalog, 'orders');
    expect(kept.password).toEqual(secret === null ? none : { kind: 'env', reference: secret });
    expect(services.store.accounts).toEqual([]);
  });

  it('refuses to send a stored secret elsewhere', async () => {
    const services = inMemoryServices();
    await save(services, 'orders', stored);
    const moved = [anEntry({ host: 'elsewhere' })];
    await expect(plan(services, moved)).rejects.toMatchObject({ code: 'password_required' });
    await apply(services, [anEntry({ host: 'elsewhere', secret: 'env:ORDERS' })]);
    expect(services.store.accounts).toEqual([]);
  });
});

describe('apply changes nothing at all', () => {
  const bad: [string, Partial<FileConnection>][] = [
    ['bad_name', { name: '-x' }],
    ['bad_tag', { tags: [','] }],
    ['bad_host', { host: 'a b' }],
    ['bad_reference', { secret: 'hunter2' }],
    ['bad_reference', { sslKeyPassword: 'hunter2' }],
    ['bad_ssl_file', { sslRootCert: '/root.pem' }],
    ['unknown_connector', { connector: 'other' }],
  ];

  it.each([
    ...bad.map(([code, fields]) => [`a new entry: ${code}`, code, { name: 'last', ...fields }] as const),
    ...bad
      .slice(1)
      .map(([code, fields]) => [`a changed entry: ${code}`, code, { name: 'saved', ...fields }] as const),
    ['another role', 'role_differs', { name: 'saved', role: 'destination' }] as const,
  ])('where one entry is bad: %s', async (_what, code, fields) => {
    const services = inMemoryServices();
    services.connector.unreadableFiles.add('/root.pem');
    await save(services, 'saved');
    const before = await services.inCatalog.list();
    await expect(apply(services, [anEntry({ name: 'first' }), anEntry(fields)])).rejects.toMatchObject({
      code,
    });
    expect(await services.inCatalog.list()).toEqual(before);
  });

  it('where what is to be pruned is in use', async () => {
    const services = inMemoryServices();
    const { id } = await save(services, 'used');
    const { id: target } = await services.inCatalog.add(
      randomUUID(),
      aDraft({ name: 'lake', role: 'destination' }),
    );
    await services.inCatalog.pipelines.add(randomUUID(), aPipeline('nightly', id, target));
    await expect(apply(services, [anEntry()], true)).rejects.toMatchObject({ code: 'connection_in_use' });
    expect((await services.inCatalog.list()).map(({ name }) => name)).toEqual(['lake', 'used']);
  });

  it('over an edit that came between the plan and its step', async () => {
    const services = inMemoryServices();
    services.connector.willProbe(anEndpoint().host, probed());
    await save(services);
    const [step] = await plan(services, [anEntry({ tags: ['prod'] })]);
    await apply(services, [anEntry({ tags: ['meanwhile'] })]);
    await expect(step?.run()).rejects.toMatchObject({ code: 'changed_meanwhile' });
    expect(await services.inCatalog.find('orders')).toMatchObject({ tags: ['meanwhile'] });
  });
});
