import { beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import { secretLedger } from '../support/behind-our-back.ts';
import { answer } from '../support/questions.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';

const server = serverFor(18);
const password = 'in-use-4711';
let script: Script;

beforeEach(async () => {
  const role = await server.createRole({ password });
  script = newScript();
  const endpoint = ['--host', server.host, '--port', String(server.port), '--database', 'postgres'];
  const add = async (name: string, secret: string) => {
    const added = await script.given({ stdin: secret })
      .jackfield`connections add --role source --name ${name} ${endpoint} --username ${role.name} --ssl-mode require --password-stdin`;
    expect(added.code, added.stderr).toBe(0);
  };
  await add('Orders', password);
  await add('Stale', 'the former one');
});

const accounts = () => [...secretLedger(script.home)];

describe('connections rotate', () => {
  test('a new password that the server refuses replaces nothing', async () => {
    const before = accounts();
    const refused = await script.given({ stdin: 'wrong-one' })
      .jackfield`connections rotate Orders --password-stdin`;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('The former password stays');
    expect(refused.stdout + refused.stderr).not.toContain('wrong-one');
    expect(accounts()).toEqual(before);
    expect((await script.jackfield`connections test Orders`).code).toBe(0);
  });

  test('one that passes does, and the former item is gone', async () => {
    const before = accounts();
    const env = { NEW_PASSWORD: password };
    const saved = await script
      .given({ env })
      .answer(connectionSchema)`connections rotate Stale --password-env NEW_PASSWORD`;
    expect(['passed', 'warned']).toContain(saved.lastTest.status);
    const after = accounts();
    expect(after.map(([, state]) => state)).toEqual(['live', 'live']);
    expect(after).not.toEqual(before);
    expect((await script.jackfield`connections test Stale`).code).toBe(0);
    expect((await script.jackfield`doctor`).code).toBe(0);
  });

  test('--no-test replaces it untested', async () => {
    const done = await script.given({ stdin: 'set later' })
      .jackfield`connections rotate Orders --password-stdin --no-test`;
    expect(done.code, done.stderr).toBe(0);
    expect((await script.jackfield`connections test Orders`).code).toBe(1);
  });

  test('asks twice on a terminal, and shows neither', async () => {
    const env = script.env as Record<string, string>;
    const terminal = await openTerminal(['connections', 'rotate', 'Stale'], { home: script.home, env });
    await answer(terminal, 'New password', password);
    await answer(terminal, 'The same once more', `${password}x`);
    await terminal.waitFor('They differ');
    await answer(terminal, 'New password', password);
    await answer(terminal, 'The same once more', password);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.raw()).not.toContain(password);
  });

  test('what is not stored here is refused, and so is a run with nothing to read it from', async () => {
    expect(await script.refused(2)`connections rotate Orders`).toMatchObject({ code: 'missing_flags' });
    await script.jackfield`connections edit Orders --password-ref env:ORDERS`;
    expect(
      await script.given({ stdin: 'x' }).refused(4)`connections rotate Orders --password-stdin`,
    ).toMatchObject({
      code: 'no_stored_password',
      message: expect.stringContaining('env:ORDERS'),
    });
    await script.jackfield`connections edit Orders --no-password`;
    await script.given({ stdin: 'x' }).refused(4)`connections rotate Orders --password-stdin`;
  });
});
