import { chmodSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/connections/connection.ts';
import { connectionFileSchema, importResultSchema } from '../../src/connections/schema.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';
import { filesWithTraces, findTraces } from '../support/traces.ts';

const word = 'Kanarienvogel4711';
const password = `%40@#:\\'"/? ${word} ü🔑`;
const fixtures = fileURLToPath(new URL('../fixtures/import/', import.meta.url));
const server = serverFor(18);
let role: { name: string };
let script: Script;

beforeAll(async () => {
  role = await server.createRole({ password });
});

beforeEach(() => {
  script = newScript();
});

const inDirectory = (name: string, text: string) => {
  const path = join(script.directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const encoded = encodeURIComponent(password).replaceAll("'", '%27');
const url = () =>
  `postgresql://${role.name}:${encoded}@${server.host}:${server.port}/postgres?sslmode=verify-full&sslrootcert=${server.caFile}`;
const json = (value: unknown) => JSON.stringify(value);

/** What psql says of a connection that was imported: the user it got in as. */
const whoIs = async (name: string, by = script) =>
  (await by.jackfield`connections exec ${name} -- psql -XAtwc ${'select current_user'}`).stdout.trimEnd();

/** How each format says the same connection with the same awkward password. */
const formats: readonly [name: string, file: string, write: () => string, saved: string][] = [
  ['a .env file', '.env', () => `export SHOP_URL="${url().replaceAll('$', '\\$')}"\n`, 'shop'],
  [
    'PG* variables of one',
    'pg.env',
    () =>
      `PGHOST=${server.host}\nPGPORT=${server.port}\nPGUSER=${role.name}\nPGDATABASE=postgres\nPGSSLMODE=verify-full\n` +
      `PGSSLROOTCERT=${server.caFile}\nPGPASSWORD="${password.replace(/["\\$]/g, '\\$&')}"\n`,
    'postgres',
  ],
  [
    'a service file',
    'pg_service.conf',
    () =>
      `[shop]\nhost=${server.host}\nport=${server.port}\nuser=${role.name}\ndbname=postgres\nsslmode=verify-full\n` +
      `sslrootcert=${server.caFile}\npassword=${password}\n`,
    'shop',
  ],
  [
    'profiles.yml',
    'profiles.yml',
    () =>
      json({
        shop: {
          outputs: { dev: { ...dbtFields(), password, schema: 'public', type: 'postgres', threads: 1 } },
        },
      }),
    'shop-dev',
  ],
  [
    'a JSON export of Airflow',
    'airflow.json',
    () =>
      json({
        shop: {
          ...{ conn_type: 'postgres', login: role.name, password, host: server.host, port: server.port },
          ...{ schema: 'postgres', extra: json({ sslmode: 'verify-full', sslrootcert: server.caFile }) },
        },
      }),
    'shop',
  ],
  [
    'an env export of Airflow',
    'airflow.env',
    () => `AIRFLOW_CONN_SHOP=${url().replace('postgresql:', 'postgres:')}\n`,
    'shop',
  ],
  [
    "sling's env.yaml",
    'env.yaml',
    () =>
      json({
        connections: { SHOP: { ...dbtFields(), database: 'postgres', password, type: 'postgres' } },
      })
        .replace('{"connections":', 'connections:\n  ')
        .replace(/\}$/, ''),
    'SHOP',
  ],
  [
    "DBeaver's data-sources.json",
    'data-sources.json',
    () =>
      json({
        connections: {
          id: {
            ...{ provider: 'postgresql', driver: 'postgres-jdbc', name: 'shop' },
            configuration: {
              ...{
                host: server.host,
                port: String(server.port),
                database: 'postgres',
                user: role.name,
                password,
              },
              handlers: {
                postgre_ssl: {
                  enabled: true,
                  properties: { sslMode: 'verify-full', 'ssl.ca.cert': server.caFile },
                },
              },
            },
          },
        },
      }),
    'shop',
  ],
];
const dbtFields = () => ({
  ...{ host: server.host, user: role.name, port: server.port, dbname: 'postgres' },
  ...{ sslmode: 'verify-full', sslrootcert: server.caFile },
});

describe.each(formats)('%s', (_what, file, write, name) => {
  test('is taken over so that psql gets in, and a second time is the same; its password is nowhere to be seen', async () => {
    const path = inDirectory(file, write());
    const shown = await script.jackfield`connections import ${path} --dry-run`;
    expect(shown.code, shown.stdout + shown.stderr).toBe(0);
    expect(await script.saved()).toEqual([]);
    const steps = await script.answer(importResultSchema)`connections import ${path} --yes`;
    expect(steps).toMatchObject([{ action: 'add', name, done: true, password: 'given', file: path }]);
    expect(await whoIs(name)).toBe(role.name);
    const again = await script.jackfield`connections import ${path}`;
    expect([again.code, again.stdout]).toEqual([0, '1 unchanged\n']);
    expect(findTraces(word, shown.stdout + shown.stderr + json(steps))).toEqual([]);
    writeFileSync(path, '');
    expect(filesWithTraces(word, script.directory)).toEqual([]);
  });
});

test('a service file with its password in .pgpass, which must be closed to others', async () => {
  const service = inDirectory(
    'pg_service.conf',
    `[shop]\nhost=${server.host}\nport=${server.port}\nuser=${role.name}\ndbname=postgres\nsslmode=verify-full\nsslrootcert=${server.caFile}\n`,
  );
  const passfile = inDirectory('.pgpass', `*:*:*:${role.name}:${password.replace(/[\\:]/g, '\\$&')}\n`);
  chmodSync(passfile, 0o644);
  const open = await script.jackfield`connections import ${service} --dry-run`;
  expect([open.stdout, open.stderr]).toEqual([
    expect.stringContaining('no password'),
    expect.stringContaining('chmod 600'),
  ]);
  chmodSync(passfile, 0o600);
  expect((await script.jackfield`connections import ${service} --yes`).code).toBe(0);
  expect(await whoIs('shop')).toBe(role.name);
});

test('a URL from a variable, under a name and role of choice', async () => {
  const by = script.given({ env: { DATABASE_URL: url() } });
  const steps = await by.answer(
    importResultSchema,
  )`connections import --url-env DATABASE_URL --name target --role destination --yes`;
  expect(steps).toMatchObject([{ action: 'add', name: 'target', role: 'destination', line: null }]);
  expect(await whoIs('target')).toBe(role.name);
  expect((await script.jackfield`connections import --url-env DATABASE_URL`).code).toBe(5);
});

test('standard input', async () => {
  const by = script.given({ stdin: readFileSync(join(fixtures, 'airflow.json'), 'utf8') });
  const steps = await by.answer(importResultSchema, 1)`connections import - --yes`;
  expect(steps.map(({ action, line }) => [action, line])).toContainEqual(['add', 2]);
});

test('one bad entry does not stop the rest, is named by its line, and makes the exit code 1', async () => {
  const path = inDirectory(
    'x.env',
    `A_URL=postgresql://u:p@h/d\nB_URL=postgresql://u:p@h:x/d\nC_URL=postgresql://u@h/e\n`,
  );
  const ended = await script.jackfield`connections import ${path} --yes`;
  expect(ended.code).toBe(1);
  expect(ended.stdout).toContain(`${path}:2: `);
  expect(ended.stdout).toContain('2 added, 1 bad');
  expect((await script.saved()).map(({ name }) => name)).toEqual(['a', 'c']);
});

test('what differs is left unless --update; a name of another is a conflict unless renamed', async () => {
  const path = inDirectory('x.env', 'A_URL=postgresql://u:p@h/d?sslmode=require\n');
  await script.jackfield`connections import ${path} --yes`;
  writeFileSync(path, 'A_URL=postgresql://u:q@h/d?sslmode=verify-full\n');
  const [left] = await script.answer(importResultSchema, 1)`connections import ${path} --yes`;
  expect(left).toMatchObject({ action: 'change', changes: ['sslMode', 'password'], done: false });
  const [changed] = await script.answer(importResultSchema)`connections import ${path} --yes --update`;
  expect(changed).toMatchObject({ action: 'change', done: true });
  writeFileSync(path, 'A_URL=postgresql://u:q@elsewhere/d\n');
  const [conflict] = await script.answer(importResultSchema, 1)`connections import ${path} --yes --update`;
  expect(conflict).toMatchObject({ action: 'conflict', name: 'a', done: false });
  const renamed = await script.answer(
    importResultSchema,
  )`connections import ${path} --yes --rename-conflicts`;
  expect(renamed).toMatchObject([{ action: 'add', name: 'a-2', done: true }]);
});

test('is refused where it changes something and nobody can be asked', async () => {
  const path = inDirectory('x.env', 'A_URL=postgresql://u:p@h/d\n');
  expect(await script.refused(4)`connections import ${path}`).toMatchObject({ code: 'not_confirmed' });
  expect(await script.refused(2)`connections import ${join(script.directory, 'nowhere')}`).toMatchObject({
    code: 'bad_file',
  });
  const none = inDirectory('notes.txt', 'nothing of the kind');
  expect(await script.refused(2)`connections import ${none}`).toMatchObject({ code: 'unknown_format' });
  expect(await script.refused(2)`connections import`).toMatchObject({ code: 'missing_argument' });
  expect(await script.saved()).toEqual([]);
});

test('without a key for the vault nothing is stored, and the exit code is 5', async () => {
  const path = inDirectory('x.env', 'A_URL=postgresql://u:p@h/d\n');
  const by = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
  expect((await by.jackfield`connections import ${path} --yes`).code).toBe(5);
  expect(await script.saved()).toEqual([]);
});

test('every fixture, one after another: the good ones are saved, the bad ones named', async () => {
  cpSync(fixtures, join(script.directory, 'fixtures'), { recursive: true });
  const by = script.given({
    cwd: join(script.directory, 'fixtures'),
    env: { DBT_USER: 'u', SLING_HOST: 'sling.example.com' },
  });
  let count = 0;
  for (const [file, more] of [
    ['pg_service.conf', ['--credentials', 'pgpass']],
    ['dotenv', ['--from', 'env']],
    ['profiles.yml', []],
    ['airflow.json', []],
    ['data-sources.json', []],
    ['env.yaml', []],
    ['connections.yaml', []],
  ] as const) {
    chmodSync(join(script.directory, 'fixtures', 'pgpass'), 0o600);
    const ended = await by.jackfield`connections import ${file} ${more} --yes --rename-conflicts --json`;
    expect(ended.code, ended.stderr).toBe(1);
    const steps = importResultSchema.parse(ended.json());
    count += steps.filter(({ done }) => done).length;
    expect(steps.filter(({ action }) => action === 'bad').length, file).toBeGreaterThan(0);
    expect(ended.stdout).not.toMatch(/hunter2|100%/);
  }
  expect(await script.saved()).toHaveLength(count);
});

describe('an export', () => {
  /** What must come back: all but the id, the times and the tests. */
  const told = (connections: readonly Connection[]) =>
    connections.map(({ id, createdAt, updatedAt, lastTest, lastPassedAt, ...rest }) => rest);

  const fill = async () => {
    const env = { DATABASE_URL: url() };
    const add = script.given({ env });
    await add.jackfield`connections add --role source --name shop --url-env DATABASE_URL --tag prod --schema sales
      --option ${'application_name=it\'s "one" #1'}`;
    await script.jackfield`connections add --role destination --name ${'ware house'} --host h --username u --database d
      --password-ref env:WAREHOUSE_PASSWORD`;
    await script.jackfield`connections add --role source --name open --host h2 --username u --database d --no-password`;
  };

  test('in the clear has references and no password, and is what import and apply read', async () => {
    await fill();
    const shown = await script.jackfield`connections export`;
    expect(findTraces(word, shown.stdout)).toEqual([]);
    expect(shown.stdout).toContain('those of: shop');
    const file = await script.answer(connectionFileSchema)`connections export`;
    expect(file.connections?.map(({ name, secret }) => [name, secret])).toEqual([
      ['open', null],
      ['shop', undefined],
      ['ware house', 'env:WAREHOUSE_PASSWORD'],
    ]);
    const path = inDirectory('out.yaml', shown.stdout);
    expect((await script.jackfield`apply --file ${path}`).stdout).toContain('3 unchanged');
    expect((await script.jackfield`connections import ${path}`).stdout).toBe('3 unchanged\n');
    const other = newScript();
    expect((await other.jackfield`connections import ${path} --yes`).code).toBe(0);
    expect((await other.saved()).map(({ name }) => name)).toEqual(['open', 'shop', 'ware house']);
  });

  test('with secrets is sealed, and gives the same connections elsewhere', async () => {
    await fill();
    const passphrase = { JACKFIELD_EXPORT_PASSPHRASE: 'correct horse battery' };
    const path = join(script.directory, 'sealed');
    const by = script.given({ env: passphrase });
    const written = await by.jackfield`connections export --with-secrets --file ${path}`;
    expect([written.code, written.stdout]).toEqual([0, '']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(findTraces(word, readFileSync(path))).toEqual([]);
    expect(readFileSync(path, 'utf8')).not.toContain('shop');

    const other = newScript();
    const there = other.given({ env: passphrase });
    const steps = await there.answer(importResultSchema)`connections import ${path} --yes`;
    expect(steps.map(({ action, password }) => [action, password])).toEqual([
      ['add', 'none'],
      ['add', 'given'],
      ['add', 'env'],
    ]);
    expect(told(await other.saved())).toEqual(told(await script.saved()));
    expect(await whoIs('shop', other)).toBe(role.name);
    expect((await there.jackfield`connections import ${path}`).stdout).toBe('3 unchanged\n');

    expect(await other.refused(5)`connections import ${path} --yes`).toMatchObject({ code: 'export_locked' });
    const wrong = other.given({ env: { JACKFIELD_EXPORT_PASSPHRASE: 'wrong horse' } });
    expect(await wrong.refused(5)`connections import ${path}`).toMatchObject({
      code: 'export_wrong_passphrase',
    });
  });

  test('for libpq is read by psql, with the password from elsewhere', async () => {
    await fill();
    const path = join(script.directory, 'pg_service.conf');
    const ended = await script.jackfield`connections export shop open --format pg-service --file ${path}`;
    expect(ended.code, ended.stderr).toBe(0);
    expect(findTraces(word, readFileSync(path))).toEqual([]);
    const asked = await script.given({ env: { PGPASSWORD: 'x' } })
      .jackfield`connections exec shop -- sh -c ${`PGSERVICEFILE=${path} PGSERVICE=shop psql -XAtwc "select current_setting('application_name')"`}`;
    expect(asked.stdout, asked.stderr).toBe('it\'s "one" #1\n');
    const again = await script.jackfield`connections import ${path} --credentials /dev/null --dry-run`;
    expect(again.stdout).toContain('2 unchanged');
  });

  test('does not write over a file, nor through a link, unless asked', async () => {
    await fill();
    const path = inDirectory('there', 'mine');
    expect(await script.refused(4)`connections export --file ${path}`).toMatchObject({ code: 'file_exists' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect((await script.jackfield`connections export --file ${path} --overwrite`).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('name: shop');
    const nowhere = join(script.directory, 'no', 'such');
    expect(await script.refused(2)`connections export --file ${nowhere}`).toMatchObject({
      code: 'file_not_writable',
    });
    expect(existsSync(nowhere)).toBe(false);
  });

  test('of nothing, of nobody and of what contradicts itself is refused', async () => {
    expect(await script.refused(2)`connections export`).toMatchObject({ code: 'nothing_to_export' });
    expect(await script.refused(3)`connections export nobody`).toMatchObject({ code: 'no_such_connection' });
    await fill();
    expect(await script.refused(2)`connections export shop --role source`).toMatchObject({
      code: 'conflicting_flags',
    });
    expect(await script.refused(2)`connections export --with-secrets`).toMatchObject({
      code: 'conflicting_flags',
    });
    const locked = await script.jackfield`connections export --with-secrets`;
    expect([locked.code, locked.stderr]).toEqual([5, expect.stringContaining('JACKFIELD_EXPORT_PASSPHRASE')]);
  });
});

describe('at a terminal', () => {
  test('the plan is shown before it is asked for, and what differs is asked for by itself', async () => {
    const path = inDirectory('x.env', 'A_URL=postgresql://u:p@h/d?sslmode=require\n');
    const open = () => openTerminal(['connections', 'import', path], { home: script.home, env: script.env });
    const first = await open();
    await first.waitFor('Import this?');
    expect(first.screen()).toContain('add       source  a');
    first.type('y\r');
    expect((await first.exit()).code).toBe(0);
    writeFileSync(path, 'A_URL=postgresql://u:q@h/d?sslmode=require\nB_URL=postgresql://u@h/e\n');
    const second = await open();
    await second.waitFor('Change what is saved too?');
    second.type('n\r');
    await second.waitFor('Import this?');
    second.type('y\r');
    await second.waitFor('1 added, 1 not changed');
    expect((await second.exit()).code).toBe(1);
  });

  test('the passphrase of an export is asked for twice, and once to open it', async () => {
    await script.jackfield`connections add --role source --name open --host h2 --username u --database d --no-password`;
    const path = join(script.directory, 'sealed');
    const at = { home: script.home, env: script.env };
    const writing = await openTerminal(['connections', 'export', '--with-secrets', '--file', path], at);
    await writing.waitFor('Passphrase for the export');
    writing.type('correct horse\r');
    await writing.waitFor('once more');
    writing.type('correct horse\r');
    expect((await writing.exit()).code).toBe(0);
    const reading = await openTerminal(['connections', 'import', path], at);
    await reading.waitFor("The export's passphrase");
    reading.type('wrong\r');
    await reading.waitFor('does not open the export');
    reading.type('correct horse\r');
    await reading.waitFor('1 unchanged');
    expect((await reading.exit()).code).toBe(0);
  });
});
