import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connectionSchema,
  doctorReportSchema,
  secretsStatusSchema,
  testResultListSchema,
} from '../../src/connections/schema.ts';
import { secretLedger, until } from '../support/behind-our-back.ts';
import { keychainItems, removeKeychainItem } from '../support/keychain-items.ts';
import { keyringUnavailable, startKeyring, type TestKeyring } from '../support/keyring.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// Passwords in a real Secret Service, looked up there by another client.

const reason = keyringUnavailable();
const password = 'kept-in-the-keychain-"ü"-4711';
const server = serverFor(18);
let role: { name: string };
let database: { name: string };

beforeAll(async () => {
  role = await server.createRole({ password });
  database = await server.createDatabase(
    `create table orders (id int primary key); grant select on orders to ${role.name}`,
  );
});

/** A script in a session that has this keychain, and nothing that would open a vault. */
const scriptWith = (keyring: TestKeyring): Script =>
  newScript().given({ env: { ...keyring.env, JACKFIELD_KEY_FILE: undefined } });

const endpoint = () => [
  ...['--host', server.host, '--port', String(server.port), '--database', database.name],
  ...['--username', role.name, '--ssl-mode', 'require'],
];

const add = (script: Script, name: string) =>
  script
    .given({ stdin: `${password}\n` })
    .answer(connectionSchema)`connections add --role source --name ${name} ${endpoint()} --password-stdin`;

const passes = (script: Script, name: string) =>
  script.answer(testResultListSchema)`connections test ${name}`;

/** The passwords in the items, without what they are bound to. */
const passwordsIn = async (keyring: TestKeyring) =>
  [...(await keychainItems(keyring)).values()].map(
    (text) => (JSON.parse(text) as { password: string }).password,
  );

describe.skipIf(reason !== null)('the keychain', () => {
  let keyring: TestKeyring;
  let script: Script;

  beforeAll(async () => {
    keyring = await startKeyring();
  });
  afterAll(() => keyring.stop());

  test('holds one item a connection, from its saving to its deletion', async () => {
    script = scriptWith(keyring);
    expect(await script.answer(secretsStatusSchema)`secrets status`).toMatchObject({
      backend: null,
      keychain: { available: true, message: null },
      stored: 0,
    });
    expect(await keychainItems(keyring), 'the trial leaves nothing').toEqual(new Map());

    const saved = await add(script, 'Orders');
    expect(saved.secret).toEqual({ kind: 'keychain' });
    const [[account = '', text = ''] = []] = [...(await keychainItems(keyring))];
    expect(JSON.parse(text)).toEqual({ v: 1, binding: expect.any(String), password, sslKeyPassword: null });
    expect(secretLedger(script.home)).toEqual(new Map([[account, 'live']]));
    await passes(script, 'Orders');

    // A copy has an item of its own.
    await script.answer(connectionSchema)`connections duplicate Orders --name Target --role source`;
    expect(await passwordsIn(keyring)).toEqual([password, password]);
    await passes(script, 'Target');

    // An edit that keeps the password binds it anew, under another account; the former item goes.
    await script.answer(connectionSchema)`connections edit Orders --database postgres`;
    await script.answer(connectionSchema)`connections edit Orders --database ${database.name}`;
    expect(await passwordsIn(keyring)).toEqual([password, password]);
    expect((await keychainItems(keyring)).has(account)).toBe(false);
    await passes(script, 'Orders');

    // One that changes nothing it is bound to leaves the item alone.
    const before = await keychainItems(keyring);
    await script.answer(connectionSchema)`connections edit Orders --rename ${'Orders 2'} --tag prod`;
    expect(await keychainItems(keyring)).toEqual(before);

    await script
      .given({ stdin: 'another-one' })
      .answer(connectionSchema)`connections edit Target --password-stdin`;
    expect((await passwordsIn(keyring)).sort()).toEqual(['another-one', password].sort());

    // A reference or no password takes the place of the item.
    await script.answer(connectionSchema)`connections edit Target --password-ref env:ORDERS`;
    expect(await passwordsIn(keyring)).toEqual([password]);

    expect(await script.answer(secretsStatusSchema)`secrets status`).toMatchObject({
      backend: 'keychain',
      vault: { exists: false, openedBy: null },
      stored: 1,
      references: 1,
    });
    await script.jackfield`connections delete ${'Orders 2'} Target --yes`;
    expect(await keychainItems(keyring)).toEqual(new Map());
    expect(secretLedger(script.home)).toEqual(new Map());
    expect((await script.answer(doctorReportSchema)`doctor`).map(({ code }) => code)).toContain(
      'secrets_in_order',
    );
  });

  test('keeps nothing in the catalog', async () => {
    script = scriptWith(keyring);
    await add(script, 'Orders');
    for (const file of readdirSync(script.home)) {
      expect(readFileSync(join(script.home, file)).includes(password)).toBe(false);
    }
    await script.jackfield`connections delete Orders --yes`;
  });

  test('an item that is gone is missing: exit 5, told by doctor, mended by entering it again', async () => {
    script = scriptWith(keyring);
    await add(script, 'Orders');
    const [account = ''] = secretLedger(script.home).keys();
    await removeKeychainItem(keyring, account);
    expect(await script.refused(5)`connections test Orders`).toMatchObject({ code: 'secret_missing' });
    expect(await script.refused(5)`connections discover Orders`).toMatchObject({ code: 'secret_missing' });
    const findings = await script.answer(doctorReportSchema, 1)`doctor --fix`;
    expect(findings).toContainEqual(
      expect.objectContaining({
        status: 'problem',
        code: 'secret_missing',
        message: expect.stringContaining('Orders'),
      }),
    );
    // In a fleet it is that row's failure.
    const [result] = await script.answer(testResultListSchema, 1)`connections test --all`;
    expect(result?.stages.find(({ status }) => status === 'failed')).toMatchObject({
      code: 'secret_missing',
    });

    await script
      .given({ stdin: password })
      .answer(connectionSchema)`connections edit Orders --password-stdin`;
    await passes(script, 'Orders');
    await script.jackfield`connections delete Orders --yes`;
  });
});

describe.skipIf(reason !== null)('a locked keychain', () => {
  let keyring: TestKeyring;
  let script: Script;

  beforeAll(async () => {
    keyring = await startKeyring();
    script = scriptWith(keyring);
    await add(script, 'Orders');
    await add(script, 'Bills');
    await keyring.lock();
  });
  afterAll(() => keyring.stop());

  test('is told from a missing item, and nothing is dialled', async () => {
    const started = performance.now();
    expect(await script.refused(5)`connections test Orders`).toMatchObject({ code: 'keychain_locked' });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await script.refused(5)`connections edit Orders --database other`).toMatchObject({
      code: 'keychain_locked',
    });
    expect(await script.refused(5)`connections duplicate Orders --name Copy`).toMatchObject({
      code: 'keychain_locked',
    });
  });

  test('lets everything work that needs no secret', async () => {
    expect((await script.saved()).map(({ name }) => name)).toEqual(['Bills', 'Orders']);
    await script.answer(connectionSchema)`connections edit Orders --rename ${'Orders 2'}`;
    expect(await script.answer(secretsStatusSchema)`secrets status`).toMatchObject({
      backend: 'keychain',
      keychain: { available: false, message: 'the keychain is locked' },
    });
  });

  test('takes no new secret, and is not exchanged for the vault', async () => {
    const withVaultKey = script.given({ stdin: 'x', env: { JACKFIELD_PASSPHRASE: 'would open a vault' } });
    const refusal = await withVaultKey.refused(
      5,
    )`connections add --role source --name New ${endpoint()} --password-stdin`;
    expect(refusal).toMatchObject({ code: 'keychain_locked' });
    expect((await script.saved()).map(({ name }) => name)).toEqual(['Bills', 'Orders 2']);
  });

  test('a deletion goes through; its item stays in the ledger until doctor can remove it', async () => {
    const deleted = await script.jackfield`connections delete Bills --yes`;
    expect(deleted.code, deleted.stderr).toBe(0);
    expect(deleted.stderr).toContain('the keychain is locked');
    expect(deleted.stderr).toContain('jackfield doctor --fix');
    expect([...secretLedger(script.home).values()].sort()).toContain('retired');
    const findings = await script.answer(doctorReportSchema, 1)`doctor --fix`;
    expect(findings.map(({ code, status }) => `${status} ${code}`)).toEqual(
      expect.arrayContaining(['problem keychain_locked', 'unknown keychain_locked']),
    );
  });
});

describe.skipIf(reason !== null)('a keychain that hangs', () => {
  let keyring: TestKeyring;
  let script: Script;

  beforeAll(async () => {
    keyring = await startKeyring();
    script = scriptWith(keyring);
    await add(script, 'Orders');
    await add(script, 'Bills');
    keyring.freeze();
  });
  afterAll(() => {
    keyring.thaw();
    return keyring.stop();
  });

  test('is given up within seconds, once a run', async () => {
    const started = performance.now();
    expect(await script.refused(5)`connections test Orders`).toMatchObject({ code: 'keychain_timeout' });
    expect(performance.now() - started).toBeLessThan(8_000);
    const fleetStarted = performance.now();
    const results = await script.answer(testResultListSchema, 1)`connections test --all`;
    expect(results).toHaveLength(2);
    expect(performance.now() - fleetStarted).toBeLessThan(8_000);
  });

  test('is left by Ctrl-C at once', async () => {
    const running = script.start`connections test Orders`;
    await until('it waits for the keychain', () => isWaitingForKeychain(running.pid));
    const pressed = performance.now();
    running.kill('SIGINT');
    expect(await running.done).toMatchObject({ code: 130 });
    expect(performance.now() - pressed).toBeLessThan(3_000);
  });

  test('does not keep list from working', async () => {
    expect((await script.saved()).map(({ name }) => name)).toEqual(['Bills', 'Orders']);
  });
});

/** The keychain's library runs in a process of its own. */
function isWaitingForKeychain(pid: number): boolean {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((child) => child !== ''),
  );
  return children.some((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('keyring'));
}

describe('the choice between keychain and vault', () => {
  test.skipIf(reason !== null)('is made once, and secrets init may make it', async () => {
    const keyring = await startKeyring();
    try {
      const script = newScript().given({ env: keyring.env });
      expect(await script.answer(secretsStatusSchema)`secrets init --backend vault`).toMatchObject({
        backend: 'vault',
        vault: { exists: true, kdf: 'hkdf-sha256', openedBy: 'JACKFIELD_KEY_FILE' },
      });
      expect((await add(script, 'Orders')).secret).toEqual({ kind: 'vault' });
      expect(await keychainItems(keyring)).toEqual(new Map());
      expect(await script.refused(4)`secrets init --backend keychain`).toMatchObject({
        code: 'backend_decided',
      });
      expect(await script.answer(secretsStatusSchema)`secrets init`).toMatchObject({ backend: 'vault' });

      const other = newScript().given({ env: keyring.env });
      expect(await other.answer(secretsStatusSchema)`secrets init`).toMatchObject({ backend: 'keychain' });
    } finally {
      await keyring.stop();
    }
  });

  test('without a keychain it is the vault', async () => {
    const script = newScript();
    expect((await add(script, 'Orders')).secret).toEqual({ kind: 'vault' });
    expect(await script.answer(secretsStatusSchema)`secrets status`).toMatchObject({
      backend: 'vault',
      keychain: { available: false, message: expect.stringContaining('DBUS_SESSION_BUS_ADDRESS') },
      vault: { exists: true, kdf: 'hkdf-sha256', openedBy: 'JACKFIELD_KEY_FILE' },
      stored: 1,
    });
    await passes(script, 'Orders');
  });

  test('with neither, nothing is saved, and it says what to do', async () => {
    const script = newScript().given({ env: { JACKFIELD_KEY_FILE: undefined }, stdin: password });
    const refusal = await script.refused(
      5,
    )`connections add --role source --name Orders ${endpoint()} --password-stdin`;
    expect(refusal.code).toBe('vault_locked');
    expect(refusal.fix).toContain('JACKFIELD_PASSPHRASE');
    expect(await script.saved()).toEqual([]);
    expect(await script.answer(secretsStatusSchema)`secrets status`).toMatchObject({
      backend: null,
      stored: 0,
    });
    expect(await script.refused(5)`secrets init --backend keychain`).toMatchObject({
      code: 'keychain_unavailable',
    });
  });
});

if (reason !== null) process.stderr.write(`skipped: the keychain on a real Secret Service (${reason})\n`);
