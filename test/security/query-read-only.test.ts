import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import { afterwards } from '../support/clean-up.ts';
import type { TestServer } from '../support/postgres.ts';
import { startServer } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

// Every way that was thought of to change something through a query that is read-only, and what comes of
// it. The user is a superuser, so that no privilege stands in the way but the read-only transaction.

const shop = `
  create schema app;
  create table app.t (n int primary key);
  insert into app.t values (1), (2);
  create sequence app.s;
  create view app.v as select n from app.t;
  create materialized view app.m as select n from app.t;
  create function app.writes() returns int language sql as 'insert into app.t values (9); select 1';
  create function app.opens_itself() returns int language plpgsql
    as $$begin execute 'set transaction read write'; insert into app.t values (9); return 1; end$$;
  create procedure app.commits() language plpgsql
    as $$begin commit; insert into app.t values (9); end$$;
  create view app.trap as select app.writes() as n;
`;

/** The server takes such a function up to version 14. */
const opening = `create function app.opens() returns int language plpgsql set transaction_read_only = off
  as 'begin insert into app.t values (9); return 1; end'`;

/** What a change would show in. */
const state = `select
  (select string_agg(n::text, ',' order by n) from app.t) as rows,
  (select last_value || is_called::text from app.s) as sequence,
  (select count(*) from pg_class where relnamespace = 'app'::regnamespace) as relations,
  (select count(*) from pg_namespace where nspname not like 'pg_%temp%') as schemas,
  (select count(*) from pg_proc where pronamespace = 'app'::regnamespace) as functions,
  (select count(*) from pg_largeobject_metadata) as objects,
  (select count(*) from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
    where d.datname = current_database()) as settings,
  (select count(*) from pg_roles where rolname = 'made_by_query') as roles,
  (select count(*) from pg_prepared_xacts where database = current_database()) as prepared,
  (select obj_description('app.t'::regclass)) as comment,
  (select relacl::text from pg_class where oid = 'app.t'::regclass) as privileges`;

const insert = 'insert into app.t values (9)';

/** The server refuses a statement: exit 7, with the SQLSTATE in the message. */
const refusedByServer: readonly (readonly [sql: string, sqlstate: string])[] = [
  [insert, '25006'],
  ['update app.t set n = 3', '25006'],
  ['delete from app.t', '25006'],
  ['truncate app.t', '25006'],
  ['with gone as (delete from app.t returning n) select * from gone', '25006'],
  ['insert into app.v values (9)', '25006'],
  ['select * into app.copied from app.t', '25006'],
  ['create table app.made (n int)', '25006'],
  ['create temporary table made (n int)', '25006'],
  ['select n from app.t for update', '25006'],
  ["select nextval('app.s')", '25006'],
  ["select setval('app.s', 7)", '25006'],
  ['select app.writes()', '25006'],
  ['select * from app.trap', '25006'],
  [`do $$begin ${insert}; end$$`, '25006'],
  [`prepare p as ${insert}; execute p`, '25006'],
  ['explain analyze insert into app.t values (9)', '25006'],
  ["copy app.t from program 'echo 9'", '25006'],
  ['copy app.t from stdin', '25006'],
  ["comment on table app.t is 'x'", '25006'],
  ['grant select on app.t to public', '25006'],
  ['refresh materialized view app.m', '25006'],
  ["alter role current_user set work_mem = '1MB'", '25006'],
  ['create role made_by_query', '25006'],
  ['vacuum app.t', '25001'],
  ["alter system set work_mem = '1MB'", '25001'],
  ['create database made_by_query', '25006'],

  // Turning the transaction into one that may write.
  [`set transaction read write; ${insert}`, '25001'],
  [`set local transaction_read_only = off; ${insert}`, '25001'],
  [`set transaction_read_only = off; ${insert}`, '25001'],
  [`select set_config('transaction_read_only', 'off', true); ${insert}`, '25001'],
  [`select set_config('transaction_read_only', 'off', false); ${insert}`, '25001'],
  [`begin read write; ${insert}`, '25001'],
  [`start transaction read write; ${insert}`, '25001'],
  [`savepoint a; set transaction read write; ${insert}`, '25001'],
  [`do $$begin set transaction read write; ${insert}; end$$`, '25001'],
  [
    `do $$begin begin set transaction read write; exception when others then null; end; ${insert}; end$$`,
    '25006',
  ],
  ['select app.opens_itself()', '25001'],
  // What the next transaction is like says nothing of this one.
  [`set session characteristics as transaction read write; ${insert}`, '25006'],
  [`set default_transaction_read_only = off; ${insert}`, '25006'],
  [`reset all; ${insert}`, '25006'],
  [`set session authorization default; reset role; ${insert}`, '25006'],
  [`begin; ${insert}`, '25006'],
  ['discard all', '25001'],

  // Ending it from within.
  [`do $$begin commit; ${insert}; end$$`, '2D000'],
  ['call app.commits()', '2D000'],
  // Several statements in one message are none.
  [`prepare p as select 1; execute p; prepare q as select 2 \\; ${insert}`, '42601'],
];

/** The transaction is gone afterwards, so nothing more is run: exit 4. */
const leaves: readonly string[] = [
  `commit; ${insert}`,
  `end; ${insert}`,
  `rollback; ${insert}`,
  `abort; ${insert}`,
  `commit and chain; ${insert}`,
  `commit and chain; set transaction read write; ${insert}`,
  `rollback and chain; set transaction read write; ${insert}`,
  `set session characteristics as transaction read write; commit; ${insert}`,
  `set default_transaction_read_only = off; commit; begin; ${insert}; commit`,
  `commit/**/; begin read write; ${insert}; commit`,
  `select 1; COMMIT WORK; ${insert}`,
  `savepoint a; commit and chain; ${insert}`,
];

/** It is done, and rolled back at the end: exit 0, and nothing of it stays. */
const undone: readonly string[] = [
  // Both hold up those who write, as long as the query runs.
  'lock table app.t in exclusive mode',
  'reindex table app.t',
  "listen canary; notify canary, 'x'; select pg_notify('canary', 'y')",
  'select pg_advisory_lock(4711)',
  "set work_mem = '1MB'; set search_path = pg_catalog",
  'declare c cursor with hold for select n from app.t; fetch all from c',
  'prepare p as select 1',
];

describe.each(majors)('a read-only query on PostgreSQL %i', (major) => {
  let server: TestServer;
  let script: Script;
  let database: string;

  async function saved(at: TestServer): Promise<{ script: Script; database: string }> {
    const { name } = await at.createDatabase(shop);
    const made = newScript();
    const { superuser } = at;
    await made.given({ stdin: superuser.password }).answer(connectionSchema)`connections add --role source
      --name Orders --host localhost --port ${at.port} --database ${name} --username ${superuser.name}
      --ssl-mode verify-full --ssl-root-cert ${at.caFile} --password-stdin`;
    return { script: made, database: name };
  }

  beforeAll(async () => {
    server = serverFor(major);
    ({ script, database } = await saved(server));
  });

  async function expectNothingChanged(sql: string, exit: number, words: string): Promise<void> {
    const before = await server.run(state, database);
    const { code, stderr } = await script.jackfield`connections query Orders ${sql}`;
    expect.soft(stderr, sql).toContain(words);
    expect.soft(code, `${sql}\n${stderr}`).toBe(exit);
    expect.soft(await server.run(state, database), sql).toEqual(before);
  }

  test('is refused by the server', { timeout: 120_000 }, async () => {
    for (const [sql, sqlstate] of refusedByServer) await expectNothingChanged(sql, 7, `(${sqlstate})`);
  });

  if (major < 15) {
    test('a function with a setting of its own is refused', async () => {
      await server.run(opening, database);
      await expectNothingChanged('select app.opens()', 7, '(25001)');
    });
  }

  test('ends where the transaction is left', { timeout: 60_000 }, async () => {
    for (const sql of leaves) await expectNothingChanged(sql, 4, 'ended the read-only transaction');
  });

  test('is rolled back', { timeout: 60_000 }, async () => {
    for (const sql of undone) await expectNothingChanged(sql, 0, '');
    const locks = await server.run("select 1 from pg_locks where locktype = 'advisory' and objid = 4711");
    expect(locks).toEqual([]);
  });

  test('large objects are refused, or rolled back where the server lets them be made', async () => {
    const exit = major >= 16 ? 7 : 0;
    await expectNothingChanged('select lo_create(0)', exit, major >= 16 ? '(25006)' : '');
    await expectNothingChanged("select lo_from_bytea(0, 'x')", exit, major >= 16 ? '(25006)' : '');
  });

  test('a temporary table is no way out', async () => {
    await expectNothingChanged('select pg_my_temp_schema(); create temp view x as select 1', 7, '(25006)');
  });

  // The manual says what a superuser may do; no transaction keeps it, and docs/query.md says so.
  test('what a superuser can do all the same', async () => {
    const file = join(server.dataDirectory, 'canary.csv');
    afterwards(() => rmSync(file, { force: true }));
    const copied = await script.jackfield`connections query Orders ${`copy (select 1) to '${file}'`}`;
    expect(copied.code, copied.stderr).toBe(0);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    const run =
      await script.jackfield`connections query Orders ${`copy (select 1) to program 'cat > ${file}'`}`;
    expect(run.code, run.stderr).toBe(0);
    expect(existsSync(file)).toBe(true);

    const slot = `canary_${database}`;
    afterwards(async () => void (await server.run(`select pg_drop_replication_slot('${slot}')`)));
    const sql = `select pg_create_physical_replication_slot('${slot}')`;
    expect((await script.jackfield`connections query Orders ${sql}`).code).toBe(0);
    expect(await server.run(`select 1 from pg_replication_slots where slot_name = '${slot}'`)).toHaveLength(
      1,
    );
  });

  test('COPY to standard output does not hang', async () => {
    const { code, stdout, stderr } = await script.jackfield`connections query Orders
      ${'copy (select generate_series(1, 5000000)) to stdout'} --json`;
    expect(code, stderr).toBe(4);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'copy_not_supported' } });
  });

  test('PREPARE TRANSACTION leaves nothing, where the server has prepared transactions', async () => {
    const own = await startServer({ major, settings: { max_prepared_transactions: '2' } });
    afterwards(own.stop);
    const orders = await saved(own);
    const ended = await orders.script.jackfield`connections query Orders ${"prepare transaction 'canary'"}`;
    expect(ended.code, ended.stderr).toBe(7);
    expect(await own.run('select gid from pg_prepared_xacts')).toEqual([]);
  });
});

describe('--write', () => {
  const server = serverFor(18);

  test('is refused on a source until that connection allows it, and never needed on a destination', async () => {
    const { name } = await server.createDatabase(shop);
    const script = newScript();
    const { superuser } = server;
    for (const role of ['source', 'destination']) {
      await script
        .given({ stdin: superuser.password })
        .answer(connectionSchema)`connections add --role ${role}
        --name ${role} --host localhost --port ${server.port} --database ${name} --username ${superuser.name}
        --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    }
    const write = (connection: string) =>
      script.jackfield`connections query ${connection} --write ${insert.replace('(9)', '(9) on conflict do nothing')}`;
    const rows = async () => (await server.run('select count(*)::int as n from app.t', name))[0]?.n;

    const refused = await script.refused(4)`connections query source --write ${insert}`;
    expect(refused.code).toBe('write_not_allowed');
    expect(refused.fix).toContain('connections edit source --allow-write');
    expect(await rows()).toBe(2);

    const allowed = await script.answer(connectionSchema)`connections edit source --allow-write`;
    expect(allowed.allowWrite).toBe(true);
    expect(await write('source')).toMatchObject({ code: 0, stdout: 'INSERT, 1 row\n' });
    expect(await rows()).toBe(3);
    // Without --write it is read-only still.
    expect((await script.jackfield`connections query source ${'delete from app.t'}`).code).toBe(7);
    expect(await rows()).toBe(3);

    const again = await script.answer(connectionSchema)`connections edit source --no-allow-write`;
    expect(again.allowWrite).toBe(false);
    expect((await write('source')).code).toBe(4);

    expect((await script.saved()).find((it) => it.name === 'destination')?.allowWrite).toBe(true);
    expect((await write('destination')).code).toBe(0);
    expect((await script.refused(4)`connections edit destination --no-allow-write`).code).toBe(
      'not_for_role',
    );
  });
});
