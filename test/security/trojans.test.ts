import { beforeAll, describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { discoverySchema } from '../../src/metadata/schema.ts';
import { afterwards } from '../support/clean-up.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/*
 * Rows 34 and 33 of what must hold, against real servers: objects that somebody put into the user's
 * search_path are not used instead of pg_catalog's (CVE-2018-1058), all is asked within a READ ONLY
 * transaction that waits for nothing long, and names of any kind are names.
 */

/**
 * A trojan of each kind, in front of pg_catalog or with arguments that fit better than its own. Each
 * writes that it was called, by a sequence, which no rollback takes back, and raises.
 */
const trojans = `
  create sequence public.calls;
  grant all on sequence public.calls to public;
  create function public.spring(what text) returns boolean volatile language plpgsql security definer as $$
  begin
    perform nextval('public.calls');
    raise exception 'a trojan was called: %', what;
  end $$;

  create function public.current_setting(name varchar) returns text language sql as
    $$ select public.spring('current_setting')::text $$;
  create function public.version(x int default 0) returns text language sql as
    $$ select public.spring('version')::text $$;
  create function public.pg_is_in_recovery(x int default 0) returns boolean language sql as
    $$ select public.spring('pg_is_in_recovery') $$;
  create function public.current_database(x int default 0) returns name language sql as
    $$ select public.spring('current_database')::text::name $$;
  create function public.has_table_privilege(table_ oid, privilege varchar) returns boolean language sql as
    $$ select public.spring('has_table_privilege') $$;
  create function public.has_table_privilege(table_ oid, privilege text) returns boolean language sql as
    $$ select public.spring('has_table_privilege') $$;
  create function public.has_any_column_privilege(table_ oid, privilege text) returns boolean language sql as
    $$ select public.spring('has_any_column_privilege') $$;
  create function public.has_schema_privilege(schema_ oid, privilege text) returns boolean language sql as
    $$ select public.spring('has_schema_privilege') $$;
  create function public.has_database_privilege(database_ name, privilege text) returns boolean language sql as
    $$ select public.spring('has_database_privilege') $$;
  create function public.format_type(type oid, modifier int) returns text language sql as
    $$ select public.spring('format_type')::text $$;
  create function public.pg_get_expr(expression pg_node_tree, relation oid) returns text language sql as
    $$ select public.spring('pg_get_expr')::text $$;
  create function public.split_part(text_ text, delimiter text, field int) returns text language sql as
    $$ select public.spring('split_part')::text $$;
  create function public.to_json(value anyelement) returns json language sql as
    $$ select public.spring('to_json')::text::json $$;

  create function public.equals(a name, b text) returns boolean language sql as $$ select public.spring('name = text') $$;
  create operator public.= (leftarg = name, rightarg = text, procedure = public.equals);
  create function public.equals(a oid, b oid) returns boolean language sql as $$ select public.spring('oid = oid') $$;
  create operator public.= (leftarg = oid, rightarg = oid, procedure = public.equals);
  create function public.equals(a "char", b text) returns boolean language sql as $$ select public.spring('"char" = text') $$;
  create operator public.= (leftarg = "char", rightarg = text, procedure = public.equals);
  create function public.equals(a "char", b "char") returns boolean language sql as $$ select public.spring('"char" = "char"') $$;
  create operator public.= (leftarg = "char", rightarg = "char", procedure = public.equals);
  create function public.unlike(a name, b text) returns boolean language sql as $$ select public.spring('name !~~ text') $$;
  create operator public.!~~ (leftarg = name, rightarg = text, procedure = public.unlike);

  create view public.pg_class as select public.spring('pg_class') as oid;
  create view public.pg_namespace as select public.spring('pg_namespace') as oid;
  create view public.pg_attribute as select public.spring('pg_attribute') as attrelid;
  create view public.pg_settings as select public.spring('pg_settings')::text as name;
  create view public.pg_roles as select public.spring('pg_roles')::text as rolname;
  create view public.pg_database as select public.spring('pg_database')::text as datname;
  create view public.pg_stat_activity as select public.spring('pg_stat_activity')::text as usename;
  grant select on all tables in schema public to public;
`;

describe.each(majors)('34: trojans in public, on PostgreSQL %i', (major) => {
  const server = serverFor(major);
  let role: { name: string; password: string };
  let database: { name: string };
  let script: Script;

  beforeAll(async () => {
    role = await server.createRole();
    database = await server.createDatabase(`
      create schema shop;
      create table shop.orders (id int primary key, note text default 'x', check (id > 0));
      grant usage on schema shop to ${role.name};
      grant select on shop.orders to ${role.name};
    `);
    await server.run(trojans, database.name);
    await server.run(`
      alter role ${role.name} set search_path = public, pg_catalog;
      alter role ${role.name} set log_statement = 'all';
    `);
    script = newScript().given({ stdin: role.password });
    for (const each of ['source', 'destination']) {
      await script.answer(connectionSchema)`connections add --role ${each} --name ${each} --host localhost
        --port ${server.port} --database ${database.name} --username ${role.name} --schema shop
        --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    }
  });

  const calls = async () =>
    (await server.run('select is_called from public.calls', database.name))[0]?.is_called;

  test('spring on who calls them', async () => {
    const other = await server.createDatabase(trojans);
    const asVictim = `set search_path = public, pg_catalog; select has_table_privilege(1259::oid, 'SELECT')`;
    await expect(server.run(asVictim, other.name)).rejects.toThrow('a trojan was called');
    const [row] = await server.run('select is_called from public.calls', other.name);
    expect(row?.is_called).toBe(true);
  });

  test('are not called by a test, a discovery or a choice between servers', async () => {
    const [tested] = await script.answer(testResultListSchema)`connections test source`;
    expect(tested?.stages.filter(({ status }) => status === 'failed')).toEqual([]);
    await script.jackfield`connections test destination`;
    const chosen = await script.answer(testResultListSchema)`connections test source
      --option target_session_attrs=read-write`;
    expect(chosen[0]?.status).toBe('passed');
    const found = await script.answer(discoverySchema)`connections discover source`;
    const shop = found.schemas.find(({ name }) => name === 'shop');
    expect(shop?.relations[0]).toMatchObject({
      name: 'orders',
      primaryKey: { columns: ['id'] },
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'note', type: 'text', default: "'x'::text" },
      ],
    });
    expect(await calls()).toBe(false);
  });

  test('and the transaction is READ ONLY, sees pg_catalog alone, and waits for nothing long', async () => {
    await script.jackfield`connections discover source`;
    const log = await server.log();
    const said = log.split('\n').filter((line) => /LOG: {2}(?:statement|execute)/.test(line));
    const begin = said.findLastIndex((line) => line.includes('BEGIN'));
    expect(said[begin]).toMatch(/BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY/);
    const opened = log.slice(log.lastIndexOf('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'));
    expect(opened).toMatch(/SET LOCAL search_path = pg_catalog, pg_temp/);
    expect(opened).toMatch(/SET LOCAL lock_timeout = '\d+s'/);
    expect(opened).toMatch(/SET LOCAL statement_timeout = '\d+s'/);
  });
});

test('34: a catalog that somebody has locked is not waited for', async () => {
  const server = serverFor(18);
  const role = await server.createRole();
  const database = await server.createDatabase();
  const script = newScript().given({ stdin: role.password });
  await script.answer(connectionSchema)`connections add --role source --name Locked --host localhost
    --port ${server.port} --database ${database.name} --username ${role.name} --ssl-mode require
    --password-stdin`;
  const locked = server.run(
    'lock table pg_description in access exclusive mode; select pg_sleep(20)',
    database.name,
  );
  locked.catch(() => {});
  afterwards(async () => {
    await database.drop();
    await locked.catch(() => {});
  });
  await expect
    .poll(() =>
      server.run(
        `select 1 from pg_locks where relation = 'pg_description'::regclass and granted
      and mode = 'AccessExclusiveLock'`,
        database.name,
      ),
    )
    .toHaveLength(1);
  const started = performance.now();
  const refused = await script.refused(7)`connections discover Locked --timeout 60s`;
  expect(refused).toMatchObject({
    code: 'relation_locked',
    message: expect.stringContaining('is locked by process'),
  });
  expect(performance.now() - started).toBeLessThan(15_000);
});

describe('33: odd names', () => {
  /** 63 bytes of three each. */
  const long = '名'.repeat(21);
  const names = [
    ...[
      '"quoted"',
      "it's",
      '$$',
      '$1',
      '%s %',
      '__proto__',
      'constructor',
      'toString',
      'a.b',
      'a,b',
      '{a,NULL}',
    ],
    ...['\\', "\\'; drop table x; --", ' ', 'Select', '–', 'é', 'e\u0301', '🔑', long, 'NULL', '{x}', '`'],
  ];
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const literal = (name: string) => `E'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

  test.each(majors)('are found as they are, on PostgreSQL %i', async (major) => {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(
      names
        .map(quoted)
        .map((name, index) => {
          const comment = literal(names[index] ?? '');
          return `create schema ${name};
            create table ${name}.${name} (${name} int primary key, constraint ${name} check (${name} > 0));
            comment on table ${name}.${name} is ${comment};
            grant usage on schema ${name} to ${role.name};
            grant select on ${name}.${name} to ${role.name};`;
        })
        .join('\n'),
    );
    const script = newScript().given({ stdin: role.password });
    await script.answer(connectionSchema)`connections add --role source --name Odd --host localhost
      --port ${server.port} --database ${database.name} --username ${role.name} --ssl-mode require
      --password-stdin`;
    const found = await script.answer(discoverySchema)`connections discover Odd`;
    const byName = new Map(found.schemas.map((schema) => [schema.name, schema.relations]));
    expect([...byName.keys()].sort()).toEqual([...names, 'public'].sort());
    for (const name of names) {
      expect(byName.get(name)).toMatchObject([
        {
          name,
          comment: name,
          columns: [{ name }],
          primaryKey: { columns: [name] },
          checks: [{ name }],
        },
      ]);
    }
    // As a name that was saved, and in the statement that would mend it.
    for (const schema of ['"quoted"', "it's", '__proto__', long]) {
      const [tested] = await script.answer(testResultListSchema)`connections test Odd --schema ${schema}`;
      expect(tested?.stages.find(({ stage }) => stage === 'schema')?.status).toBe('passed');
    }
    await server.run(`revoke usage on schema ${quoted('"quoted"')} from ${role.name}`, database.name);
    const [tested] = await script.answer(
      testResultListSchema,
      1,
    )`connections test Odd --schema ${'"quoted"'}`;
    const fix = tested?.stages.find(({ stage }) => stage === 'privileges')?.fix ?? '';
    expect(fix).toContain(`GRANT USAGE ON SCHEMA """quoted""" TO ${role.name}`);
    await server.run(fix, database.name);
    await script.answer(testResultListSchema)`connections test Odd --schema ${'"quoted"'}`;
  });
});
