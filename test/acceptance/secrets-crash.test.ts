import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema, doctorReportSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { changeCatalog, holdWriters, secretLedger, until } from '../support/behind-our-back.ts';
import { keychainItems } from '../support/keychain-items.ts';
import { keyringUnavailable, startKeyring, type TestKeyring } from '../support/keyring.ts';
import type { RunningProgram } from '../support/program.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';

// The program is killed between the steps of a save: a pending entry in the ledger, the item in the
// keychain, the row, the removal of the former item. At each point the old or the new password is in
// use, nothing else, and doctor finds and removes what is left over.

const reason = keyringUnavailable();
const server = serverFor(18);
const password = 'survives-a-crash-4711';
let role: { name: string };
let keyring: TestKeyring;
let script: Script;

beforeAll(async () => {
  role = await server.createRole({ password });
  if (reason === null) keyring = await startKeyring();
});
afterAll(() => keyring?.stop());

const endpoint = () => [
  ...['--host', server.host, '--port', String(server.port), '--database', 'postgres'],
  ...['--username', role.name, '--ssl-mode', 'require'],
];

const add = async (name: string) => {
  await script
    .given({ stdin: password })
    .answer(connectionSchema)`connections add --role source --name ${name} ${endpoint()} --password-stdin`;
};

const ledger = () => [...secretLedger(script.home)];
const accountsIn = (state: string) => ledger().flatMap(([account, its]) => (its === state ? [account] : []));
const ledgerHas = (state: string) => () => accountsIn(state).length > 0;

const kill = async (running: RunningProgram) => {
  running.kill('SIGKILL');
  expect(await running.done).toMatchObject({ code: null, signal: 'SIGKILL' });
};

const testPasses = (name: string) => script.answer(testResultListSchema)`connections test ${name}`;

/** Doctor reports one orphan and says how to remove it; with --fix it does, and nothing is left to report. */
const doctorRemovesTheOrphan = async () => {
  const liveBefore = accountsIn('live');
  const reported = await script.answer(doctorReportSchema, 1)`doctor`;
  expect(reported.filter(({ status }) => status !== 'ok')).toEqual([
    expect.objectContaining({ status: 'problem', code: 'secret_orphan', fix: 'jackfield doctor --fix' }),
  ]);
  const repaired = await script.answer(doctorReportSchema)`doctor --fix`;
  expect(repaired.filter(({ status }) => status !== 'ok')).toEqual([
    expect.objectContaining({ status: 'repaired', code: 'secret_orphan' }),
  ]);
  expect(ledger()).toEqual(liveBefore.map((account) => [account, 'live']));
  expect([...(await keychainItems(keyring)).keys()].sort()).toEqual(liveBefore.sort());
  await script.answer(doctorReportSchema)`doctor`;
};

describe.skipIf(reason !== null)('killed while a connection is added', () => {
  beforeEach(async () => {
    script = newScript().given({ env: { ...keyring.env, JACKFIELD_KEY_FILE: undefined } });
    await add('Other');
  });

  test('before its item is written', async () => {
    keyring.freeze();
    const running = script.given({ stdin: password })
      .start`connections add --role source --name Orders ${endpoint()} --password-stdin`;
    await until('the ledger has a pending entry', ledgerHas('pending'));
    await kill(running);
    keyring.thaw();

    expect((await script.saved()).map(({ name }) => name)).toEqual(['Other']);
    await doctorRemovesTheOrphan();
    await testPasses('Other');
    await add('Orders');
    await testPasses('Orders');
    await script.jackfield`connections delete Orders Other --yes`;
  });

  test('after its item is written, before its row is', async () => {
    keyring.freeze();
    const running = script.given({ stdin: password })
      .start`connections add --role source --name Orders ${endpoint()} --password-stdin`;
    await until('the ledger has a pending entry', ledgerHas('pending'));
    const letWritersGo = holdWriters(script.home);
    keyring.thaw();
    const [pending = ''] = accountsIn('pending');
    await until('the item is there', async () => (await keychainItems(keyring)).has(pending));
    await kill(running);
    letWritersGo();

    expect((await script.saved()).map(({ name }) => name)).toEqual(['Other']);
    expect(accountsIn('pending')).toEqual([pending]);
    await doctorRemovesTheOrphan();
    await script.jackfield`connections delete Other --yes`;
  });
});

describe.skipIf(reason !== null)('killed while a password is changed', () => {
  beforeEach(async () => {
    script = newScript().given({ env: { ...keyring.env, JACKFIELD_KEY_FILE: undefined } });
    await add('Orders');
  });

  test('before its row is written: the old password is in use', async () => {
    keyring.freeze();
    const running = script.given({ stdin: 'another one' }).start`connections edit Orders --password-stdin`;
    await until('the ledger has a pending entry', ledgerHas('pending'));
    const letWritersGo = holdWriters(script.home);
    keyring.thaw();
    await until('there are two items', async () => (await keychainItems(keyring)).size === 2);
    await kill(running);
    letWritersGo();

    await testPasses('Orders');
    await doctorRemovesTheOrphan();
    await testPasses('Orders');
    await script.jackfield`connections delete Orders --yes`;
  });

  test('before the former item is removed: the new password is in use', async () => {
    await script
      .given({ stdin: 'wrong at first' })
      .answer(connectionSchema)`connections edit Orders --password-stdin`;
    keyring.freeze();
    const running = script.given({ stdin: password }).start`connections edit Orders --password-stdin`;
    await until('the ledger has a pending entry', ledgerHas('pending'));
    const letWritersGo = holdWriters(script.home);
    keyring.thaw();
    await until('there are two items', async () => (await keychainItems(keyring)).size === 2);
    keyring.freeze();
    letWritersGo();
    await until('the row points to the new item', ledgerHas('retired'));
    await kill(running);
    keyring.thaw();

    await testPasses('Orders');
    await doctorRemovesTheOrphan();
    await testPasses('Orders');
    await script.jackfield`connections delete Orders --yes`;
  });
});

describe.skipIf(reason !== null)('killed while a connection is deleted', () => {
  test('before its item is removed', async () => {
    script = newScript().given({ env: { ...keyring.env, JACKFIELD_KEY_FILE: undefined } });
    await add('Orders');
    keyring.freeze();
    const running = script.start`connections delete Orders --yes`;
    await until('its item is retired', ledgerHas('retired'));
    await kill(running);
    keyring.thaw();
    expect(await script.saved()).toEqual([]);
    await doctorRemovesTheOrphan();
  });
});

describe.skipIf(reason !== null)('doctor beside a save that is under way', () => {
  test('leaves it alone', async () => {
    script = newScript().given({ env: { ...keyring.env, JACKFIELD_KEY_FILE: undefined } });
    await add('Other');
    await script.jackfield`connections delete Other --yes`;
    keyring.freeze();
    const running = script.given({ stdin: password })
      .start`connections add --role source --name Orders ${endpoint()} --password-stdin`;
    await until('the ledger has a pending entry', ledgerHas('pending'));
    const findings = await script.answer(doctorReportSchema)`doctor --fix`;
    expect(findings).toContainEqual(
      expect.objectContaining({
        status: 'ok',
        code: 'secret_being_saved',
        message: expect.stringContaining(`${hostname()}:${running.pid}`),
      }),
    );
    keyring.thaw();
    expect(await running.done).toMatchObject({ code: 0 });
    await testPasses('Orders');
    expect(await script.answer(doctorReportSchema)`doctor --fix`).toContainEqual(
      expect.objectContaining({ code: 'secrets_in_order' }),
    );
    await testPasses('Orders');
    await script.jackfield`connections delete Orders --yes`;
  });
});

describe('in the vault', () => {
  beforeEach(async () => {
    script = newScript();
    await add('Orders');
  });

  const vaultItems = () => {
    let accounts: string[] = [];
    changeCatalog(script.home, (db) => {
      accounts = db.prepare<[], string>('SELECT account FROM vault_items').pluck().all();
    });
    return accounts;
  };

  test.each([
    ['a pending item without a row', 'pending', `${hostname()}:999999999`],
    ['a retired item', 'retired', `${hostname()}:${process.pid}`],
    ['a pending one of another machine, a day old', 'pending', 'elsewhere.example:1'],
  ])('%s is an orphan that doctor removes', async (_what, state, owner) => {
    changeCatalog(script.home, (db) => {
      db.prepare(
        `INSERT INTO secret_items (account, backend, state, connection_id, owner, created_at)
         VALUES ('orphan', 'vault', ?, 'gone', ?, '2026-01-01T00:00:00.000Z')`,
      ).run(state, owner);
      db.exec(`INSERT INTO vault_items (account, sealed) SELECT 'orphan', sealed FROM vault_items`);
    });
    const [orphan, live] = [accountsIn(state), accountsIn('live')];
    expect(orphan).toEqual(['orphan']);
    const reported = await script.answer(doctorReportSchema, 1)`doctor`;
    expect(reported.filter(({ status }) => status === 'problem')).toMatchObject([{ code: 'secret_orphan' }]);
    // Removing asks for no passphrase.
    const locked = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
    await locked.answer(doctorReportSchema)`doctor --fix`;
    expect(vaultItems()).toEqual(live);
    expect(ledger()).toEqual(live.map((account) => [account, 'live']));
    await testPasses('Orders');
  });

  test('a pending one of another machine, just made, is left alone', async () => {
    changeCatalog(script.home, (db) => {
      db.prepare(
        `INSERT INTO secret_items (account, backend, state, connection_id, owner, created_at)
         VALUES ('theirs', 'vault', 'pending', 'theirs', 'elsewhere.example:1', ?)`,
      ).run(new Date().toISOString());
    });
    const findings = await script.answer(doctorReportSchema)`doctor --fix`;
    expect(findings.map(({ code }) => code)).toContain('secret_being_saved');
    expect(accountsIn('pending')).toEqual(['theirs']);
  });

  test('killed at any instant, each of many edits is there or is not', async () => {
    const passwords = Array.from({ length: 12 }, (_, index) => `edit-${index}`);
    for (const [index, next] of passwords.entries()) {
      const running = script.given({ stdin: next }).start`connections edit Orders --password-stdin`;
      await new Promise((resolve) => setTimeout(resolve, 60 + index * 12));
      running.kill('SIGKILL');
      await running.done;
      expect(accountsIn('live')).toHaveLength(1);
    }
    // Whichever password it is by now, it can be had.
    const env = { JACKFIELD_KEY_FILE: join(script.directory, 'vault-key') };
    const shown = await openTerminal(['connections', 'show', 'Orders', '--reveal'], {
      home: script.home,
      env,
    });
    expect(await shown.exit()).toEqual({ code: 0, signal: null });
    const [, revealed = ''] = /^ +Password +(.*)$/m.exec(shown.screen()) ?? [];
    expect([password, ...passwords]).toContain(revealed);

    const findings = await script.answer(doctorReportSchema)`doctor --fix`;
    expect(findings.filter(({ status }) => status !== 'ok' && status !== 'repaired')).toEqual([]);
    expect(vaultItems()).toEqual(accountsIn('live'));
  });
});

if (reason !== null) process.stderr.write(`skipped: crashes with a real Secret Service (${reason})\n`);
