import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cdcCheckSchema,
  cdcPlanSchema,
  cdcSetupSchema,
  cdcStatusSchema,
  cdcTeardownSchema,
} from '../../src/cdc/schema.ts';
import { deletedNamesSchema } from '../../src/connections/schema.ts';
import { cdcSource } from '../support/cdc-source.ts';
import { afterwards } from '../support/clean-up.ts';
import { startConsumer } from '../support/consumer.ts';
import { type OwnServer, startableMajors, startServer } from '../support/postgres.ts';
import { clientProgram } from '../support/psql.ts';

// From check to tear-down, with PostgreSQL's own consumer. Making a slot waits for every transaction of the
// server, so that each file has servers of its own.

describe.each(startableMajors())('CDC with PostgreSQL %i', (major) => {
  let server: OwnServer;

  beforeAll(async () => {
    server = await startServer({ major });
    afterwards(() => server.stop());
  });

  const identities = `select relname::text as name, relreplident::text as identity from pg_class
    where relname in ('orders', 'lines', 'parts') order by 1`;

  test('check, plan, setup, consume, status, teardown, delete', async () => {
    const source = await cdcSource(server);
    const { script } = source;
    const check = await script.answer(cdcCheckSchema, 1)`connections cdc check shop`;
    const failed = check.checks.filter(({ status }) => status === 'failed');
    expect(failed.map(({ check, code }) => `${check}: ${code}`)).toEqual(['tables: no_key']);
    expect(check.tables.map(({ name, status, key }) => `${name} ${status} ${key}`)).toEqual([
      'lines failed null',
      'orders passed orders_pkey',
      'parts passed parts_pkey',
    ]);
    expect(check.tables.find(({ name }) => name === 'parts')).toMatchObject({ partitions: 2 });
    const ready = await script.answer(
      cdcCheckSchema,
    )`connections cdc check shop --table sales.orders --table pa*`;
    expect(ready.status).toBe('warned');
    expect(ready.checks.find(({ check }) => check === 'replication')?.status).toBe('passed');

    expect(await script.refused(4)`connections cdc plan shop --table *`).toMatchObject({ code: 'no_key' });
    const plan = await script.answer(
      cdcPlanSchema,
    )`connections cdc plan shop --table * --replica-identity-full`;
    expect(plan.steps.map(({ step, transaction }) => `${transaction} ${step}`)).toEqual([
      '1 replica_identity',
      '1 create_publication',
      '1 mark_publication',
      '2 create_slot',
    ]);
    expect(plan.ready).toBe(true);
    expect(await source.traces()).toEqual([]);
    expect(
      await script.refused(4)`connections cdc setup shop --table * --replica-identity-full`,
    ).toMatchObject({ code: 'not_confirmed' });

    const setup = await script.answer(
      cdcSetupSchema,
    )`connections cdc setup shop --table * --replica-identity-full --yes`;
    expect(setup.steps).toEqual(plan.steps);
    expect(setup.slotPosition).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect(await source.traces()).toEqual(['publication jackfield_shop', 'slot jackfield_shop']);
    const again = await script.answer(cdcSetupSchema)`connections cdc setup shop --yes`;
    expect(again.steps).toEqual([]);

    const consumer = await startConsumer({ ...source, slot: setup.slot, publication: setup.publication });
    await source.asOwner("insert into sales.orders values (1, 'one'), (2, null)");
    await source.asOwner("update sales.orders set note = 'two' where id = 2");
    await source.asOwner('delete from sales.orders where id = 1');
    await source.asOwner('insert into sales.lines values (1, 10)');
    await source.asOwner('update sales.lines set n = 11');
    await source.asOwner('delete from sales.lines');
    await source.asOwner("insert into sales.parts values (7, '2020-02-02'), (8, '2021-02-02')");
    await source.asOwner('delete from sales.parts where id = 7');
    const inPart = (year: number) => (major === 12 ? `sales.parts_${year}` : 'sales.parts');
    expect((await consumer.changes(10)).map(({ kind, table, row }) => [kind, table, row])).toEqual([
      ['insert', 'sales.orders', { id: '1', note: 'one' }],
      ['insert', 'sales.orders', { id: '2', note: null }],
      ['update', 'sales.orders', { id: '2', note: 'two' }],
      ['delete', 'sales.orders', { id: '1', note: null }],
      ['insert', 'sales.lines', { order_id: '1', n: '10' }],
      ['update', 'sales.lines', { order_id: '1', n: '11' }],
      ['delete', 'sales.lines', { order_id: '1', n: '11' }],
      ['insert', inPart(2020), { id: '7', at: '2020-02-02' }],
      ['insert', inPart(2021), { id: '8', at: '2021-02-02' }],
      ['delete', inPart(2020), { id: '7', at: '2020-02-02' }],
    ]);

    const status = await script.answer(cdcStatusSchema)`connections cdc status shop`;
    expect(status).toMatchObject({
      status: 'passed',
      problems: [],
      slot: { active: true, plugin: 'pgoutput', walStatus: major === 12 ? null : 'reserved' },
      tables: { missing: [], extra: [] },
    });
    expect(status.tables.wanted.map(({ name }) => name)).toEqual(['lines', 'orders', 'parts']);
    const shown = await script.jackfield`connections cdc status shop`;
    expect(shown.stdout).toMatch(/Slot +jackfield_shop, pgoutput, read by process \d+\n/);

    const refused = await script.refused(4)`connections delete shop --yes`;
    expect(refused).toMatchObject({ code: 'cdc_set_up' });
    expect(refused.message).toContain('until the server');
    expect(await script.refused(4)`connections cdc teardown shop --yes`).toMatchObject({
      code: 'slot_active',
    });
    expect(await source.traces()).toEqual(['publication jackfield_shop', 'slot jackfield_shop']);
    await consumer.stop();
    expect(await script.refused(4)`connections cdc teardown shop`).toMatchObject({ code: 'not_confirmed' });
    const teardown = await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    expect(teardown.steps.map(({ step }) => step)).toEqual([
      'drop_slot',
      'replica_identity',
      'drop_publication',
    ]);
    expect(teardown.left).toEqual([]);
    expect(await source.traces()).toEqual([]);
    expect(await source.sql(identities)).toEqual([
      { name: 'lines', identity: 'd' },
      { name: 'orders', identity: 'd' },
      { name: 'parts', identity: 'd' },
    ]);
    expect((await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`).steps).toEqual([]);
    expect(await script.answer(cdcStatusSchema, 1)`connections cdc status shop`).toMatchObject({
      problems: [{ code: 'not_set_up' }],
    });
    expect(await script.answer(deletedNamesSchema)`connections delete shop --yes`).toEqual(['shop']);
  });

  test('setting up again with other tables and operations changes what is ours, and no more', async () => {
    const source = await cdcSource(server);
    const { script } = source;
    const setUp = script.answer(cdcSetupSchema);
    await setUp`connections cdc setup shop --table lines --replica-identity-full --yes`;
    const kinds = ({ steps }: { steps: { step: string }[] }) => steps.map(({ step }) => step);
    const more =
      await setUp`connections cdc setup shop --table orders --table lines --publish insert,delete --yes`;
    expect(kinds(more)).toEqual(['add_tables', 'publish_options', 'mark_publication']);
    const fewer = await setUp`connections cdc setup shop --table orders --yes`;
    expect(kinds(fewer)).toEqual(['drop_tables', 'replica_identity', 'mark_publication']);
    expect(await source.sql(identities)).toMatchObject([{ name: 'lines', identity: 'd' }, {}, {}]);
    const status = await script.answer(cdcStatusSchema)`connections cdc status shop`;
    expect(status).toMatchObject({ publish: ['insert', 'delete'], tables: { missing: [], extra: [] } });
    await source.asOwner('alter publication jackfield_shop add table sales.lines');
    const broken = await script.answer(cdcStatusSchema, 1)`connections cdc status shop`;
    expect(broken.problems.map(({ code }) => code)).toEqual(['slot_inactive', 'tables_extra', 'no_key']);
    await expect(
      source.asOwner('insert into sales.lines values (1, 1); delete from sales.lines'),
    ).rejects.toThrow('does not have a replica identity');
    await setUp`connections cdc setup shop --yes`;
    await source.asOwner('delete from sales.lines');
    await source.asOwner('drop table sales.orders');
    const dropped = await script.answer(cdcStatusSchema)`connections cdc status shop`;
    expect(dropped.tables.missing).toEqual([{ schema: 'sales', name: 'orders' }]);
  });

  test('replica identities are given back to partitions too, and to nothing that others publish', async () => {
    const source = await cdcSource(
      server,
      `create schema sales; create schema apart;
       create table sales.orders (id int primary key);
       create table sales.lines (n int);
       create table sales.parts (at int) partition by range (at);
       create table sales.parts_1 partition of sales.parts for values from (0) to (9);
       create table apart.shared (at int) partition by range (at);
       create table apart.shared_1 partition of apart.shared for values from (0) to (9);`,
    );
    const { script } = source;
    // Of a schema since 15, of a partition's table since 13.
    const theirs = [
      ...(major >= 15 ? ['create publication of_schema for tables in schema sales'] : []),
      major >= 13
        ? 'create publication of_root for table apart.shared with (publish_via_partition_root)'
        : 'create publication of_leaf for table apart.shared_1',
    ];
    const identitiesOf = async () =>
      (
        await source.sql(`select relname::text as name, relreplident::text as it from pg_class
          where relnamespace in ('sales'::regnamespace, 'apart'::regnamespace) and relkind = 'r' order by 1`)
      ).map(({ name, it }) => `${name} ${it}`);
    const setUp = script.answer(cdcSetupSchema);
    await setUp`connections cdc setup shop --table sales.* --table apart.* --replica-identity-full --yes`;
    expect(await identitiesOf()).toEqual(['lines f', 'orders d', 'parts_1 f', 'shared_1 f']);

    await setUp`connections cdc setup shop --table orders --table lines --table apart.shared --yes`;
    expect(await identitiesOf()).toEqual(['lines f', 'orders d', 'parts_1 d', 'shared_1 f']);

    for (const sql of theirs) await source.sql(sql);
    await setUp`connections cdc setup shop --table orders --table lines --yes`;
    expect(await identitiesOf()).toEqual(['lines f', 'orders d', 'parts_1 d', 'shared_1 f']);
    await source.asOwner('insert into apart.shared values (1); update apart.shared set at = 2');

    const gone = await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    const kept = [...(major >= 15 ? ['lines'] : []), ...(major >= 13 ? ['shared'] : []), 'shared_1'];
    expect(
      gone.left.map(({ code, message }) => `${code} ${/^\w+\.(\w+)/.exec(message)?.[1]}`).sort(),
    ).toEqual(kept.map((name) => `identity_kept ${name}`));
    expect(await identitiesOf()).toEqual([
      major >= 15 ? 'lines f' : 'lines d',
      ...['orders d', 'parts_1 d', 'shared_1 f'],
    ]);
    await source.asOwner('insert into sales.lines values (1); update sales.lines set n = 2');
  });

  test('a DBA may run what the plan prints, and another machine may take it down', async () => {
    const odd = 'Odd "Name"\u001b[31m\n\'); drop table sales.victim; --';
    const quoted = `sales."${odd.replaceAll('"', '""')}"`;
    const source = await cdcSource(
      server,
      `create schema sales; create table sales.victim (id int primary key);
       create table ${quoted} ("k""\n'" int primary key, v text)`,
    );
    await source.sql(`alter role ${source.role.name} noreplication`);
    const { script } = source;
    const planned = await script.jackfield`connections cdc plan shop --table sales.* --output sql`;
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('-- FAILED: ');
    const psql = (sql: string) =>
      execFileSync(clientProgram('psql'), ['-XAtqv', 'ON_ERROR_STOP=1'], {
        env: { PATH: '/usr/bin:/bin', ...server.psqlEnv(source.database) },
        input: sql,
      });
    psql(planned.stdout);
    expect(await source.traces()).toEqual(['publication jackfield_shop', 'slot jackfield_shop']);
    expect((await script.answer(cdcSetupSchema)`connections cdc setup shop --yes`).steps).toEqual([]);
    expect(await script.refused(4)`connections delete shop --yes`).toMatchObject({ code: 'cdc_set_up' });

    await source.sql(`alter role ${source.role.name} replication`);
    const { slot, publication } = await script.answer(cdcStatusSchema)`connections cdc status shop`;
    const consumer = await startConsumer({ ...source, slot: slot?.name ?? '', publication });
    await source.asOwner(`insert into ${quoted} values (1, 'x')`);
    expect(await consumer.changes(1)).toEqual([
      { kind: 'insert', table: `sales.${odd}`, row: { 'k"\n\'': '1', v: 'x' } },
    ]);
    await consumer.stop();
    for (const verb of ['check', 'plan', 'status']) {
      const shown = await script.jackfield`connections cdc ${verb} shop`;
      expect(shown.code, shown.stderr).toBe(0);
      expect(shown.stdout + shown.stderr).not.toMatch(/\u001b|drop table sales.victim; --\n/);
    }

    // Owned by the DBA who ran it.
    const elsewhere = await source.another();
    expect(await elsewhere.refused(4)`connections cdc teardown shop --yes`).toMatchObject({
      code: 'publication_not_owned',
    });
    await source.sql(`alter publication jackfield_shop owner to ${source.role.name}`);
    const teardown = await elsewhere.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    expect(teardown.steps.map(({ step }) => step)).toEqual(['drop_slot', 'drop_publication']);
    expect(await source.sql('select count(*)::int as n from sales.victim')).toEqual([{ n: 0 }]);
  });

  test('a consumer that is at work is ended by --force alone', async () => {
    const source = await cdcSource(server);
    const setup = await source.script.answer(
      cdcSetupSchema,
    )`connections cdc setup shop --table orders --yes --slot changes --publication ${'Öffentlich "x"'}`;
    const consumer = await startConsumer({
      ...source,
      slot: 'changes',
      publication: setup.publication.replaceAll('"', '""'),
    });
    await source.asOwner("insert into sales.orders values (1, 'one')");
    expect(await consumer.changes(1)).toHaveLength(1);
    const done = await source.script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes --force`;
    expect(done.steps.map(({ step }) => step)).toEqual(['end_consumer', 'drop_slot', 'drop_publication']);
    await consumer.ended;
    expect(await source.traces()).toEqual([]);
  });

  test('a slot that fails over is there since 17', async () => {
    const { script } = await cdcSource(server);
    if (major < 17) {
      const refused = await script.refused(4)`connections cdc setup shop --table orders --failover --yes`;
      expect(refused.code).toBe('failover_unsupported');
      return;
    }
    await script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --failover --yes`;
    const { slot } = await script.answer(cdcStatusSchema)`connections cdc status shop`;
    expect(slot).toMatchObject({ failover: true, inactiveSince: expect.any(String) });
  });
});
