import { describe, expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { type PgBouncerOptions, startPgBouncer } from '../support/pgbouncer.ts';
import { newScript } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

// A real PgBouncer in front of a real server: each transaction may have another server connection.

describe.each(majors)('query through PgBouncer in front of PostgreSQL %i', (major) => {
  async function pooled(options: Partial<PgBouncerOptions> = {}) {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create schema app authorization ${role.name};
      create table app.orders (id int primary key);
      insert into app.orders select generate_series(1, 1000);
      alter table app.orders owner to ${role.name};
    `);
    const pooler = await startPgBouncer({
      databases: { [database.name]: `host=127.0.0.1 port=${server.port}` },
      users: [role],
      ...options,
    });
    const script = newScript().given({ stdin: role.password });
    const place = ['--port', String(pooler.port), '--database', database.name, '--username', role.name];
    await script.answer(
      connectionSchema,
    )`connections add --role destination --name Pooled --host ${pooler.host}
      ${place} --schema app --ssl-mode disable --password-stdin --no-test`;
    const ask = async (sql: string) => (await server.run(sql, database.name)) as { n: number }[];
    const count = async () => (await ask('select count(*)::int as n from app.orders'))[0]?.n;
    return { server, role, database, script, pooler, ask, count };
  }

  test('transaction pooling: read-only holds, --write is all or nothing, a time-out cancels', async () => {
    const { script, pooler, ask, count } = await pooled({ settings: { default_pool_size: '2' } });
    expect(
      (await script.jackfield`connections query Pooled ${'select count(*) from orders'} --csv`).code,
    ).toBe(2);
    const read =
      await script.jackfield`connections query Pooled ${'select count(*) from orders'} --output csv`;
    expect([read.code, read.stdout]).toEqual([0, 'count\n1000\n']);

    for (const sql of [
      'delete from orders',
      'set session characteristics as transaction read write; delete from orders',
      'set transaction read write; delete from orders',
    ]) {
      const refused = await script.jackfield`connections query Pooled ${sql}`;
      expect([refused.code, refused.stderr], sql).toEqual([7, expect.stringMatching(/\((25006|25001)\)/)]);
    }
    expect(await script.refused(4)`connections query Pooled ${'commit; delete from orders'}`).toMatchObject({
      code: 'transaction_left',
    });
    const failed =
      await script.jackfield`connections query Pooled --write ${'delete from orders; select 1/0'}`;
    expect([failed.code, failed.stderr]).toEqual([7, expect.stringContaining('division by zero (22012)')]);
    expect(await count()).toBe(1000);
    const kept =
      await script.jackfield`connections query Pooled --write ${'delete from orders where id > 10; select 1'}`;
    expect(kept.code).toBe(0);
    expect(await count()).toBe(10);

    const late = await script.refused(
      7,
    )`connections query Pooled --timeout 1s ${'select pg_sleep(30) as canary'}`;
    expect(late.code).toBe('query_timeout');
    const running = `select count(*)::int as n from pg_stat_activity where query like '%as canary%'
      and state = 'active' and pid <> pg_backend_pid()`;
    expect((await ask(running))[0]?.n).toBe(0);
    // It is still there for others.
    expect(pooler.log()).not.toContain('FATAL');
    expect((await script.jackfield`connections query Pooled ${'select 1'}`).code).toBe(0);
  });

  test('what runs outside of a transaction leaves no settings to others', async () => {
    const { script } = await pooled({ settings: { default_pool_size: '1' } });
    const alone = await script.jackfield`connections query Pooled --write ${'vacuum app.orders'}`;
    expect([alone.code, alone.stderr]).toEqual([
      0,
      expect.stringContaining('NOTICE: a pooler stands in between, so that names without a schema'),
    ]);
    // What is set for one statement may be another client's next: nothing is.
    const unnamed = await script.jackfield`connections query Pooled --write ${'vacuum orders'}`;
    expect([unnamed.code, unnamed.stderr]).toEqual([
      7,
      expect.stringContaining('relation "orders" does not exist (42P01)'),
    ]);
  });

  test('statement pooling takes no transaction: nothing is run, and it is said why', async () => {
    const { script, count } = await pooled({ poolMode: 'statement' });
    const commands = [
      ['query', 'Pooled', 'select count(*) from orders'],
      ['query', 'Pooled', '--write', 'delete from orders'],
      ['query', 'Pooled', '--write', 'vacuum orders; delete from orders'],
      ['discover', 'Pooled'],
    ];
    for (const words of commands) {
      expect(await script.refused(7)`connections ${words}`, words.join(' ')).toEqual({
        code: 'pooler_statement_mode',
        message: expect.stringContaining('transaction blocks not allowed in statement pooling mode'),
        fix: 'connect to the server itself, or through a pool with pool_mode = transaction or session',
      });
    }
    const tested = await script.jackfield`connections test Pooled --json`;
    expect([tested.code, tested.stdout]).toEqual([1, expect.stringContaining('"pooler_statement_mode"')]);
    expect(await count()).toBe(1000);
  });

  test('a pool without a free connection is told as that', async () => {
    const { script, ask } = await pooled({ settings: { default_pool_size: '1', query_wait_timeout: '1' } });
    const long = script.start`connections query Pooled ${'select pg_sleep(60) as occupies'}`;
    const running = `select count(*)::int as n from pg_stat_activity where query like '%as occupies%'
      and state = 'active' and pid <> pg_backend_pid()`;
    await until('the statement runs', async () => (await ask(running))[0]?.n === 1);
    for (const words of [
      ['query', 'Pooled', 'select 1'],
      ['discover', 'Pooled'],
    ]) {
      expect(await script.refused(7)`connections ${words}`).toMatchObject({
        code: 'pooler_full',
        message: 'the pooler has no connection left: query_wait_timeout (08P01)',
      });
    }
    long.kill('SIGINT');
    expect((await long.done).code).toBe(130);
  });
});
