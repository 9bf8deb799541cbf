import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { testResultListSchema } from '../../src/connections/schema.ts';
import { afterwards } from '../support/clean-up.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// A file of connections is all that a CI job needs: no catalog, no keychain, nothing saved.

const server = serverFor(18);
let role: Awaited<ReturnType<typeof server.createRole>>;
let database: string;

beforeAll(async () => {
  role = await server.createRole();
  ({ name: database } = await server.createDatabase(`
    create table orders (id bigint primary key);
    grant select on orders to ${role.name};
  `));
});

/** A script whose home can't be a directory, so that whoever opens the catalog fails. */
function withoutCatalog(): Script {
  const script = newScript();
  writeFileSync(script.home, 'not a directory');
  return script.given({ cwd: script.directory, env: { ORDERS_PASSWORD: role.password } });
}

function write(script: Script, text: string, name = 'connections.yaml'): string {
  const file = join(script.directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return name;
}

/** A file of five, in no order of the alphabet. */
function five(script: Script): string {
  const root = relative(join(script.directory, 'ci'), server.caFile);
  const good = [
    `role: source, host: localhost, port: ${server.port}, database: ${database}, username: ${role.name}`,
    `sslMode: verify-full, sslRootCert: ${root}`,
  ].join(', ');
  return write(
    script,
    `connections:
      - { name: orders, ${good}, tags: [nightly, eu], secret: 'env:ORDERS_PASSWORD' }
      - { name: dead, role: destination, host: 127.0.0.1, port: 1, username: u, tags: [nightly] }
      - { name: no secret, ${good}, secret: 'env:NOT_SET' }
      - { name: all wrong, ${good}, tags: [eu], secret: 'env:WRONG' }
      - { name: bills, ${good}, secret: 'env:ORDERS_PASSWORD' }\n`,
    'ci/connections.yaml',
  );
}

describe('test --file', () => {
  test('tests what a file describes in its order, without a catalog', async () => {
    const script = withoutCatalog().given({ env: { WRONG: 'wrong' } });
    const file = five(script);

    const results = await script.answer(
      testResultListSchema,
      1,
    )`connections test --file ${file} --timeout 5s`;

    const told = results.map(({ connection, status, stages }) => {
      const rung = stages.find((it) => it.status === 'failed');
      return [connection, status, rung?.stage, rung?.code];
    });
    expect(told).toEqual([
      ['orders', 'passed', undefined, undefined],
      ['dead', 'failed', 'connect', 'connection_refused'],
      ['no secret', 'failed', 'authenticate', 'reference_missing'],
      ['all wrong', 'failed', 'authenticate', 'password_refused'],
      ['bills', 'passed', undefined, undefined],
    ]);
    // Nothing is saved, so that there is nothing to edit.
    expect(JSON.stringify(results)).not.toContain('connections edit');
    expect(JSON.stringify(results)).not.toContain(role.password);
    expect(readFileSync(script.home, 'utf8')).toBe('not a directory');
    await script.refused(6)`connections list`;
  });

  test('many at once leave nothing on standard error but how they went', async () => {
    const script = withoutCatalog();
    const entries = Array.from({ length: 24 }, (_, index) => ({
      ...{ name: `c${index}`, role: 'source', host: 'localhost', port: server.port, database },
      ...{ username: role.name, sslMode: 'require', secret: 'env:ORDERS_PASSWORD' },
    }));
    const file = write(script, JSON.stringify({ connections: entries }), 'many.json');
    const ended = await script.jackfield`connections test --file ${file} --concurrency 24 --json`;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr.split('\n').filter((line) => line !== '' && !/^✓ passed +c\d+ /.test(line))).toEqual(
      [],
    );
  });

  test('names, roles, tags and shards choose of it', async () => {
    const script = withoutCatalog();
    const file = five(script);
    const tested = async (exit: number, ...words: string[]) => {
      const results = await script.answer(
        testResultListSchema,
        exit,
      )`connections test --file ${file} ${words}`;
      return results.map(({ connection }) => connection);
    };

    expect(await tested(0, 'bills', 'orders')).toEqual(['orders', 'bills']);
    expect(await tested(0, ' orders ')).toEqual(['orders']);
    expect(await tested(1, 'no secret')).toEqual(['no secret']);
    expect(await tested(1, '--role', 'destination')).toEqual(['dead']);
    expect(await tested(0, '--tag', 'nightly', '--tag', 'eu')).toEqual(['orders']);
    expect(await tested(1, '--shard', '2/2')).toEqual(['dead', 'all wrong']);
    expect(await tested(0, '--tag', 'none', '--allow-empty')).toEqual([]);
    expect((await script.refused(2)`connections test --file ${file} --tag none`).code).toBe(
      'nothing_to_test',
    );
    const unknown = await script.refused(3)`connections test --file ${file} orders nowhere`;
    expect(unknown.message).toBe(`there is no connection "nowhere" in ${file}`);
  });

  test('reports it, and points annotations to the file', async () => {
    const script = withoutCatalog();
    const file = five(script);
    const inCi = script.given({ env: { GITHUB_WORKSPACE: script.directory } });

    const ended = await inCi.jackfield`connections test --file ${`./ci/../${file}`} dead bills --report github
      --report junit=junit.xml`;

    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^::error file=ci\/connections\.yaml,title=dead%3A connect failed::/m);
    expect(ended.stderr).toMatch(/^✗ failed {2}dead {2}.* {2}connect: connection_refused$/m);
    expect(ended.stderr).toMatch(/^✓ passed {2}bills {2}[\d.]+ m?s$/m);
    expect(ended.stdout).toMatch(/2 tested: 1 passed, 0 warned, 1 failed\n$/);
    expect(readFileSync(join(script.directory, 'junit.xml'), 'utf8')).toContain('classname="bills"');
    const quiet = await script.jackfield`connections test --file ${file} orders bills --quiet`;
    expect(quiet.stderr).toBe('');
  });

  test('cmd: and file: references need --trust-file, and each is resolved once a run', async () => {
    const script = withoutCatalog();
    const calls = join(script.directory, 'calls');
    const program = join(script.directory, 'secret.sh');
    writeFileSync(program, `#!/bin/sh\necho called >> ${calls}\nprintf %s '${role.password}'\n`, {
      mode: 0o700,
    });
    const entry = `role: source, host: localhost, port: ${server.port}, database: ${database},
      username: ${role.name}, sslMode: require, secret: 'cmd:${program}'`;
    const file = write(script, `connections: [{ name: a, ${entry} }, { name: b, ${entry} }]`);

    const refused = await script.refused(2)`connections test --file ${file}`;
    expect(refused).toMatchObject({ code: 'file_not_trusted', fix: expect.stringContaining('--trust-file') });
    expect(existsSync(calls)).toBe(false);
    const results = await script.answer(testResultListSchema)`connections test --file ${file} --trust-file`;
    expect(results.map(({ status }) => status)).toEqual(['passed', 'passed']);
    expect(readFileSync(calls, 'utf8')).toBe('called\n');
  });

  test('is refused before anything is dialled when anything in it is wrong', async () => {
    let dialled = 0;
    const listener = createServer((socket) => {
      dialled += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    afterwards(() => void listener.close());
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const script = withoutCatalog();
    const good = `role: source, host: 127.0.0.1, port: ${port}, username: u`;
    for (const [second, code] of [
      ['password: hunter2', 'bad_file'],
      ['secret: hunter2', 'bad_reference'],
      ['sslMode: verify-full, sslRootCert: nowhere.crt', 'bad_ssl_file'],
      ['options: { passfile: hunter2 }', 'bad_option'],
      ['tags: ["a,b"]', 'bad_tag'],
    ]) {
      const file = write(script, `connections: [{ name: a, ${good} }, { name: b, ${good}, ${second} }]`);
      const refused = await script.refused(2)`connections test --file ${file}`;
      expect(refused.code).toBe(code);
      expect(refused.message + refused.fix).not.toContain('hunter2');
    }
    expect((await script.refused(2)`connections test --file nowhere.yaml`).code).toBe('bad_file');
    const empty = write(script, 'connections: []');
    expect((await script.refused(2)`connections test --file ${empty}`).code).toBe('nothing_to_test');
    expect(dialled).toBe(0);
  });

  test('leaves no catalog where there was none', async () => {
    const script = newScript().given({ env: { ORDERS_PASSWORD: role.password } });
    await script.jackfield`connections test --file ${join(script.directory, five(script))} orders`;
    expect(readdirSync(script.directory).sort()).toEqual(['ci', 'vault-key']);
  });

  test.each([
    ['--all', ['--file', 'f', '--all']],
    ['an endpoint', ['--file', 'f', '--host', 'h']],
    ['a password', ['--file', 'f', '--no-password']],
    ['the name of an endpoint', ['--file', 'f', '--name', 'n']],
    ['--trust-file without a file', ['a', '--trust-file']],
    ['--shard with an endpoint', ['--shard', '1/2', '--role', 'source', '--host', 'h']],
  ])('%s is refused', async (_what, words) => {
    expect((await withoutCatalog().refused(2)`connections test ${words}`).code).toBe('conflicting_flags');
  });
});
