import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import { endpointOf, type SavedConnection } from '../../../src/connections/connection.ts';
import { deleteConnection } from '../../../src/connections/delete.ts';
import { examineSecrets } from '../../../src/connections/doctor.ts';
import { duplicateConnection } from '../../../src/connections/duplicate.ts';
import { type EditRequest, editConnection, planEdit } from '../../../src/connections/edit.ts';
import { secretsOf } from '../../../src/connections/secrets-of.ts';
import { requireConnection } from '../../../src/connections/services.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed } from '../../support/in-memory-connector.ts';
import { faultKinds, PortFaults } from '../../support/port-faults.ts';

const none = { kind: 'none' as const };
const given = (text: string) => ({ kind: 'secret' as const, secret: new Secret(text) });
const host = anEndpoint().host;
const test = { timeoutMs: 1000, signal: new AbortController().signal, saveAnyway: false };

function addOrders(services: InMemoryServices, password: string, tested = false) {
  if (tested) services.connector.willProbe(host, probed());
  const secrets = { password: given(password), sslKeyPassword: none };
  const request = { name: 'orders', role: 'source', endpoint: anEndpoint(), tags: [], secrets } as const;
  return addConnection(services, request, tested ? test : null);
}

async function editOrders(services: InMemoryServices, request: EditRequest) {
  const saved = await requireConnection(await services.catalog(), 'orders');
  return editConnection(services, await planEdit(services, saved, request), null);
}

interface Case {
  readonly what: string;
  /** What is there before, without faults. */
  readonly before: (services: InMemoryServices) => Promise<unknown>;
  readonly act: (services: InMemoryServices) => Promise<unknown>;
  /** Every call of a port that writes; each must have been struck. */
  readonly writes: readonly string[];
  /** The passwords that each connection may have afterwards: the old and the new one; null is no connection. */
  readonly allowed: Readonly<Record<string, readonly (string | null)[]>>;
  /** What they are once nothing went wrong. */
  readonly done: Readonly<Record<string, string | null>>;
}

const saved = (services: InMemoryServices) => addOrders(services, 'old');

const cases: readonly Case[] = [
  {
    what: 'add',
    before: async () => {},
    act: (services) => addOrders(services, 'new'),
    writes: ['choose', 'chooseSecretBackend', 'beginSecret', 'put', 'add'],
    allowed: { orders: [null, 'new'] },
    done: { orders: 'new' },
  },
  {
    what: 'add after a test',
    before: async () => {},
    act: (services) => addOrders(services, 'new', true),
    writes: ['beginSecret', 'put', 'add', 'recordTest'],
    allowed: { orders: [null, 'new'] },
    done: { orders: 'new' },
  },
  {
    what: 'an edit of the password',
    before: saved,
    act: (services) => editOrders(services, { endpoint: {}, password: given('new') }),
    writes: ['beginSecret', 'put', 'update', 'delete', 'forgetSecret'],
    allowed: { orders: ['old', 'new'] },
    done: { orders: 'new' },
  },
  {
    what: 'an edit that binds the password anew',
    before: saved,
    act: (services) => editOrders(services, { endpoint: { database: 'other' } }),
    writes: ['get', 'beginSecret', 'put', 'update', 'delete', 'forgetSecret'],
    allowed: { orders: ['old'] },
    done: { orders: 'old' },
  },
  {
    what: 'an edit from a stored password to a reference',
    before: async (services) => {
      services.variables.set('env:ORDERS', 'referenced');
      await saved(services);
    },
    act: (services) =>
      editOrders(services, { endpoint: {}, password: { kind: 'env', reference: 'env:ORDERS' } }),
    writes: ['update', 'delete', 'forgetSecret'],
    allowed: { orders: ['old', 'referenced'] },
    done: { orders: 'referenced' },
  },
  {
    what: 'duplicate',
    before: saved,
    act: async (services) => {
      const orders = await requireConnection(await services.catalog(), 'orders');
      return duplicateConnection(services, orders, { name: 'copy' });
    },
    writes: ['beginSecret', 'put', 'add'],
    allowed: { orders: ['old'], copy: [null, 'old'] },
    done: { orders: 'old', copy: 'old' },
  },
  {
    what: 'delete',
    before: saved,
    act: async (services) =>
      deleteConnection(services, await requireConnection(await services.catalog(), 'orders')),
    writes: ['delete', 'forgetSecret'],
    allowed: { orders: ['old', null] },
    done: { orders: null },
  },
];

describe.each(cases)('$what', ({ before, act, writes, allowed, done }) => {
  it.each(faultKinds)('leaves nothing half-saved, whichever call of a port is %s', async (kind) => {
    const struck: string[] = [];
    for (let at = 1; ; at += 1) {
      const faults = new PortFaults(kind, at);
      const services = inMemoryServices(faults.around);
      await before(services);
      faults.arm();
      const failed = await act(services).then(
        () => false,
        () => true,
      );
      faults.disarm();
      const passwords = await passwordsOf(services, Object.keys(allowed));
      if (faults.struck === null) {
        expect(failed).toBe(false);
        expect(passwords).toEqual(done);
        break;
      }
      struck.push(faults.struck);
      const where = `call ${at}, ${faults.struck}`;
      for (const [name, password] of Object.entries(passwords))
        expect(allowed[name], where).toContain(password);
      if (!failed && !kind.startsWith('killed')) expect(passwords, where).toEqual(done);
      await expectLedgerToKnowAll(services, where);
      if (kind === 'refused' && ['put', 'add', 'update'].includes(faults.struck)) {
        // A save that was merely refused cleans up behind itself.
        expect(await services.inCatalog.secretLedger(), where).toHaveLength(services.store.accounts.length);
        expect(services.store.accounts.sort(), where).toEqual(accountsOf(await services.inCatalog.list()));
      }
      await expectDoctorToRepair(services, where);
      expect(await passwordsOf(services, Object.keys(allowed)), where).toEqual(passwords);
    }
    expect(struck).toEqual(expect.arrayContaining([...writes]));
  });
});

/** The password each connection can be used with; null for one that is not there. */
async function passwordsOf(services: InMemoryServices, names: readonly string[]) {
  const passwords: Record<string, string | null> = {};
  for (const name of names) {
    const connection = await services.inCatalog.find(name);
    passwords[name] = connection && ((await secretsOf(services, connection)).password?.reveal() ?? 'none');
  }
  return passwords;
}

/** No live entry without its row, no row without its item, no item that the ledger does not know. */
async function expectLedgerToKnowAll(services: InMemoryServices, where: string) {
  const rows = await services.inCatalog.list();
  const ledger = await services.inCatalog.secretLedger();
  const live = ledger.filter(({ state }) => state === 'live').map(({ account }) => account);
  expect(live.sort(), where).toEqual(accountsOf(rows));
  const known = ledger.map(({ account }) => account);
  expect(known, where).toEqual(expect.arrayContaining(services.store.accounts));
  for (const row of rows) {
    if (row.secretAccount === null) continue;
    await services.store.get(row.secretAccount, { connectionId: row.id, endpoint: endpointOf(row) });
  }
}

/** What was left behind is found, removed, and then everything is in order. */
async function expectDoctorToRepair(services: InMemoryServices, where: string) {
  await examineSecrets(services, { fix: true, isAtWork: () => false });
  const again = await examineSecrets(services, { fix: false, isAtWork: () => false });
  expect(again, where).toMatchObject([{ status: 'ok', code: 'secrets_in_order' }]);
  expect(services.store.accounts.sort(), where).toEqual(accountsOf(await services.inCatalog.list()));
}

function accountsOf(rows: readonly SavedConnection[]): string[] {
  return rows.flatMap(({ secretAccount }) => secretAccount ?? []).sort();
}
