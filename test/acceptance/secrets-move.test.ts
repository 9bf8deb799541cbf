import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  doctorReportSchema,
  secretsMoveSchema,
  secretsStatusSchema,
  testResultListSchema,
} from '../../src/connections/schema.ts';
import { changeCatalog, secretLedger, until } from '../support/behind-our-back.ts';
import { keychainItems, removeKeychainItem } from '../support/keychain-items.ts';
import { keyringUnavailable, startKeyring, type TestKeyring } from '../support/keyring.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// `secrets move`: from the vault to a real keychain and back; killed on the way, nothing is lost.

const reason = keyringUnavailable();
const server = serverFor(18);
const password = 'moves-house-4711';
const names = ['Bills', 'Orders', 'Stock'];
let role: { name: string };
let keyring: TestKeyring;
let script: Script;

beforeAll(async () => {
  role = await server.createRole({ password });
  if (reason === null) keyring = await startKeyring();
});
afterAll(() => keyring?.stop());

const vaultAccounts = () => {
  let accounts: string[] = [];
  changeCatalog(script.home, (db) => {
    accounts = db.prepare<[], string>('SELECT account FROM vault_items').pluck().all();
  });
  return accounts;
};

const everythingPasses = async () => {
  const results = await script.answer(testResultListSchema)`connections test --all`;
  expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(results).toHaveLength(names.length);
};

const nothingIsLeftOver = async () => {
  await script.answer(doctorReportSchema)`doctor`;
  expect([...secretLedger(script.home).values()]).toEqual(names.map(() => 'live'));
};

describe.skipIf(reason !== null)('secrets move', () => {
  beforeEach(async () => {
    script = newScript().given({ env: keyring.env });
    await script.answer(secretsStatusSchema)`secrets init --backend vault`;
    const endpoint = ['--host', server.host, '--port', String(server.port), '--database', 'postgres'];
    for (const name of names) {
      const added = await script.given({ stdin: password })
        .jackfield`connections add --role source --name ${name} ${endpoint} --username ${role.name} --ssl-mode require --password-stdin`;
      expect(added.code, added.stderr).toBe(0);
    }
  });

  test('to the keychain and back', async () => {
    const before = await keychainItems(keyring);
    expect(await script.answer(secretsMoveSchema)`secrets move --to keychain`).toEqual({
      backend: 'keychain',
      moved: names,
      failed: [],
    });
    expect((await keychainItems(keyring)).size).toBe(before.size + names.length);
    expect(vaultAccounts()).toEqual([]);
    const keyless = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
    expect(await keyless.answer(secretsStatusSchema)`secrets status`).toMatchObject({
      backend: 'keychain',
      vault: { exists: false },
    });
    expect((await keyless.jackfield`connections test --all`).code).toBe(0);
    await nothingIsLeftOver();

    await script.answer(secretsMoveSchema)`secrets move --to vault`;
    expect(await keychainItems(keyring)).toEqual(before);
    expect(vaultAccounts()).toHaveLength(names.length);
    expect(await script.answer(secretsMoveSchema)`secrets move --to vault`).toMatchObject({ moved: [] });
    await everythingPasses();
    await nothingIsLeftOver();
  });

  test('a target that can not be used changes nothing', async () => {
    const nowhere = script.given({ env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } });
    expect(await nowhere.refused(5)`secrets move --to keychain`).toMatchObject({
      code: 'keychain_unavailable',
    });
    expect(await script.answer(secretsStatusSchema)`secrets status`).toMatchObject({ backend: 'vault' });
    expect(await script.refused(2)`secrets move`).toMatchObject({ code: 'missing_flags' });
    await everythingPasses();
  });

  test('killed while an item is written: what was moved is moved, the same command goes on', async () => {
    keyring.freeze();
    const stuck = script.start`secrets move --to keychain`;
    await new Promise((resolve) => setTimeout(resolve, 300));
    keyring.thaw();
    await until('one was moved', () => vaultAccounts().length < names.length);
    stuck.kill('SIGKILL');
    await stuck.done;
    await everythingPasses();
    await script.answer(secretsMoveSchema)`secrets move --to keychain`;
    expect(vaultAccounts()).toEqual([]);
    await everythingPasses();
    await nothingIsLeftOver();
  });

  test('killed again and again at any instant, nothing is lost', async () => {
    for (const [index, to] of ['keychain', 'vault', 'keychain', 'vault', 'keychain', 'vault'].entries()) {
      const running = script.start`secrets move --to ${to}`;
      await new Promise((resolve) => setTimeout(resolve, 90 + index * 25));
      running.kill('SIGKILL');
      await running.done;
      await everythingPasses();
    }
    await script.answer(secretsMoveSchema)`secrets move --to keychain`;
    await everythingPasses();
    await nothingIsLeftOver();
  });

  test('one that can not be read stays behind, and is named', async () => {
    await script.answer(secretsMoveSchema)`secrets move --to keychain`;
    let account = '';
    changeCatalog(script.home, (db) => {
      account = String(
        db.prepare(`SELECT secret_account FROM connections WHERE name = 'Orders'`).pluck().get(),
      );
    });
    await removeKeychainItem(keyring, account);
    const ended = await script.jackfield`secrets move --to vault --json`;
    expect(ended.code).toBe(5);
    expect(secretsMoveSchema.parse(ended.json())).toMatchObject({
      moved: ['Bills', 'Stock'],
      failed: [{ connection: 'Orders', code: 'secret_missing' }],
    });
    expect(ended.stderr).toContain('secrets_left_behind');
    expect((await script.jackfield`connections test Bills Stock`).code).toBe(0);
  });
});

if (reason !== null) process.stderr.write(`skipped: moves to a real Secret Service (${reason})\n`);
