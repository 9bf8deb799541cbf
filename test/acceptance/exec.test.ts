import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/behind-our-back.ts';
import { issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { specialRoles, startServer } from '../support/postgres.ts';
import { jackfield } from '../support/program.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';
import { findTraces } from '../support/traces.ts';

const word = 'Kanarienvogel4711';
const password = `ü%40@#:\\'" ${word} 🔑`;
const server = serverFor(18);
let role: { name: string };
let script: Script;
/** The runtime directory of the test: what is handed over is in it, and nothing else. */
let runtime: string;

beforeAll(async () => {
  role = await server.createRole({ password });
});

beforeEach(async () => {
  const plain = newScript();
  runtime = join(plain.directory, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  script = plain.given({ env: { XDG_RUNTIME_DIR: runtime } });
  await add('orders');
});

const add = async (name: string, more: readonly string[] = ['--password-stdin'], major = server) => {
  const ended = await script.given({ stdin: password }).jackfield`connections add --role source --name ${name}
    --host ${major.host} --port ${major.port} --database postgres --username ${role.name}
    --ssl-mode verify-full --ssl-root-cert ${major.caFile} ${more}`;
  expect(ended.code, ended.stderr).toBe(0);
};

const handedOver = () => readdirSync(runtime);
const aNode = (code: string) => [process.execPath, '-e', code];
/** A program that says what it was given, then waits for a signal that ends it. */
const waiting = (then = '') =>
  aNode(`
    const fs = require('node:fs');
    ${then}
    fs.writeFileSync(process.env.READY, String(process.pid));
    setInterval(() => {}, 1e6);
  `);

/** Starts exec on a program that waits, until it does. */
const startWaiting = async (then = '', flags: readonly string[] = []) => {
  const ready = join(script.directory, 'ready');
  const running = script.given({ env: { READY: ready } })
    .start`connections exec orders ${flags} -- ${waiting(then)}`;
  await until('the program runs', () => existsSync(ready) && readFileSync(ready, 'utf8') !== '');
  return { running, pid: Number(readFileSync(ready, 'utf8')) };
};

describe.each(majors)('on PostgreSQL %i', (major) => {
  test('psql gets in, with standard input, output and exit code its own', async () => {
    const target = serverFor(major);
    const { name } = await target.createRole({ name: `hand_${process.pid}_${major}`, password });
    await add('target', ['--password-stdin', '--username', name, '--option', 'keepalives_idle=9'], target);
    const asked = await script.given({ stdin: 'select current_user, 6 * 7;' })
      .jackfield`connections exec target -- psql -XAtw`;
    expect([asked.code, asked.stdout, asked.stderr]).toEqual([0, `${name}|42\n`, '']);
    const failed = await script.jackfield`connections exec target -- psql -XAtwv ON_ERROR_STOP=1 -c ${'x'}`;
    expect(failed.code).toBe(1);
    expect(handedOver()).toEqual([]);
  });
});

test('pg_dump, which comes back for more connections, and another database of the server', async () => {
  const old = serverFor(12);
  const database = await old.createDatabase('create table orders (id int)');
  const { name, drop } = await old.createRole({ password, attributes: 'superuser' });
  await add('old', ['--password-stdin', '--username', name], old);
  const dumped =
    await script.jackfield`connections exec old -- pg_dump --no-password --schema-only --dbname ${database.name}`;
  expect(dumped.stdout, dumped.stderr).toContain('CREATE TABLE public.orders');
  await database.drop();
  await drop();
});

test('a program that knows only a URL, with --env-url', async () => {
  const pg = createRequire(import.meta.url).resolve('pg');
  const asks = `const { Client } = require(${JSON.stringify(pg)});
    const url = new URL(process.env.DATABASE_URL); url.search = '';
    const client = new Client({ connectionString: url.href, ssl: { ca: require('fs').readFileSync(process.env.PGSSLROOTCERT) } });
    client.connect().then(() => client.query('select current_user as me')).then(({ rows }) => {
      console.log(rows[0].me); process.exit(0); }, (error) => { console.log(error.message); process.exit(1); });`;
  const ended = await script.jackfield`connections exec orders --env-url DATABASE_URL -- ${aNode(asks)}`;
  expect(ended.stdout).toBe(`${role.name}\n`);
  const psql =
    await script.jackfield`connections exec orders --env-url DB -- sh -c ${'env -u PGPASSFILE psql -XAtwc "select 1" "$DB"'}`;
  expect(psql.stdout, psql.stderr).toBe('1\n');
});

test('a client key that is encrypted is opened by its password, from a service file', async () => {
  const { certificate } = specialRoles;
  const { certFile, keyFile } = await issue({
    ...{ ca: server.ca, client: certificate.name, keyPassphrase: `${word} # ü` },
  });
  const saved = await script.given({ stdin: `${word} # ü` })
    .jackfield`connections add --role source --name keyed --host ${server.host} --port ${server.port} --database postgres
    --username ${certificate.name} --ssl-mode verify-full --ssl-root-cert ${server.caFile} --ssl-cert ${certFile}
    --ssl-key ${keyFile} --no-password --ssl-key-password-stdin`;
  expect(saved.code, saved.stderr).toBe(0);
  const line = 'ls "$(dirname "$PGSERVICEFILE")"; psql -XAtwc "select current_user"; env';
  const asked = await script.jackfield`connections exec keyed -- sh -c ${line}`;
  expect(asked.stdout, asked.stderr).toMatch(new RegExp(`^service\n${certificate.name}\n`));
  expect(findTraces(word, asked.stdout)).toEqual([]);
});

test('a socket, and the second of several hosts, with a password', async () => {
  const own = await startServer({ major: 18, hba: 'local all by_socket scram-sha-256' });
  afterwards(() => own.stop());
  const { name } = await own.createRole({ name: 'by_socket', password });
  const at = [
    '--port',
    String(own.port),
    '--username',
    name,
    '--database',
    'postgres',
    '--ssl-mode',
    'prefer',
  ];
  for (const host of [own.socketDirectory, `127.0.0.2,${own.host}`]) {
    const saved = await script.given({ stdin: password })
      .jackfield`connections add --role source --name ${host} --host ${host} ${at} --password-stdin`;
    expect(saved.code, saved.stderr).toBe(0);
    const line = 'psql -XAtwc "select 1" && psql -XAtwc "select 2" "$DATABASE_URL"';
    const asked = await script.jackfield`connections exec ${host} --env-url DATABASE_URL -- sh -c ${line}`;
    expect(asked.stdout, asked.stderr).toBe('1\n2\n');
  }
});

test('the environment is that of the user, without what is ours or leads elsewhere', async () => {
  await add('other', ['--password-ref', 'env:OTHER_PASSWORD']);
  const surroundings = {
    PGHOST: 'elsewhere',
    PGPASSWORD: 'ambient',
    PGSERVICE: 'ambient',
    PGOPTIONS: '-c x=y',
    PGTZ: 'UTC',
    OTHER_PASSWORD: 'other',
    jackfield_lower: 'x',
    KEPT: 'yes',
  };
  const ended = await script.given({ env: surroundings }).jackfield`connections exec orders -- env`;
  const environment = Object.fromEntries(
    ended.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  );
  expect(environment).toMatchObject({ PGHOST: 'localhost', PGUSER: role.name, PGTZ: 'UTC', KEPT: 'yes' });
  const gone = ['PGPASSWORD', 'PGSERVICE', 'PGOPTIONS', 'OTHER_PASSWORD', 'jackfield_lower'];
  expect(gone.filter((name) => name in environment)).toEqual([]);
  expect(Object.keys(environment).filter((name) => /^JACKFIELD/i.test(name))).toEqual([]);
  expect(findTraces(word, ended.stdout)).toEqual([]);
});

test('its exit code is ours; a signal that ends it is 128 and its number', async () => {
  const ends = async (line: string) =>
    (await script.jackfield`connections exec orders -- sh -c ${line}`).code;
  expect(await ends('exit 0')).toBe(0);
  expect(await ends('exit 42')).toBe(42);
  expect(await ends('kill -TERM $$')).toBe(143);
  expect(await ends('kill -KILL $$')).toBe(137);
  expect(handedOver()).toEqual([]);
});

test('its exit code is ours where its standard output is full, which is its own business', async () => {
  if (process.platform !== 'linux') return;
  const line = 'exec "$@" > /dev/full';
  const ended = await jackfield(['connections', 'exec', 'orders', '--', ...aNode('process.exit(3)')], {
    ...script,
    under: ['/bin/sh', '-c', line, 'sh'],
  });
  expect([ended.code, ended.stderr]).toEqual([3, '']);
});

test('what is wrong before the program starts has our exit codes', async () => {
  await add('other', ['--password-ref', 'env:OTHER_PASSWORD']);
  const run = async (...words: string[]) => script.jackfield`connections exec ${words}`;
  expect((await run('orders', '--', 'no-such-program')).code).toBe(127);
  const file = join(script.directory, 'no-program');
  writeFileSync(file, 'x', { mode: 0o600 });
  expect((await run('orders', '--', file)).code).toBe(126);
  expect((await run('nobody', '--', 'true')).code).toBe(3);
  expect((await run('other', '--', 'true')).code).toBe(5);
  expect((await run('orders', 'psql', '-c', 'x')).code).toBe(2);
  expect((await run('orders')).stderr).toContain('--');
  expect(handedOver()).toEqual([]);
});

test('a password that no file can hold is told, and goes into a URL', async () => {
  await script.given({ env: { P: 'two\nlines' } }).jackfield`connections add --role source --name lines
    --host h --username u --database d --password-env P`;
  const refused = await script.jackfield`connections exec lines -- true`;
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('--env-url')]);
  const url = await script.jackfield`connections exec lines --env-url U -- sh -c ${'echo "$U"'}`;
  expect(url.stdout).toContain('u:two%0Alines@h:5432/d');
});

test('where no file can be written the program is not run', async () => {
  const nowhere = { XDG_RUNTIME_DIR: undefined, TMPDIR: join(script.directory, 'nowhere') };
  const ended = await script.given({ env: nowhere }).jackfield`connections exec orders --json -- echo run`;
  expect([ended.code, ended.stdout, ended.errorJson().code]).toEqual([5, '', 'handed_files_not_written']);
});

describe('what is handed over', () => {
  test('is in files of the user alone, and in nothing else that can be seen of us or the program', async () => {
    const { running, pid } = await startWaiting();
    const [directory = ''] = handedOver();
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(join(runtime, directory))).toBe(0o700);
    expect(readdirSync(join(runtime, directory))).toEqual(['passfile']);
    expect(mode(join(runtime, directory, 'passfile'))).toBe(0o600);
    for (const it of [running.pid, pid]) {
      expect(findTraces(word, readFileSync(`/proc/${it}/cmdline`))).toEqual([]);
      expect(findTraces(word, readFileSync(`/proc/${it}/environ`))).toEqual([]);
    }
    running.kill('SIGTERM');
    expect((await running.done).code).toBe(143);
    expect(handedOver()).toEqual([]);
  });

  test('is in the environment of the program alone where --env-url asks for it', async () => {
    const { running, pid } = await startWaiting('', ['--env-url', 'DATABASE_URL']);
    expect(findTraces(word, readFileSync(`/proc/${pid}/environ`))).not.toEqual([]);
    expect(findTraces(word, readFileSync(`/proc/${running.pid}/environ`))).toEqual([]);
    running.kill('SIGTERM');
    await running.done;
  });

  test('is gone after a SIGKILL of the program', async () => {
    const { running, pid } = await startWaiting();
    process.kill(pid, 'SIGKILL');
    expect((await running.done).code).toBe(137);
    expect(handedOver()).toEqual([]);
  });

  test('is gone after a SIGKILL of ours, by the watcher', async () => {
    const { running, pid } = await startWaiting();
    expect(handedOver()).toHaveLength(1);
    running.kill('SIGKILL');
    await until('the files are gone', () => handedOver().length === 0);
    process.kill(pid, 'SIGKILL');
  });

  test('is swept by the next run, or by doctor, where the watcher was killed too', async () => {
    const { running, pid } = await startWaiting();
    const [living = ''] = handedOver();
    // A process of that id began at another time: it is not the one.
    const left = living.replace(/\.\d+\.(\w{6})$/, '.1.$1');
    mkdirSync(join(runtime, left), { mode: 0o700 });
    writeFileSync(join(runtime, left, 'passfile'), 'x', { mode: 0o600 });
    const foreign = living.replace(/^jackfield-exec\.\w{8}/, 'jackfield-exec.00000000').replace('.', '.');
    mkdirSync(join(runtime, foreign), { mode: 0o700 });

    const looked = await script.jackfield`doctor`;
    expect([looked.code, looked.stdout]).toEqual([1, expect.stringContaining(left)]);
    expect((await script.jackfield`doctor --fix`).code).toBe(0);
    expect(handedOver().sort()).toEqual([living, foreign].sort());

    mkdirSync(join(runtime, left), { mode: 0o700 });
    await script.jackfield`connections exec orders -- true`;
    expect(handedOver().sort(), 'those of the living stay').toEqual([living, foreign].sort());
    running.kill('SIGTERM');
    await running.done;
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

describe('signals', () => {
  const counting = (signal: string) =>
    `let n = 0; process.on('${signal}', () => { n += 1; setTimeout(() => { console.log('got ' + n); process.exit(7); }, 300); });`;

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH'] as const)(
    '%s to us alone reaches the program, once',
    async (signal) => {
      const { running } = await startWaiting(counting(signal));
      running.kill(signal);
      const ended = await running.done;
      expect([ended.code, ended.stdout]).toEqual([7, 'got 1\n']);
      expect(handedOver()).toEqual([]);
    },
  );

  test('Ctrl-C on a terminal reaches the program once, and we wait for it', async () => {
    const terminal = await openTerminal(
      [
        ...['connections', 'exec', 'orders', '--'],
        ...aNode(`${counting('SIGINT')} console.log('ready'); setInterval(() => {}, 1e6)`),
      ],
      { home: script.home, env: script.env },
    );
    await terminal.waitFor('ready');
    terminal.press('ctrl-c');
    await terminal.waitFor('got 1');
    expect(await terminal.exit()).toEqual({ code: 7, signal: null });
    expect(handedOver()).toEqual([]);
  });

  test('psql at a terminal: a statement is cancelled by Ctrl-C, psql goes on', async () => {
    const terminal = await openTerminal(['connections', 'exec', 'orders', '--', 'psql', '-X'], {
      home: script.home,
      env: { ...script.env, PAGER: 'cat' },
    });
    await terminal.waitFor('postgres=');
    terminal.type('select pg_sleep(60);\r');
    await until('the statement runs', async () => {
      const rows = await server.run(
        `select 1 from pg_stat_activity where usename = '${role.name}' and query like 'select pg_sleep%' and state = 'active'`,
      );
      return rows.length > 0;
    });
    terminal.press('ctrl-c');
    await terminal.waitFor('canceling statement due to user request');
    terminal.type('select 6 * 7 as answer;\r');
    await terminal.waitFor('42');
    terminal.type('\\q\r');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(handedOver()).toEqual([]);
  });
});
