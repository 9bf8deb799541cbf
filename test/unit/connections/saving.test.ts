import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AddRequest, addConnection } from '../../../src/connections/add.ts';
import { neverTested, type SavedConnection } from '../../../src/connections/connection.ts';
import { deleteConnection, refuseUsed } from '../../../src/connections/delete.ts';
import { duplicateConnection } from '../../../src/connections/duplicate.ts';
import { type EditRequest, editConnection, planEdit } from '../../../src/connections/edit.ts';
import { type SecretInput, secretsOf } from '../../../src/connections/secrets-of.ts';
import { requireConnection } from '../../../src/connections/services.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed } from '../../support/in-memory-connector.ts';
import { aPipeline } from '../../support/pipeline-draft.ts';
import { PortFaults } from '../../support/port-faults.ts';

const none: SecretInput = { kind: 'none' };
const given = (text: string): SecretInput => ({ kind: 'secret', secret: new Secret(text) });
const { host } = anEndpoint();
const tested = { timeoutMs: 1000, signal: new AbortController().signal, saveAnyway: false };
const anyway = { ...tested, saveAnyway: true };

function aRequest(fields: Partial<AddRequest> = {}): AddRequest {
  const secrets = { password: none, sslKeyPassword: none };
  return { name: 'orders', role: 'source', endpoint: anEndpoint(), tags: [], secrets, ...fields };
}

async function save(
  services: InMemoryServices,
  fields: Partial<AddRequest> = {},
  secrets: Partial<AddRequest['secrets']> = {},
): Promise<SavedConnection> {
  const all = { password: none, sslKeyPassword: none, ...secrets };
  const { saved } = await addConnection(services, aRequest({ secrets: all, ...fields }), null);
  if (!saved) throw new Error('it was not saved');
  return saved;
}

async function edit(
  services: InMemoryServices,
  saved: SavedConnection,
  request: Partial<EditRequest>,
  test: typeof tested | null = null,
) {
  return editConnection(services, await planEdit(services, saved, { endpoint: {}, ...request }), test);
}

async function revealed(services: InMemoryServices, nameOrId: string) {
  const saved = await requireConnection(services.inCatalog, nameOrId);
  const { password, sslKeyPassword } = await secretsOf(services, saved);
  return { password: password?.reveal() ?? null, sslKeyPassword: sslKeyPassword?.reveal() ?? null };
}

describe('adding a connection', () => {
  it('saves what was asked for, its name and tags as they are kept', async () => {
    const services = inMemoryServices();
    const endpoint = anEndpoint({ host: 'a.cloud.example' });
    const saved = await save(services, { name: ' orders ', tags: ['prod', ' eu '], endpoint });
    expect(saved).toMatchObject({ ...endpoint, name: 'orders', role: 'source', tags: ['eu', 'prod'] });
    expect(saved).toMatchObject({ provider: 'cloud', lastTest: neverTested, secretAccount: null });
    expect(await services.inCatalog.list()).toEqual([saved]);
  });

  it.each<[string, AddRequest['secrets'], object]>([
    ['nothing', { password: none, sslKeyPassword: none }, { password: null, sslKeyPassword: null }],
    ['a password', { password: given('p'), sslKeyPassword: none }, { password: 'p', sslKeyPassword: null }],
    ["the key's", { password: none, sslKeyPassword: given('k') }, { password: null, sslKeyPassword: 'k' }],
    ['both', { password: given('p'), sslKeyPassword: given('k') }, { password: 'p', sslKeyPassword: 'k' }],
    [
      'a reference beside a stored one',
      { password: { kind: 'env', reference: 'env:ORDERS' }, sslKeyPassword: given('k') },
      { password: 'from the variable', sslKeyPassword: 'k' },
    ],
  ])('stores its secrets: %s', async (_what, secrets, expected) => {
    const services = inMemoryServices();
    services.variables.set('env:ORDERS', 'from the variable');
    await save(services, {}, secrets);
    expect(await revealed(services, 'orders')).toEqual(expected);
    const stored = Object.values(secrets).some(({ kind }) => kind === 'secret');
    expect(services.store.accounts).toHaveLength(stored ? 1 : 0);
  });

  it('refuses a name that is taken before anything is tested or stored', async () => {
    const services = inMemoryServices();
    await save(services);
    const again = aRequest({
      name: ' orders',
      role: 'destination',
      secrets: { password: given('p'), sslKeyPassword: none },
    });
    await expect(addConnection(services, again, tested)).rejects.toMatchObject({ code: 'name_taken' });
    expect(services.connector.probes).toEqual([]);
    expect(services.store.accounts).toEqual([]);
  });

  it.each<[string, Partial<AddRequest>]>([
    ['bad_name', { name: '' }],
    ['bad_tag', { tags: ['a,b'] }],
    ['bad_host', { endpoint: anEndpoint({ host: '' }) }],
    ['bad_ssl_file', { endpoint: anEndpoint({ sslRootCert: '/root.pem' }) }],
    ['unknown_connector', { endpoint: anEndpoint({ connector: 'other' }) }],
  ])('refuses %s before anything is tested or stored', async (code, fields) => {
    const services = inMemoryServices();
    services.connector.unreadableFiles.add('/root.pem');
    const request = aRequest({ secrets: { password: given('p'), sslKeyPassword: none }, ...fields });
    await expect(addConnection(services, request, tested)).rejects.toMatchObject({ code });
    expect(services.connector.probes).toEqual([]);
    expect(services.store.accounts).toEqual([]);
    expect(await services.inCatalog.list()).toEqual([]);
  });

  it('after a test records it, and the provider that the server told', async () => {
    const services = inMemoryServices();
    services.connector.willProbe(host, probed('warned'));
    const { saved, test } = await addConnection(services, aRequest(), tested);
    expect(test).toMatchObject({ connection: 'orders', status: 'warned' });
    expect(saved).toMatchObject({ provider: 'cloud' });
    expect(await services.inCatalog.find('orders')).toMatchObject({ lastTest: { status: 'warned' } });
  });

  it('saves nothing after a failed test, unless told to', async () => {
    const services = inMemoryServices();
    services.connector.willProbe(host, probed('failed'), probed('failed'));
    const request = aRequest({ secrets: { password: given('p'), sslKeyPassword: none } });
    expect(await addConnection(services, request, tested)).toMatchObject({
      saved: null,
      test: { status: 'failed' },
    });
    expect(await services.inCatalog.list()).toEqual([]);
    expect(await services.inCatalog.secretLedger()).toEqual([]);
    expect(await addConnection(services, request, anyway)).toMatchObject({ saved: { name: 'orders' } });
    expect(await services.inCatalog.find('orders')).toMatchObject({
      lastTest: { status: 'failed' },
      lastPassedAt: null,
    });
  });

  it('saves nothing when a test needs a reference that stands for nothing', async () => {
    const services = inMemoryServices();
    const password = { kind: 'env', reference: 'env:ORDERS' } as const;
    const request = aRequest({ secrets: { password, sslKeyPassword: none } });
    await expect(addConnection(services, request, tested)).rejects.toMatchObject({
      code: 'reference_missing',
    });
    expect(await services.inCatalog.list()).toEqual([]);
  });
});

describe('editing a connection', () => {
  it('names what differs, and nothing else', async () => {
    const services = inMemoryServices();
    const saved = await save(services, { tags: ['eu'] });
    const plan = (request: Partial<EditRequest>) => planEdit(services, saved, { endpoint: {}, ...request });
    expect((await plan({})).changes).toEqual([]);
    expect((await plan({ name: ' orders', tags: ['eu '], endpoint: { port: saved.port } })).changes).toEqual(
      [],
    );
    const all = {
      name: 'stock',
      tags: [],
      password: none,
      sslKeyPassword: none,
      endpoint: { port: 1, schema: 'x' },
    };
    expect((await plan(all)).changes).toEqual([
      'name',
      'port',
      'schema',
      'tags',
      'password',
      'sslKeyPassword',
    ]);
  });

  it.each<[Partial<EditRequest>, string]>([
    [{ name: 'stock' }, 'passed'],
    [{ tags: ['eu'] }, 'passed'],
    [{ name: 'stock', tags: ['eu'] }, 'passed'],
    [{ endpoint: { schema: 'sales' } }, 'changed'],
    [{ endpoint: { port: 6432 } }, 'changed'],
    [{ password: given('p') }, 'changed'],
    [{ name: 'stock', password: none }, 'changed'],
  ])('leaves its last test valid, or not: %j', async (request, status) => {
    const services = inMemoryServices();
    services.connector.willProbe(host, probed());
    await addConnection(services, aRequest(), tested);
    const { saved } = await edit(services, await requireConnection(services.inCatalog, 'orders'), request);
    expect(saved).toMatchObject({ lastTest: { status }, lastPassedAt: services.clock.time.toISOString() });
  });

  it('is not saved over an edit that came between', async () => {
    const services = inMemoryServices();
    const saved = await save(services, {}, { password: given('old') });
    await edit(services, saved, { password: given('first') });
    const late = edit(services, saved, { password: given('second') });
    await expect(late).rejects.toMatchObject({ code: 'changed_meanwhile' });
    expect(await revealed(services, 'orders')).toEqual({ password: 'first', sslKeyPassword: null });
    expect(services.store.accounts).toHaveLength(1);
  });

  it('refuses a name that another has', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    await save(services, { name: 'stock' });
    await expect(edit(services, saved, { name: 'stock' })).rejects.toMatchObject({ code: 'name_taken' });
    expect(await edit(services, saved, { name: ' orders ' })).toMatchObject({ saved: { name: 'orders' } });
  });

  it('tells the provider anew only where the host is another', async () => {
    const services = inMemoryServices();
    services.connector.willProbe(host, probed());
    await addConnection(services, aRequest(), tested);
    const saved = await requireConnection(services.inCatalog, 'orders');
    const same = await edit(services, saved, { endpoint: { port: 6432 } });
    expect(same.saved?.provider).toBe('cloud');
    const moved = await edit(services, same.saved ?? saved, { endpoint: { host: 'elsewhere' } });
    expect(moved.saved?.provider).toBe('self-hosted');
  });

  describe('with stored secrets', () => {
    const both = { password: given('p'), sslKeyPassword: given('k') };
    const key = { sslCert: '/cert.pem', sslKey: '/key.pem' };

    it.each<[Partial<EditRequest>, string[]]>([
      [{ endpoint: { schema: 'sales', database: 'other' } }, []],
      [{ endpoint: { host: 'other' } }, ['password']],
      [{ endpoint: { sslMode: 'disable' } }, ['password']],
      [{ endpoint: { sslKey: '/other.pem' } }, ['password', 'sslKeyPassword']],
      [{ endpoint: { sslCert: null, sslKey: null } }, ['password']],
      [{ endpoint: { host: 'other' }, password: none }, []],
      [{ endpoint: { host: 'other' }, password: given('new') }, []],
      [{ endpoint: { sslKey: '/other.pem' }, password: given('new') }, ['sslKeyPassword']],
    ])('asks again for those that would be sent elsewhere: %j', async (request, asked) => {
      const services = inMemoryServices();
      const saved = await save(services, { endpoint: anEndpoint(key) }, both);
      const plan = await planEdit(services, saved, { endpoint: {}, ...request });
      expect(plan.asksAgain).toEqual(asked);
      const saving = editConnection(services, plan, null);
      if (asked.length > 0) await expect(saving).rejects.toMatchObject({ code: 'password_required' });
      else expect(await saving).toMatchObject({ saved: { name: 'orders' } });
    });

    it('asks for nothing where nothing is stored', async () => {
      const services = inMemoryServices();
      services.variables.set('env:ORDERS', 'p');
      const saved = await save(services, {}, { password: { kind: 'env', reference: 'env:ORDERS' } });
      const { asksAgain } = await planEdit(services, saved, {
        endpoint: { host: 'other', sslMode: 'disable' },
      });
      expect(asksAgain).toEqual([]);
    });

    it.each<[string, Partial<EditRequest>, object]>([
      ['the name', { name: 'orders', tags: ['eu'] }, { password: 'p', sslKeyPassword: 'k' }],
      ['what is not bound', { endpoint: { schema: 'sales' } }, { password: 'p', sslKeyPassword: 'k' }],
      ['what is bound', { endpoint: { database: 'other' } }, { password: 'p', sslKeyPassword: 'k' }],
      ['the password', { password: given('new') }, { password: 'new', sslKeyPassword: 'k' }],
      ["the key's", { sslKeyPassword: given('new') }, { password: 'p', sslKeyPassword: 'new' }],
      ['the password to none', { password: none }, { password: null, sslKeyPassword: 'k' }],
      ['both to none', { password: none, sslKeyPassword: none }, { password: null, sslKeyPassword: null }],
      [
        'everything',
        { endpoint: { host: 'other' }, password: given('new') },
        { password: 'new', sslKeyPassword: 'k' },
      ],
    ])('keeps what it does not change: %s', async (_what, request, expected) => {
      const services = inMemoryServices();
      const saved = await save(services, { endpoint: anEndpoint(key) }, both);
      await edit(services, saved, request);
      expect(await revealed(services, saved.id)).toEqual(expected);
      const kept = await requireConnection(services.inCatalog, saved.id);
      expect(services.store.accounts).toEqual(kept.secretAccount === null ? [] : [kept.secretAccount]);
      expect(await services.inCatalog.secretLedger()).toHaveLength(services.store.accounts.length);
    });

    it('opens none of them for a change that they are not bound to', async () => {
      const faults = new PortFaults('refused', 1);
      const services = inMemoryServices((port) => ('get' in port ? faults.around(port) : port));
      const saved = await save(services, {}, both);
      faults.arm();
      await edit(services, saved, { endpoint: { schema: 'sales' }, tags: ['eu'] });
      expect(faults.struck).toBeNull();
    });

    it('saves although the former item can not be removed, and says so; the next edit removes it', async () => {
      const faults = new PortFaults('refused', 2);
      const services = inMemoryServices((port) => ('get' in port ? faults.around(port) : port));
      const saved = await save(services, {}, { password: given('old') });
      faults.arm();
      const { saved: changed } = await edit(services, saved, { password: given('new') });
      expect(faults.struck).toBe('delete');
      expect(services.notices).toEqual([expect.stringContaining('jackfield doctor --fix')]);
      expect(await revealed(services, 'orders')).toMatchObject({ password: 'new' });
      expect(services.store.accounts).toHaveLength(2);
      if (changed) await edit(services, changed, { password: given('newest') });
      expect(services.store.accounts).toHaveLength(1);
    });
  });

  it('after a test that failed changes nothing, unless told to', async () => {
    const services = inMemoryServices();
    const saved = await save(services, {}, { password: given('p') });
    services.connector.willProbe(host, probed('failed'), probed('failed'));
    const request = { endpoint: { database: 'other' } };
    expect(await edit(services, saved, request, tested)).toMatchObject({
      saved: null,
      test: { status: 'failed' },
    });
    expect(await services.inCatalog.find('orders')).toEqual(saved);
    expect(await edit(services, saved, request, anyway)).toMatchObject({ saved: { database: 'other' } });
    expect(await services.inCatalog.find('orders')).toMatchObject({ lastTest: { status: 'failed' } });
  });

  it('that changes nothing records its test all the same, passed or failed', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    services.connector.willProbe(host, probed(), probed('failed'));
    expect(await edit(services, saved, {}, tested)).toMatchObject({ saved: { name: 'orders' } });
    expect(await services.inCatalog.find('orders')).toMatchObject({
      lastTest: { status: 'passed' },
      revision: 1,
    });
    expect(await edit(services, saved, {}, tested)).toMatchObject({ saved: null });
    expect(await services.inCatalog.find('orders')).toMatchObject({
      lastTest: { status: 'failed' },
      revision: 1,
    });
  });
});

describe('duplicating a connection', () => {
  it('saves the same endpoint in the other role, never tested, with a secret of its own', async () => {
    const services = inMemoryServices();
    services.connector.willProbe(host, probed());
    const secrets = { password: given('p'), sslKeyPassword: given('k') };
    await addConnection(services, aRequest({ tags: ['eu'], secrets }), tested);
    const orders = await requireConnection(services.inCatalog, 'orders');
    const copy = await duplicateConnection(services, orders, { name: ' copy ' });
    const same = { ...anEndpoint(), tags: ['eu'], provider: 'cloud' };
    expect(copy).toMatchObject({
      ...same,
      name: 'copy',
      role: 'destination',
      lastTest: neverTested,
      lastPassedAt: null,
    });
    expect(copy.secretAccount).not.toBe(orders.secretAccount);
    await deleteConnection(services, orders);
    expect(await revealed(services, 'copy')).toEqual({ password: 'p', sslKeyPassword: 'k' });
  });

  it('takes the role that is given, the other one by default', async () => {
    const services = inMemoryServices();
    const orders = await save(services, { role: 'destination' });
    expect(await duplicateConnection(services, orders, { name: 'a' })).toMatchObject({ role: 'source' });
    expect(await duplicateConnection(services, orders, { name: 'b', role: 'destination' })).toMatchObject({
      role: 'destination',
    });
  });

  it('takes over a reference as it is, whether it can be resolved or not', async () => {
    const services = inMemoryServices();
    const password = { kind: 'cmd', reference: 'cmd:pass show orders' } as const;
    const orders = await save(services, {}, { password });
    expect(await duplicateConnection(services, orders, { name: 'copy' })).toMatchObject({ password });
  });

  it('refuses a bad or taken name, and a secret that is not there', async () => {
    const services = inMemoryServices();
    const orders = await save(services, {}, { password: given('p') });
    await expect(duplicateConnection(services, orders, { name: 'orders' })).rejects.toMatchObject({
      code: 'name_taken',
    });
    await expect(duplicateConnection(services, orders, { name: ' ' })).rejects.toMatchObject({
      code: 'bad_name',
    });
    await services.store.delete(orders.secretAccount ?? '');
    await expect(duplicateConnection(services, orders, { name: 'copy' })).rejects.toMatchObject({
      code: 'secret_missing',
    });
    expect(await services.inCatalog.list()).toHaveLength(1);
  });
});

describe('deleting a connection', () => {
  it('takes its secret with it, and tells when it was gone already', async () => {
    const services = inMemoryServices();
    const orders = await save(services, {}, { password: given('p') });
    expect(await deleteConnection(services, orders)).toBe(true);
    expect(services.store.accounts).toEqual([]);
    expect(await services.inCatalog.secretLedger()).toEqual([]);
    expect(await deleteConnection(services, orders)).toBe(false);
  });

  it('takes the secret it has by then, when it was edited after it was read', async () => {
    const services = inMemoryServices();
    const orders = await save(services);
    await edit(services, orders, { password: given('later') });
    await deleteConnection(services, orders);
    expect(services.store.accounts).toEqual([]);
    expect(await services.inCatalog.secretLedger()).toEqual([]);
  });

  it('leaves the secrets of others alone, those too that wait to be removed', async () => {
    const services = inMemoryServices();
    const orders = await save(services, {}, { password: given('p') });
    await save(services, { name: 'stock' }, { password: given('q') });
    const gone = await save(services, { name: 'gone' }, { password: given('r') });
    await services.inCatalog.delete(gone.id);
    await deleteConnection(services, orders);
    expect(await revealed(services, 'stock')).toMatchObject({ password: 'q' });
    expect(await services.inCatalog.secretLedger()).toMatchObject([
      { state: 'live' },
      { state: 'retired', account: gone.secretAccount },
    ]);
  });

  it('is refused where a pipeline uses it, unless forced', async () => {
    const services = inMemoryServices();
    const { id } = await save(services, { name: 'the orders' });
    const free = await save(services, { name: 'free' });
    const { id: lake } = await services.inCatalog.add(
      randomUUID(),
      aDraft({ name: 'lake', role: 'destination' }),
    );
    const add = (name: string, fields = {}) =>
      services.inCatalog.pipelines.add(randomUUID(), aPipeline(name, id, lake, fields));
    await add('a paused one', { state: 'paused' });
    const used = await requireConnection(services.inCatalog, id);
    expect(await refuseUsed(services, [free, used])).toBeUndefined();
    const nightly = await add("the night's");
    await add('hourly');
    const again = await requireConnection(services.inCatalog, id);
    await expect(refuseUsed(services, [again])).rejects.toMatchObject({
      code: 'connection_in_use',
      message: "the orders is used by the active pipelines hourly, the night's",
      // Of all that are saved one is another source that could take its place.
      fix: [
        "retarget: jackfield pipelines retarget --from 'the orders' --to free",
        "or remove: jackfield pipelines delete hourly 'the night'\\''s'",
        "or leave disconnected: jackfield connections delete 'the orders' --force",
      ].join('\n'),
    });
    await expect(refuseUsed(services, [free, again])).rejects.toMatchObject({
      fix: expect.stringContaining("--from 'the orders' --to NAME\n"),
    });
    expect(await refuseUsed(services, [free])).toBeUndefined();
    // The catalog refuses too, whatever was looked at before.
    await expect(deleteConnection(services, again)).rejects.toMatchObject({ code: 'connection_in_use' });
    expect(await deleteConnection(services, again, { force: true })).toBe(true);
    expect(await services.inCatalog.pipelines.find(nightly.id)).toMatchObject({
      source: { id: null, name: 'the orders' },
    });
  });
});

describe('finding a connection', () => {
  it('goes by name or id, and says when there is none, without a URL that stands for one', async () => {
    const services = inMemoryServices();
    const orders = await save(services);
    expect(await requireConnection(services.inCatalog, 'orders')).toEqual(orders);
    expect(await requireConnection(services.inCatalog, orders.id)).toEqual(orders);
    await expect(requireConnection(services.inCatalog, 'stock')).rejects.toMatchObject({
      code: 'no_such_connection',
      message: expect.stringContaining('"stock"'),
    });
    for (const slip of ['postgresql://app:hunter2@db/orders', 'host=db password=hunter2']) {
      await expect(requireConnection(services.inCatalog, slip)).rejects.toMatchObject({
        message: expect.not.stringContaining('hunter2'),
      });
    }
  });
});
