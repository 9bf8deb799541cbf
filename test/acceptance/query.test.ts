import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { connectionSchema } from '../../src/connections/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { parseCsv } from '../support/csv.ts';
import type { TestServer } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/** One value of each kind that is easily harmed, and what JSON makes of it. */
const values: readonly (readonly [sql: string, text: string | null, json: unknown])[] = [
  ['null::text', null, null],
  ["''", '', ''],
  ["'NULL'", 'NULL', 'NULL'],
  ['\'a,"b"\'', 'a,"b"', 'a,"b"'],
  ["E'line\\r\\nbreak\\ttab \\u00e9 \\U0001F600'", 'line\r\nbreak\ttab é 😀', 'line\r\nbreak\ttab é 😀'],
  ["'\\.'", '\\.', '\\.'],
  ["'\\x00ff5c'::bytea", '\\x00ff5c', '\\x00ff5c'],
  ['32767::int2', '32767', 32767],
  ['(-2147483648)::int4', '-2147483648', -2147483648],
  ['9007199254740991::int8', '9007199254740991', 9007199254740991],
  ['9223372036854775807::int8', '9223372036854775807', '9223372036854775807'],
  ['19.90::numeric', '19.90', 19.9],
  [
    '3.14159265358979323846264338327950288419716939937510::numeric',
    '3.14159265358979323846264338327950288419716939937510',
    '3.14159265358979323846264338327950288419716939937510',
  ],
  ["'NaN'::numeric", 'NaN', 'NaN'],
  ['0.1::float8 + 0.2', '0.30000000000000004', 0.30000000000000004],
  ['0.1::float4', '0.1', 0.1],
  ["'-Infinity'::float8", '-Infinity', '-Infinity'],
  ['1e300::float8', '1e+300', 1e300],
  ['true', 't', true],
  [
    '\'{"a": [1, {"b": null}], "n": 1e2}\'::json',
    '{"a": [1, {"b": null}], "n": 1e2}',
    { a: [1, { b: null }], n: 100 },
  ],
  ['\'{"é":   "\\u0041"}\'::jsonb', '{"é": "A"}', { é: 'A' }],
  ["array['a', null, 'NULL', 'b,\"c\"']", '{a,NULL,"NULL","b,\\"c\\""}', '{a,NULL,"NULL","b,\\"c\\""}'],
  [
    "timestamptz '2026-03-01 12:34:56.123456+00'",
    '2026-03-01 12:34:56.123456+00',
    '2026-03-01 12:34:56.123456+00',
  ],
  ["timestamp '0044-03-15 BC'", '0044-03-15 00:00:00 BC', '0044-03-15 00:00:00 BC'],
  ["date 'infinity'", 'infinity', 'infinity'],
  [
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ],
  ["row(1, 'x y', null)", '(1,"x y",)', '(1,"x y",)'],
];

const newMarker = () => `canary-${randomBytes(6).toString('hex')}`;

const allValues = `select ${values.map(([sql], index) => `${sql} as c${index}`).join(', ')}`;

describe.each(majors)('query on PostgreSQL %i', (major) => {
  let server: TestServer;
  let script: Script;
  let database: string;
  let role: { readonly name: string; readonly password: string };

  beforeAll(async () => {
    server = serverFor(major);
    role = await server.createRole();
    ({ name: database } = await server.createDatabase(`
      create schema "Sales; drop";
      create table "Sales; drop".orders (id int primary key, note text);
      insert into "Sales; drop".orders values (1, 'first'), (2, null);
      grant usage on schema "Sales; drop" to ${role.name};
      grant all on all tables in schema "Sales; drop" to ${role.name};
      create schema landing authorization ${role.name};
    `));
    // What a role prefers must not harm what is printed.
    await server.run(`
      alter role ${role.name} set datestyle = 'German';
      alter role ${role.name} set extra_float_digits = '-5';
      alter role ${role.name} set bytea_output = 'escape';
      alter role ${role.name} set timezone = 'UTC';
    `);
    script = newScript();
    for (const [name, as, schema] of [
      ['Orders', 'source', 'Sales; drop'],
      ['Landing', 'destination', 'landing'],
    ] as const) {
      await script.given({ stdin: role.password }).answer(connectionSchema)`connections add --role ${as}
        --name ${name} --host localhost --port ${server.port} --database ${database} --username ${role.name}
        --schema ${schema} --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    }
  });

  async function answer(words: readonly string[], stdin?: string): Promise<string> {
    const asked = stdin === undefined ? script : script.given({ stdin });
    const { code, stdout, stderr } = await asked.jackfield`connections query ${words}`;
    expect(code, stderr).toBe(0);
    return stdout;
  }

  test('loses nothing in CSV, JSON, NDJSON and YAML', async () => {
    const texts = Object.fromEntries(values.map(([, text], index) => [`c${index}`, text]));
    const json = Object.fromEntries(values.map(([, , value], index) => [`c${index}`, value]));

    expect(parseCsv(await answer(['Orders', allValues, '--output', 'csv']))).toEqual([texts]);
    expect(JSON.parse(await answer(['Orders', allValues, '--json']))).toEqual([json]);
    expect(JSON.parse(await answer(['Orders', allValues, '--output', 'ndjson']))).toEqual(json);
    expect(parseYaml(await answer(['Orders', allValues, '--output', 'yaml']))).toEqual([json]);
  });

  test("finds the tables of the connection's schema first, and as a table shows NULL and counts", async () => {
    expect(await answer(['Orders', 'select * from orders order by id'])).toBe(
      'id  note\n 1  first\n 2  ∅\n2 rows\n',
    );
    expect(await answer(['Orders', 'select * from orders order by id', '--output', 'markdown'])).toBe(
      '| id | note |\n| ---: | --- |\n| 1 | first |\n| 2 | *NULL* |\n',
    );
  });

  test('takes the SQL from a file and from standard input, several statements too', async () => {
    const file = join(script.directory, 'report.sql');
    writeFileSync(file, "\ufeff-- a report\nselect 1 as a; -- done\nselect ';' as b\n");
    expect(await answer(['Orders', '--file', file, '--json'])).toBe(
      '[[\n  {"a": 1}\n],\n[\n  {"b": ";"}\n]]\n',
    );
    expect(await answer(['Orders', '--output', 'csv'], 'select 1 as a;\nselect 2 as b;\n')).toBe(
      'a\n1\n\nb\n2\n',
    );
    expect((await script.refused(2)`connections query Orders`).code).toBe('no_statement');
    expect((await script.refused(2)`connections query Orders ${'select 1'} --file ${file}`).code).toBe(
      'conflicting_flags',
    );
    expect((await script.refused(2)`connections query Orders --file ${`${file}.gone`}`).code).toBe(
      'bad_file',
    );
    expect((await script.refused(3)`connections query Nothing ${'select 1'}`).code).toBe(
      'no_such_connection',
    );
  });

  test('binds parameters, and never puts them into the text', async () => {
    const evil = "1'; drop table orders; --";
    const sql = 'select :id::int as id, :text as text, :id::int + 1 as next';
    const words = ['Orders', sql, '--param', 'id=41', '--param', `text=${evil}`, '--json'];
    expect(JSON.parse(await answer(words))).toEqual([{ id: 41, text: evil, next: 42 }]);
    const orders = ['Orders', 'select note from orders where id = :id', '--param', 'id=1', '--output', 'csv'];
    expect(await answer(orders)).toBe('note\nfirst\n');
    expect((await script.refused(2)`connections query Orders ${'select :a'}`).code).toBe('unknown_parameter');
    expect((await script.refused(2)`connections query Orders ${'select 1'} --param a=1`).code).toBe(
      'unused_parameter',
    );
  });

  test('points at the place of an error, in the whole text', async () => {
    const sql = "select 'é😀' as a;\n\n  select :long_name::text,\n    'ü' || bad from orders";
    const words = ['Orders', sql, '--param', 'long_name=x'];
    const { code, stdout, stderr } = await script.jackfield`connections query ${words}`;
    expect(code).toBe(7);
    expect(stdout).toBe('a\né😀\n1 row\n');
    expect(stderr).toBe(
      `jackfield: line 4, column 12: column "bad" does not exist (42703)\n` +
        `      'ü' || bad from orders\n             ^\n` +
        `  → jackfield connections discover NAME --table TABLE shows the columns there are\n`,
    );
    const error = await script.refused(7)`connections query Orders ${'select\n nothing_here()'}`;
    expect(error).toMatchObject({
      code: 'query_failed',
      message: expect.stringContaining('line 2, column 2'),
    });
    expect(error.message).toContain('(42883)');
    // The server's own hint is the fix.
    expect(error.fix).toMatch(/^No function /);
  });

  test('shows no more of a table than is asked for, and all where nothing is said', async () => {
    const rows = 'select generate_series(1, 1000) as n';
    expect(await answer(['Orders', `${rows}; select 7 as m`, '--limit', '2'])).toBe(
      '   n\n   1\n   2\n… the first 2 rows; --limit 0 shows all\n\nm\n7\n1 row\n'.replace(/^ {3}/gm, ''),
    );
    expect(await answer(['Orders', rows, '--limit', '1000'])).toMatch(/\n1000\n1,000 rows\n$/);
    expect((await answer(['Orders', rows, '--output', 'csv'])).split('\n')).toHaveLength(1002);
  });

  async function running(marker: string): Promise<number> {
    const sql = `select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%${marker}%'
      and pid <> pg_backend_pid()`;
    return Number((await server.run(sql))[0]?.n);
  }

  const untilRunning = (count: number, marker: string) =>
    until(`${count} of ${marker} run on the server`, async () => (await running(marker)) === count);

  test('a time-out cancels the statement on the server', async () => {
    const started = performance.now();
    const marker = newMarker();
    const seen = untilRunning(1, marker);
    const error = await script.refused(7)`connections query Orders
      ${`select /* ${marker} */ pg_sleep(60)`} --timeout 2s`;
    expect(error.code).toBe('query_timeout');
    expect(performance.now() - started).toBeLessThan(5_000);
    await seen;
    await untilRunning(0, marker);
  });

  test.each([
    ['one that is silent', 'select pg_sleep(60)'],
    ['one that says much', 'select generate_series(1, 1000000000)'],
    ['one that works', 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b'],
  ])('Ctrl-C cancels on the server: %s', async (_what, sql) => {
    const marker = newMarker();
    const query = script.start`connections query Orders ${sql.replace('select', `select /* ${marker} */`)} --output csv`;
    await untilRunning(1, marker);
    const pressed = performance.now();
    query.kill('SIGINT');
    const { code, stderr } = await query.done;
    expect(code, stderr).toBe(130);
    expect(performance.now() - pressed).toBeLessThan(2_500);
    await untilRunning(0, marker);
  });

  test('--write is all or nothing', async () => {
    await answer(['Landing', '--write', 'create table t (n int primary key)']);
    const failed = await script.jackfield`connections query Landing --write
      ${'insert into t values (1); insert into t values (1)'}`;
    expect(failed.code).toBe(7);
    expect(failed.stderr).toContain('(23505): Key (n)=(1) already exists.');
    expect(await answer(['Landing', 'select count(*) as n from t', '--output', 'csv'])).toBe('n\n0\n');

    const { stdout, stderr } = await script.jackfield`connections query Landing --write --json
      ${'insert into t values (1), (2); select n from t order by n; update t set n = n + 1 where n = 2 returning n'}`;
    expect(JSON.parse(stdout)).toEqual([[], [{ n: 1 }, { n: 2 }], [{ n: 3 }]]);
    expect(stderr).toBe('✓ INSERT, 2 rows\n');
    const one =
      await script.jackfield`connections query Landing --write --json ${'update t set n = 1 where n = 1'}`;
    expect(one.stderr).toBe('✓ UPDATE, 1 row\n');
    // What no transaction may stand around runs alone, and alone only.
    expect(await answer(['Landing', '--write', 'vacuum t'])).toBe('VACUUM\n');
    expect(
      (await script.refused(7)`connections query Landing --write ${'vacuum t; select 1'}`).fix,
    ).toContain('alone');
    const left = await script.refused(4)`connections query Landing --write ${'commit; delete from t'}`;
    expect(left.code).toBe('transaction_left');
    expect(await answer(['Landing', 'select count(*) as n from t', '--output', 'csv'])).toBe('n\n2\n');
    expect((await script.jackfield`connections query Landing --write ${'copy t from stdin'}`).code).toBe(4);
  });

  test('what the server says beside its answers goes to standard error', async () => {
    const sql = "do $$begin raise notice 'look\u001b[2J here'; end$$";
    const { code, stdout, stderr } = await script.jackfield`connections query Orders ${sql}`;
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'DO\n',
      stderr: 'NOTICE: look\\x1b[2J here\n',
    });
  });
});

test('--editor needs a terminal, and formats of query alone are refused elsewhere', async () => {
  const script = newScript();
  const { port, caFile } = serverFor(18);
  await script.answer(
    connectionSchema,
  )`connections add --role source --name Orders --host localhost --port ${port}
    --username u --ssl-mode verify-full --ssl-root-cert ${caFile} --no-password`;
  expect((await script.refused(2)`connections query Orders --editor`).code).toBe('not_a_terminal');
  const listed = await script.jackfield`connections list --output ndjson`;
  expect(listed.code).toBe(2);
  expect(listed.stderr).toContain('did you mean --output json?');
  const unknown = await script.jackfield`connections query Orders ${'select 1'} --output xml`;
  expect(unknown.stderr).toContain('use --output table, json, csv, yaml, ndjson, markdown\n');
});
