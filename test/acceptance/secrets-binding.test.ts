import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { changeCatalog } from '../support/behind-our-back.ts';
import { keyringUnavailable, startKeyring, type TestKeyring } from '../support/keyring.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// A stored password goes to the endpoint that it was saved for. Whoever may write to the catalog's file
// can't have it sent anywhere else.

const server = serverFor(18);
const password = 'goes-nowhere-else-4711';
let role: { name: string };
let script: Script;
let rootFile: string;

let catalog: string;
let withOrders: Buffer;

/** Listens where a thief would, and counts who comes. */
let thief: Server;
let thievesPort: number;
let visits = 0;

const add = (name: string, by = script, secret = ['--password-stdin']) =>
  by.given({ stdin: password }).answer(connectionSchema)`connections add --role source --name ${name}
    --host ${server.host} --port ${server.port} --database postgres --username ${role.name}
    --ssl-mode verify-full --ssl-root-cert ${rootFile} ${secret}`;

const passes = (name: string, by = script) => by.answer(testResultListSchema)`connections test ${name}`;

/** Changes the only row. */
const change = (sql: string) =>
  changeCatalog(script.home, (db) => {
    expect(db.prepare(`UPDATE connections SET ${sql}`).run().changes).toBe(1);
  });

beforeAll(async () => {
  role = await server.createRole({ password });
  thief = createServer((socket) => {
    visits += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => thief.once('listening', resolve));
  thievesPort = (thief.address() as { port: number }).port;

  script = newScript();
  rootFile = join(script.directory, 'root.crt');
  copyFileSync(server.caFile, rootFile);
  catalog = join(script.home, 'catalog.db');
  await add('Orders');
  withOrders = readFileSync(catalog);
});
afterAll(() => {
  thief.close();
});

beforeEach(() => {
  visits = 0;
  writeFileSync(catalog, withOrders);
  copyFileSync(server.caFile, rootFile);
});

/** What a thief can write into the row of a connection; each is a statement of SQL. */
const changes: readonly [what: string, sql: () => string][] = [
  ['the port', () => `port = ${thievesPort}`],
  ['the host', () => `host = '127.0.0.1'`],
  ['the host and the port', () => `host = '127.0.0.1', port = ${thievesPort}`],
  ['another host beside it', () => `host = 'localhost,127.0.0.1'`],
  ['the address', () => `options = '{"hostaddr":"127.0.0.1"}', port = ${thievesPort}`],
  ['the user', () => `username = '${server.superuser.name}'`],
  ['the database', () => `database = 'template1'`],
  ['the SSL mode', () => `ssl_mode = 'disable'`],
  ['the SSL mode, by one step', () => `ssl_mode = 'verify-ca'`],
  ['the root certificate, taken away', () => `ssl_mode = 'require', ssl_root_cert = NULL`],
  ['the authentication that is required', () => `options = '{"require_auth":"password"}'`],
  ['channel binding', () => `options = '{"channel_binding":"disable"}'`],
  ['the client certificate', () => `ssl_cert = '${server.caFile}', ssl_key = '${server.caFile}'`],
  ['the id', () => `id = '01234567-89ab-4cde-8f01-23456789abcd'`],
];

describe('a row that was changed past the program', () => {
  test.each(changes)('%s: exit 5, and nobody is called', async (_what, sql) => {
    change(sql());
    expect(await script.refused(5)`connections test Orders`).toMatchObject({
      code: 'secret_bound_elsewhere',
    });
    expect(visits).toBe(0);
  });

  test('is refused by whatever needs its password, and what is known of it stays', async () => {
    const [before] = await script.saved();
    change(`port = ${thievesPort}`);
    for (const verb of [
      ['discover', 'Orders'],
      // What binds anew has to read first.
      ['duplicate', 'Orders', '--name', 'Copy'],
      ['edit', 'Orders', '--database', 'template0'],
      ['edit', 'Orders', '--schema', 'other', '--test'],
    ]) {
      expect(await script.refused(5)`connections ${verb}`).toMatchObject({ code: 'secret_bound_elsewhere' });
    }
    expect(visits).toBe(0);
    expect(await script.saved()).toEqual([{ ...before, port: thievesPort }]);
  });

  test('in a fleet it is that row that fails', async () => {
    await add('Bills');
    changeCatalog(script.home, (db) => {
      db.prepare(`UPDATE connections SET port = ? WHERE name = 'Orders'`).run(thievesPort);
    });
    const results = await script.answer(testResultListSchema, 1)`connections test --all`;
    expect(results.map(({ connection, status }) => [connection, status])).toEqual([
      ['Bills', 'warned'],
      ['Orders', 'failed'],
    ]);
    const failure = results[1]?.stages.find(({ status }) => status === 'failed');
    expect(failure).toMatchObject({ stage: 'authenticate', code: 'secret_bound_elsewhere' });
    expect(visits).toBe(0);
  });

  test('works again once the password was entered for where it leads now', async () => {
    change(`host = '127.0.0.1'`);
    await script.refused(5)`connections test Orders`;
    await script
      .given({ stdin: password })
      .answer(connectionSchema)`connections edit Orders --password-stdin`;
    await passes('Orders');
  });

  test('names and tags are free', async () => {
    change(`name = 'Other', tags = '["x"]'`);
    await passes('Other');
  });
});

test("the root certificate's content is bound, not its path", async () => {
  await passes('Orders');
  appendFileSync(rootFile, '\n');
  expect(await script.refused(5)`connections test Orders`).toMatchObject({ code: 'secret_bound_elsewhere' });
  writeFileSync(rootFile, server.ca.certPem);
  await passes('Orders');
  const elsewhere = join(script.directory, 'elsewhere.crt');
  copyFileSync(rootFile, elsewhere);
  change(`ssl_root_cert = '${elsewhere}'`);
  await passes('Orders');
});

/** Gives each of two connections the item of the other. */
const swapAccounts = (by = script) =>
  changeCatalog(by.home, (db) => {
    const rows = db
      .prepare<[], [string, string]>('SELECT id, secret_account FROM connections ORDER BY name')
      .raw()
      .all();
    const [[one = '', itsItem = ''] = [], [other = '', othersItem = ''] = []] = rows;
    const give = db.prepare('UPDATE connections SET secret_account = ? WHERE id = ?');
    give.run(null, one);
    give.run(itsItem, other);
    give.run(othersItem, one);
  });

describe('two connections whose items were swapped', () => {
  test('in the vault', async () => {
    await add('Bills');
    swapAccounts();
    for (const name of ['Orders', 'Bills']) {
      expect(await script.refused(5)`connections test ${name}`).toMatchObject({
        code: 'secret_bound_elsewhere',
      });
    }
  });

  test("in the vault, the sealed items themselves under each other's account", async () => {
    await add('Bills');
    changeCatalog(script.home, (db) => {
      db.exec(`UPDATE vault_items SET account = 'x-' || account;
        UPDATE vault_items SET account = (SELECT s.account FROM secret_items s
          WHERE 'x-' || s.account <> vault_items.account)`);
    });
    for (const name of ['Orders', 'Bills']) {
      // Sealed under its account: whether it was moved or damaged can't be told.
      expect(await script.refused(5)`connections test ${name}`).toMatchObject({ code: 'vault_damaged' });
    }
  });

  const reason = keyringUnavailable();
  test.skipIf(reason !== null)('in the keychain, and a changed port', async () => {
    const keyring: TestKeyring = await startKeyring();
    try {
      const own = newScript().given({ env: { ...keyring.env, JACKFIELD_KEY_FILE: undefined } });
      await add('Orders', own);
      await add('Bills', own);
      await passes('Orders', own);
      swapAccounts(own);
      expect(await own.refused(5)`connections test Orders`).toMatchObject({ code: 'secret_bound_elsewhere' });
      swapAccounts(own);
      await passes('Orders', own);
      changeCatalog(own.home, (db) => db.prepare('UPDATE connections SET port = ?').run(thievesPort));
      expect(await own.refused(5)`connections test Orders`).toMatchObject({ code: 'secret_bound_elsewhere' });
      expect(visits).toBe(0);
    } finally {
      await keyring.stop();
    }
  });
});

test('references are not bound, as the documents say', async () => {
  await script.jackfield`connections delete Orders --yes`;
  await add('Orders', script, ['--password-ref', 'env:ORDERS_PASSWORD']);
  change(`port = ${thievesPort}`);
  const withPassword = script.given({ env: { ORDERS_PASSWORD: password } });
  await withPassword.answer(testResultListSchema, 1)`connections test Orders`;
  expect(visits).toBeGreaterThan(0);
});

test('a catalog that an honest edit changed asks again, or binds anew', async () => {
  const edit = (...flags: string[]) => script.jackfield`connections edit Orders ${flags} --json`;
  for (const flags of [
    ['--host', '127.0.0.1'],
    ['--port', String(thievesPort)],
    ['--username', 'somebody'],
    ['--ssl-mode', 'require'],
    ['--ssl-root-cert', ''],
    ['--option', 'channel_binding=disable'],
  ]) {
    const refused = await edit(...flags);
    expect(refused.code, flags.join(' ')).toBe(2);
    expect(refused.errorJson().code).toBe('password_required');
  }
  for (const flags of [
    ['--database', 'template1'],
    ['--option', 'channel_binding=require'],
    ['--option', 'require_auth=scram-sha-256'],
    ['--schema', 'other'],
  ]) {
    const done = await edit(...flags);
    expect(done.code, done.stderr).toBe(0);
    const tested = await script.jackfield`connections test Orders --json`;
    expect(tested.code, tested.stderr).not.toBe(5);
  }
});
