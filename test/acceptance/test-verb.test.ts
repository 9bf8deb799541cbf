import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestResult } from '../../src/connections/connection.ts';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { afterwards } from '../support/clean-up.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

const ladder = ['resolve', 'connect', 'tls', 'authenticate', 'database', 'session', 'schema', 'privileges'];

/** The first rung that failed, with its code. */
function failure(result: TestResult | undefined): [string, string | null] | undefined {
  const rung = result?.stages.find(({ status }) => status === 'failed');
  return rung && [rung.stage, rung.code];
}

/** A listener on the loopback that accepts and says nothing. @returns its port */
async function silentListener(): Promise<number> {
  const listener = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  afterwards(() => void listener.close());
  return (listener.address() as AddressInfo).port;
}

describe.each(majors)('test on PostgreSQL %i', (major) => {
  /** A database with a table that a role may read, and the flags that lead there. */
  async function shop() {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create table orders (id bigint primary key);
      revoke create on schema public from public;
      create schema closed;
      create table closed.payments (id bigint primary key);
      grant select on orders to ${role.name};
    `);
    const elsewhere = [
      ...['--host', 'localhost', '--port', `${server.port}`],
      ...['--username', role.name, '--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile],
    ];
    const flags = [...elsewhere, '--database', database.name];
    const script = newScript().given({ stdin: role.password, env: { SHOP_PASSWORD: role.password } });
    return { server, role, flags, elsewhere, script };
  }

  function add(script: Script, name: string, flags: readonly string[]) {
    return script.answer(connectionSchema)`connections add --role source --name ${name} ${flags}`;
  }

  test('climbs the whole ladder of a saved connection and records the result', async () => {
    const { flags, script, server } = await shop();
    await add(script, 'Orders', [...flags, '--password-stdin']);

    const [result, ...others] = await script.answer(testResultListSchema)`connections test Orders`;

    expect(others).toEqual([]);
    expect(result).toMatchObject({ connection: 'Orders', status: 'passed' });
    expect(result?.stages.map(({ stage, status }) => [stage, status])).toEqual(
      ladder.map((stage) => [stage, 'passed']),
    );
    expect(result?.server).toMatchObject({
      version: expect.stringMatching(new RegExp(`^${major}\\.`)),
      provider: 'self-hosted',
      recovery: false,
      readOnly: false,
      tls: { protocol: 'TLSv1.3', verified: 'full', issuer: server.ca.name },
    });
    const [saved] = await script.saved();
    expect(saved?.lastTest).toEqual({
      status: 'passed',
      at: saved?.lastPassedAt,
      durationMs: result?.durationMs,
      code: null,
      message: null,
      serverVersion: result?.server?.version,
    });

    const shown = await script.jackfield`connections test Orders`;
    expect(shown.stdout).toMatch(/✓ passed +privileges/);
    expect(shown.stdout).toMatch(/✓ Orders passed in \d+(\.\d)? m?s\n$/);
  });

  test('a failed test is exit 1, recorded, and forgets no earlier pass', async () => {
    const { flags, script, role, server } = await shop();
    await add(script, 'Orders', [...flags, '--password-stdin']);
    await script.answer(testResultListSchema)`connections test Orders`;
    const [passed] = await script.saved();
    await server.run(`alter role ${role.name} password 'another'`);

    const [result] = await script.answer(testResultListSchema, 1)`connections test Orders`;

    expect(failure(result)).toEqual(['authenticate', 'password_refused']);
    const authenticate = result?.stages.find(({ stage }) => stage === 'authenticate');
    expect(authenticate?.message).toContain(role.name);
    expect(authenticate?.fix).toContain('jackfield connections edit Orders');
    expect(result?.stages.slice(4).map(({ status }) => status)).toEqual(Array(4).fill('skipped'));
    const [failed] = await script.saved();
    expect(failed?.lastTest).toMatchObject({
      status: 'failed',
      code: 'password_refused',
      serverVersion: null,
    });
    expect(failed?.lastPassedAt).toBe(passed?.lastPassedAt);
  });

  test("add's flags test an endpoint without saving anything", async () => {
    const { flags, script, role, server } = await shop();
    const url = `postgresql://${role.name}:${role.password}@localhost:${server.port}/nowhere`;
    const byUrl = script.given({ env: { DATABASE_URL: url } });

    const passed = await script.answer(
      testResultListSchema,
    )`connections test --role source ${flags} --password-stdin`;
    const asTarget = await script.answer(testResultListSchema, 1)`connections test --role destination ${flags}
      --schema closed --password-env SHOP_PASSWORD`;
    const noDatabase = await byUrl.answer(testResultListSchema, 1)`connections test --role source --name Shop
      --url-env DATABASE_URL`;
    const noRole = await script.refused(2)`connections test ${flags} --password-stdin`;

    expect(passed).toMatchObject([{ connection: null, status: 'passed' }]);
    expect(failure(asTarget[0])).toEqual(['privileges', 'create_denied']);
    expect(asTarget[0]?.stages.at(-1)?.fix?.split('\n')).toEqual([
      `GRANT USAGE, CREATE ON SCHEMA closed TO ${role.name};`,
      `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON closed.payments TO ${role.name};`,
    ]);
    expect(noDatabase[0]?.connection).toBe('Shop');
    expect(failure(noDatabase[0])).toEqual(['database', 'no_such_database']);
    expect(noRole).toMatchObject({ code: 'missing_flags', message: '--role is missing' });
    expect(await script.saved()).toEqual([]);
    expect((await script.jackfield`secrets status --json`).json<{ stored: number }>().stored).toBe(0);
  });

  test('with a NAME and flags it tries an edit, and saves neither edit nor result', async () => {
    const { flags, script } = await shop();
    await add(script, 'Orders', [...flags, '--password-stdin']);
    await script.answer(testResultListSchema)`connections test Orders`;
    const before = await script.saved();

    const good = await script.answer(testResultListSchema)`connections test Orders
      --option application_name=tried --ssl-mode verify-full`;
    const closed = await script.answer(testResultListSchema, 1)`connections test Orders --schema closed`;
    const wrong = await script
      .given({ stdin: 'wrong' })
      .answer(testResultListSchema, 1)`connections test Orders --password-stdin`;
    const withRole = await script.refused(2)`connections test Orders --schema closed --role destination`;

    expect(good).toMatchObject([{ connection: 'Orders', status: 'passed' }]);
    expect(failure(closed[0])).toEqual(['privileges', 'select_denied']);
    expect(failure(wrong[0])).toEqual(['authenticate', 'password_refused']);
    expect(withRole.code).toBe('conflicting_flags');
    expect(await script.saved()).toEqual(before);
  });

  test('a fleet of good and dead is told in the order of the catalog, each recorded', async () => {
    const { flags, elsewhere, script, role } = await shop();
    const silent = await silentListener();
    await add(script, 'g good', [...flags, '--password-stdin']);
    await add(script, 'b no database', [...elsewhere, '--database', 'nowhere', '--password-stdin']);
    await add(script, 'e no secret', [...flags, '--password-ref', 'env:NOT_SET']);
    await add(script, 'a silent', [
      '--host',
      '127.0.0.1',
      '--port',
      `${silent}`,
      '--username',
      'u',
      '--no-password',
    ]);
    await add(script, 'd refused', [
      '--host',
      '127.0.0.1',
      '--port',
      '1',
      '--username',
      'u',
      '--no-password',
    ]);
    await add(script, 'f no name', ['--host', 'nowhere.invalid', '--username', 'u', '--no-password']);
    await add(script, 'c wrong password', [...flags, '--password-ref', 'env:SHOP_PASSWORD']);
    const wrong = script.given({ env: { SHOP_PASSWORD: 'wrong' } });

    const results = await wrong.answer(testResultListSchema, 1)`connections test --all --timeout 2s`;

    expect(results.map((result) => [result.connection, result.status, failure(result)])).toEqual([
      ['a silent', 'failed', ['connect', 'server_silent']],
      ['b no database', 'failed', ['database', 'no_such_database']],
      ['c wrong password', 'failed', ['authenticate', 'password_refused']],
      ['d refused', 'failed', ['connect', 'connection_refused']],
      ['e no secret', 'failed', ['authenticate', 'reference_missing']],
      ['f no name', 'failed', ['resolve', 'dns_not_found']],
      ['g good', 'passed', undefined],
    ]);
    for (const { stages } of results) expect(stages.map(({ stage }) => stage)).toEqual(ladder);
    expect(results[4]?.stages[3]?.message).toContain('NOT_SET');
    const saved = await script.saved();
    expect(saved.map(({ lastTest }) => [lastTest.status, lastTest.code])).toEqual(
      results.map((result) => [result.status, failure(result)?.[1] ?? null]),
    );

    const table = await wrong.jackfield`connections test ${['g good', 'c wrong password', 'd refused']}`;
    expect(table.code).toBe(1);
    expect(table.stdout).toMatch(/3 tested: 1 passed, 0 warned, 2 failed\n$/);
    expect(table.stdout + table.stderr + JSON.stringify(results)).not.toContain(role.password);
  });

  test('a fleet is narrowed by names, role and tags', async () => {
    const { flags, script } = await shop();
    const withPassword = [...flags, '--password-stdin'];
    await add(script, 'b', [...withPassword, '--tag', 'prod']);
    await add(script, 'a', [...withPassword, '--tag', 'prod', '--tag', 'eu']);
    await script.answer(connectionSchema)`connections duplicate a --name ${'a target'}`;
    const tested = async (exit: number, ...words: string[]) => {
      const results = await script.answer(testResultListSchema, exit)`connections test ${words}`;
      return results.map(({ connection }) => connection);
    };

    expect(await tested(0, 'b', 'a')).toEqual(['a', 'b']);
    expect(await tested(0, '--tag', 'prod', '--role', 'source')).toEqual(['a', 'b']);
    expect(await tested(0, '--tag', 'prod', '--tag', 'eu', '--role', 'source')).toEqual(['a']);
    // A reader is no writer.
    expect(await tested(1, '--role', 'destination', '--concurrency', '1')).toEqual(['a target']);
    expect(await tested(0, 'a', '--role', 'source')).toEqual(['a']);
    expect((await script.refused(2)`connections test a --role destination`).code).toBe('nothing_to_test');
    expect((await script.refused(3)`connections test a nothing`).code).toBe('no_such_connection');
  });
});

describe('test', () => {
  test('nothing to test is exit 2, unless that is allowed', async () => {
    const script = newScript();

    expect((await script.refused(2)`connections test`).code).toBe('missing_argument');
    expect((await script.refused(2)`connections test --all`).code).toBe('nothing_to_test');
    expect((await script.refused(2)`connections test --tag prod`).code).toBe('nothing_to_test');
    expect(await script.answer(testResultListSchema)`connections test --all --allow-empty`).toEqual([]);
    expect((await script.jackfield`connections test --all --allow-empty`).code).toBe(0);
  });

  test('a secret that cannot be had is exit 5 for one connection, and is not dialled', async () => {
    const script = newScript();
    let dialled = 0;
    const listener = createServer((socket) => {
      dialled += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    afterwards(() => void listener.close());
    const { port } = listener.address() as AddressInfo;
    const endpoint = ['--role', 'source', '--host', '127.0.0.1', '--port', `${port}`, '--username', 'app'];
    for (const reference of [
      'env:NOT_SET',
      'file:/does/not/exist',
      'cmd:false',
      'cmd:no-such-program-here',
    ]) {
      await script.answer(
        connectionSchema,
      )`connections add --name ${reference} ${endpoint} --password-ref ${reference}`;
      const refused = await script.refused(5)`connections test ${reference}`;
      expect(refused.code).toMatch(/^reference_(missing|failed)$/);
    }
    await script
      .given({ stdin: 'x' })
      .answer(connectionSchema)`connections add --name stored ${endpoint} --password-stdin`;
    const locked = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
    expect((await locked.refused(5)`connections test stored`).code).toBe('vault_locked');

    const fleet = await locked.answer(testResultListSchema, 1)`connections test --all`;
    expect(fleet.map(failure)).toEqual([
      ['authenticate', 'reference_failed'],
      ['authenticate', 'reference_missing'],
      ['authenticate', 'reference_missing'],
      ['authenticate', 'reference_missing'],
      ['authenticate', 'vault_locked'],
    ]);
    expect(dialled).toBe(0);
  });

  test('--timeout is the whole of one connection, and dead ones wait side by side', async () => {
    const script = newScript();
    const port = await silentListener();
    for (let index = 1; index <= 6; index += 1) {
      await script.answer(
        connectionSchema,
      )`connections add --role source --name silent-${index} --host 127.0.0.1
        --port ${port} --username app --no-password`;
    }
    const started = performance.now();

    const results = await script.answer(testResultListSchema, 1)`connections test --all --timeout 700ms`;

    expect(performance.now() - started).toBeLessThan(6 * 700);
    expect(results).toHaveLength(6);
    for (const result of results) {
      expect(failure(result)).toEqual(['connect', 'server_silent']);
      expect(result.durationMs).toBeGreaterThan(600);
      expect(result.durationMs).toBeLessThan(2100);
    }
  });

  test('a reference is resolved once a run', async () => {
    const script = newScript();
    const calls = join(script.directory, 'calls');
    writeFileSync(join(script.directory, 'secret.sh'), `#!/bin/sh\necho called >> ${calls}\necho secret\n`, {
      mode: 0o700,
    });
    for (const name of ['a', 'b', 'c']) {
      await script.answer(
        connectionSchema,
      )`connections add --role source --name ${name} --host 127.0.0.1 --port 1
        --username app --password-ref ${`cmd:${join(script.directory, 'secret.sh')}`}`;
    }

    await script.answer(testResultListSchema, 1)`connections test --all`;

    expect(readFileSync(calls, 'utf8')).toBe('called\n');
  });

  test.each([
    ['names and --all', ['Orders', '--all']],
    ['several names and an endpoint', ['Orders', 'Other', '--schema', 'sales']],
    ['--all and an endpoint', ['--all', '--host', 'db.example.com']],
    ['--tag and an endpoint', ['--tag', 'prod', '--role', 'source', '--host', 'db.example.com']],
  ])('%s contradict each other', async (_what, words) => {
    expect((await newScript().refused(2)`connections test ${words}`).code).toBe('conflicting_flags');
  });
});
