import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { secretsStatusSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { changeCatalog, holdWriters } from '../support/behind-our-back.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// `secrets rotate`: a new key for the vault. Whenever it is killed, the former key opens it or the new one.

const server = serverFor(18);
const password = 'rotated-vault-4711';
let script: Script;
let renewing: Script;
let renewed: Script;
let keys: { former: string; next: string };

beforeEach(async () => {
  const role = await server.createRole({ password });
  script = newScript();
  keys = { former: join(script.directory, 'vault-key'), next: join(script.directory, 'new-key') };
  writeFileSync(keys.next, randomBytes(32), { mode: 0o600 });
  renewing = script.given({ env: { JACKFIELD_NEW_KEY_FILE: keys.next } });
  renewed = script.given({ env: { JACKFIELD_KEY_FILE: keys.next } });
  const endpoint = ['--host', server.host, '--port', String(server.port), '--database', 'postgres'];
  for (const name of ['Orders', 'Bills']) {
    const added = await script.given({ stdin: password })
      .jackfield`connections add --role source --name ${name} ${endpoint} --username ${role.name} --ssl-mode require --password-stdin`;
    expect(added.code, added.stderr).toBe(0);
  }
});

const opens = async (its: Script) => {
  const results = await its.jackfield`connections test --all --json`;
  return testResultListSchema.parse(results.json()).every(({ status }) => status !== 'failed');
};

describe('secrets rotate', () => {
  test('the new key opens what the former one did, and the former one opens nothing', async () => {
    await renewing.answer(secretsStatusSchema)`secrets rotate`;
    expect(await opens(renewed)).toBe(true);
    expect(await opens(script)).toBe(false);
    // It is no matter of the key file alone: a passphrase may follow it.
    const env = { JACKFIELD_NEW_PASSPHRASE: 'a passphrase from now on' };
    expect(await renewed.given({ env }).answer(secretsStatusSchema)`secrets rotate`).toMatchObject({
      vault: { kdf: 'scrypt' },
    });
    rmSync(keys.next);
    const byPassphrase = {
      JACKFIELD_KEY_FILE: undefined,
      JACKFIELD_PASSPHRASE: env.JACKFIELD_NEW_PASSPHRASE,
    };
    expect(await opens(script.given({ env: byPassphrase }))).toBe(true);
  });

  test('needs the former key, and something for the new one', async () => {
    expect(
      await renewed.given({ env: { JACKFIELD_NEW_KEY_FILE: keys.former } }).refused(5)`secrets rotate`,
    ).toMatchObject({
      code: 'vault_wrong_passphrase',
    });
    expect(await script.refused(5)`secrets rotate`).toMatchObject({ code: 'vault_locked' });
    expect(await newScript().refused(4)`secrets rotate`).toMatchObject({ code: 'no_vault' });
    expect(await opens(script)).toBe(true);
  });

  test('an item that was tampered with is named, and nothing is changed', async () => {
    changeCatalog(script.home, (db) => {
      db.exec(`UPDATE vault_items SET sealed = CAST(substr(sealed, 1, 60) || x'0000' || substr(sealed, 63) AS BLOB)
        WHERE account = (SELECT secret_account FROM connections WHERE name = 'Bills')`);
    });
    expect(await renewing.refused(5)`secrets rotate`).toMatchObject({
      code: 'vault_damaged',
      message: expect.stringContaining('Bills'),
    });
    expect((await script.jackfield`connections test Orders`).code).toBe(0);
  });

  test('who had opened the vault before writes nothing under the former key', async () => {
    const letGo = holdWriters(script.home);
    // It derives its key from the file, and waits for the catalog then.
    const editing = script.given({ stdin: 'lost?' }).start`connections edit Orders --password-stdin`;
    const rotating = renewing.start`secrets rotate`;
    letGo();
    const [edited, rotated] = [await editing.done, await rotating.done];
    expect(rotated.code, rotated.stderr).toBe(0);
    expect([0, 5]).toContain(edited.code);
    if (edited.code === 5) expect(edited.stderr).toMatch(/new key|does not open/);
    const bills = await renewed.jackfield`connections test Bills`;
    expect(bills.code, bills.stderr).toBe(0);
    const orders = await renewed.jackfield`connections test Orders --json`;
    expect(orders.stdout + orders.stderr).not.toMatch(/vault_/);
  });

  test('killed at any instant, the former key opens everything or the new one does', async () => {
    let [current, other] = [script, renewed];
    let [now, next] = [keys.former, keys.next];
    let done = 0;
    for (let index = 0; index < 12; index += 1) {
      const running = current.given({ env: { JACKFIELD_NEW_KEY_FILE: next } }).start`secrets rotate`;
      await new Promise((resolve) => setTimeout(resolve, 40 + index * 12));
      running.kill('SIGKILL');
      await running.done;
      const former = (await current.jackfield`connections show Orders`).code === 0 && (await opens(current));
      if (former) continue;
      expect(await opens(other)).toBe(true);
      [current, other, now, next] = [other, current, next, now];
      done += 1;
    }
    expect(now).not.toBe(next);
    expect(done).toBeLessThanOrEqual(12);
  });
});
