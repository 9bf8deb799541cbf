import { appendFileSync, chmodSync, existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { type Issued, issue } from '../support/certificates.ts';
import { specialRoles } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// Where a script's passwords come from: given once and stored, or a reference that is followed at use.

const server = serverFor(18);
const password = "söme 'password' with $(everything) \\ in it 4711";
let role: { name: string };
let script: Script;

beforeAll(async () => {
  role = await server.createRole({ password });
});
beforeEach(() => {
  script = newScript();
});

const add = (by: Script, name: string, ...secret: string[]) =>
  by.answer(connectionSchema)`connections add --role source --name ${name} --host ${server.host}
    --port ${server.port} --database postgres --username ${role.name} --ssl-mode require ${secret}`;

const passes = async (by: Script, name: string) => {
  const [result] = await by.answer(testResultListSchema)`connections test ${name}`;
  expect(result?.stages.find(({ stage }) => stage === 'authenticate')?.status).toBe('passed');
};

describe('a password that is given and stored', () => {
  test.each([
    ['a line', `${password}\n`],
    ['a line of Windows', `${password}\r\n`],
    ['no line break', password],
  ])('--password-stdin: %s', async (_what, stdin) => {
    await add(script.given({ stdin }), 'Orders', '--password-stdin');
    await passes(script, 'Orders');
  });

  test('--password-stdin drops one line break, and nothing else', async () => {
    await add(script.given({ stdin: `${password}\n\n` }), 'Orders', '--password-stdin');
    const [result] = await script.answer(testResultListSchema, 1)`connections test Orders`;
    expect(result?.stages.find(({ status }) => status === 'failed')?.stage).toBe('authenticate');
  });

  test('--password-env: the variable is not needed any more', async () => {
    const saved = await add(
      script.given({ env: { ORDERS: password } }),
      'Orders',
      '--password-env',
      'ORDERS',
    );
    expect(saved.secret).toEqual({ kind: 'vault' });
    await passes(script, 'Orders');
  });

  test('--password-file: the file is not needed any more', async () => {
    const file = join(script.directory, 'password.txt');
    writeFileSync(file, `${password}\n`);
    const saved = await add(
      script.given({ cwd: script.directory }),
      'Orders',
      '--password-file',
      'password.txt',
    );
    unlinkSync(file);
    expect(saved.secret).toEqual({ kind: 'vault' });
    await passes(script, 'Orders');
  });

  test('--url-env and --url-stdin: the password is taken out of the URL', async () => {
    const url = `postgresql://${role.name}:${encodeURIComponent(password)}@${server.host}:${server.port}/postgres?sslmode=require`;
    await script
      .given({ env: { DATABASE_URL: url } })
      .answer(connectionSchema)`connections add --role source --name One --url-env DATABASE_URL`;
    await script
      .given({ stdin: `${url}\n` })
      .answer(connectionSchema)`connections add --role source --name Two --url-stdin`;
    await passes(script, 'One');
    await passes(script, 'Two');
  });

  test.each([
    ['an unset variable', ['--password-env', 'NOT_SET'], 5],
    ['an empty variable', ['--password-env', 'EMPTY'], 5],
    ['a missing file', ['--password-file', '/nowhere/password'], 5],
    ['a directory', ['--password-file', '/tmp'], 5],
    ['an empty standard input', ['--password-stdin'], 2],
    ['two of them', ['--password-stdin', '--password-env', 'EMPTY'], 2],
    ['one and none', ['--password-stdin', '--no-password'], 2],
  ])('%s saves nothing', async (_what, flags, code) => {
    const refusing = script.given({ env: { EMPTY: '' }, stdin: '' });
    await refusing.refused(code)`connections add --role source --name Orders --host h --username u ${flags}`;
    expect(await script.saved()).toEqual([]);
  });
});

describe('a reference', () => {
  test('env: is followed at each use, never stored', async () => {
    const saved = await add(script, 'Orders', '--password-ref', 'env:ORDERS_PASSWORD');
    expect(saved.secret).toEqual({ kind: 'env' });
    expect(await script.refused(5)`connections test Orders`).toMatchObject({
      code: 'reference_missing',
      message: expect.stringContaining('ORDERS_PASSWORD'),
    });
    await passes(script.given({ env: { ORDERS_PASSWORD: password } }), 'Orders');
    const [failed] = await script
      .given({ env: { ORDERS_PASSWORD: 'old' } })
      .answer(testResultListSchema, 1)`connections test Orders`;
    expect(failed?.status).toBe('failed');
    const shown = await script.jackfield`connections show Orders`;
    expect(shown.stdout).toContain('a reference, env:ORDERS_PASSWORD');
  });

  test('file: is read at each use', async () => {
    const file = join(script.directory, 'a password.txt');
    await add(script, 'Orders', '--password-ref', `file:${file}`);
    expect(await script.refused(5)`connections test Orders`).toMatchObject({ code: 'reference_missing' });
    writeFileSync(file, `${password}\n`);
    await passes(script, 'Orders');
    writeFileSync(file, '');
    expect(await script.refused(5)`connections test Orders`).toMatchObject({ code: 'reference_empty' });
  });

  test('cmd: is run once a run, without a shell, however many connections share it', async () => {
    const count = join(script.directory, 'runs');
    const program = join(script.directory, 'print password');
    writeFileSync(program, `#!/bin/sh\necho "$1" >> '${count}'\nprintf '%s\\n' "$ANSWER"\n`);
    chmodSync(program, 0o700);
    const reference = `cmd:"${program}" "$(touch ${join(script.directory, 'pwned')}); * two"`;
    for (const name of ['Orders', 'Bills', 'Stock']) await add(script, name, '--password-ref', reference);
    expect(existsSync(count), 'saving runs nothing').toBe(false);

    const withAnswer = script.given({ env: { ANSWER: password } });
    const results = await withAnswer.answer(testResultListSchema)`connections test --all`;
    expect(results).toHaveLength(3);
    const argument = `$(touch ${join(script.directory, 'pwned')}); * two\n`;
    expect(readFileSync(count, 'utf8')).toBe(argument);
    expect(existsSync(join(script.directory, 'pwned'))).toBe(false);
    await withAnswer.answer(testResultListSchema)`connections test Orders`;
    expect(readFileSync(count, 'utf8')).toBe(argument + argument);
  });

  test.each([
    ['a program that is not there', 'cmd:no-such-program-4711 x', 'reference_missing'],
    ['one that fails', 'cmd:sh -c "echo half a password; exit 3"', 'reference_failed'],
    ['one that says nothing', 'cmd:true', 'reference_empty'],
    ['one that says too much', 'cmd:head -c 200000 /dev/zero', 'reference_failed'],
  ])('cmd: %s: exit 5, and its output is nowhere', async (_what, reference, code) => {
    await add(script, 'Orders', '--password-ref', reference);
    const ended = await script.jackfield`connections test Orders --json --debug`;
    expect(ended.code, ended.stderr).toBe(5);
    expect(ended.stderr).toContain(code);
    expect(ended.stderr).not.toContain('half a password');
  });

  test('in a fleet one that is missing is the failure of that connection alone', async () => {
    await add(script, 'Orders', '--password-ref', 'env:ORDERS_PASSWORD');
    await add(script, 'Bills', '--password-ref', 'env:NOT_SET');
    const results = await script
      .given({ env: { ORDERS_PASSWORD: password } })
      .answer(testResultListSchema, 1)`connections test --all`;
    expect(results.map(({ connection, status }) => [connection, status])).toEqual([
      ['Bills', 'failed'],
      ['Orders', 'warned'],
    ]);
    expect((await script.saved()).map(({ lastTest }) => lastTest.code)).toEqual([
      'reference_missing',
      expect.anything(),
    ]);
  });

  test.each(['ORDERS_PASSWORD', 'env:', 'env:A-B', 'file:relative', 'cmd:', 'cmd:"open', 'vault:x', ''])(
    '%j is none, and is not repeated: it may be a password',
    async (text) => {
      const refused = await script.refused(
        2,
      )`connections add --role source --name O --host h --username u --password-ref ${text}`;
      expect(refused.code).toBe('bad_reference');
      if (text.length > 4) expect(JSON.stringify(refused)).not.toContain(text);
      expect(await script.saved()).toEqual([]);
    },
  );
});

describe("the client key's password", () => {
  const user = specialRoles.certificate.name;
  let client: Issued;
  const keyPassword = 'opens the client key 4711';

  beforeAll(async () => {
    client = await issue({ ca: server.ca, client: user, keyPassphrase: keyPassword });
  });

  const addWithKey = (by: Script, ...secret: string[]) =>
    by.answer(connectionSchema)`connections add --role source --name Orders --host ${server.host}
      --port ${server.port} --database postgres --username ${user} --no-password --ssl-mode verify-full
      --ssl-root-cert ${server.caFile} --ssl-cert ${client.certFile} --ssl-key ${client.keyFile} ${secret}`;

  test('is stored and opens the key', async () => {
    const withKey = script.given({ env: { KEY: keyPassword } });
    const saved = await addWithKey(withKey, '--ssl-key-password-env', 'KEY');
    expect(saved.secret).toEqual({ kind: 'none' });
    await passes(script, 'Orders');
    // It follows the connection as a password does.
    await script.answer(connectionSchema)`connections duplicate Orders --name Copy --role source`;
    await script.answer(connectionSchema)`connections edit Copy --database template1`;
    await passes(script, 'Copy');
  });

  test('as a reference it is followed at use', async () => {
    await addWithKey(script, '--ssl-key-password-ref', 'env:KEY');
    await script.refused(5)`connections test Orders`;
    await passes(script.given({ env: { KEY: keyPassword } }), 'Orders');
  });

  test('a wrong one fails at the rung tls', async () => {
    await addWithKey(script.given({ stdin: 'wrong' }), '--ssl-key-password-stdin');
    const [result] = await script.answer(testResultListSchema, 1)`connections test Orders`;
    expect(result?.stages.find(({ status }) => status === 'failed')?.stage).toBe('tls');
    expect(JSON.stringify(result)).not.toContain('wrong');
  });

  test('is asked for again when the key is another', async () => {
    await addWithKey(script.given({ stdin: keyPassword }), '--ssl-key-password-stdin');
    const other = await issue({ ca: server.ca, client: user, keyPassphrase: 'another' });
    const flags = ['--ssl-cert', other.certFile, '--ssl-key', other.keyFile];
    expect(await script.refused(2)`connections edit Orders ${flags}`).toMatchObject({
      code: 'password_required',
      fix: expect.stringContaining('--ssl-key-password-stdin'),
    });
    await script
      .given({ stdin: 'another' })
      .answer(connectionSchema)`connections edit Orders ${flags} --ssl-key-password-stdin`;
    await passes(script, 'Orders');
  });

  test('a key that others may read is refused before anything is dialled', async () => {
    await addWithKey(script.given({ stdin: keyPassword }), '--ssl-key-password-stdin');
    chmodSync(client.keyFile, 0o644);
    try {
      const refused = await script.refused(2)`connections test Orders`;
      expect(refused.fix).toContain('chmod');
    } finally {
      chmodSync(client.keyFile, 0o600);
    }
    appendFileSync(client.keyFile, '\n');
    await passes(script, 'Orders');
  });
});
