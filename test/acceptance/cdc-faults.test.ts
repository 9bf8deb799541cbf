import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cdcCheckSchema,
  cdcPlanSchema,
  cdcSetupSchema,
  cdcStatusSchema,
  cdcTeardownSchema,
} from '../../src/cdc/schema.ts';
import { connectionSchema } from '../../src/connections/schema.ts';
import { cdcSource, untilTrue } from '../support/cdc-source.ts';
import { afterwards } from '../support/clean-up.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { type Major, majors, type OwnServer, startServer } from '../support/postgres.ts';
import { openTerminal } from '../support/terminal.ts';
import { parseXml } from '../support/xml.ts';

// What happens to a set-up while it is made, and after.

const both = ['publication jackfield_shop', 'slot jackfield_shop'];

/** What differs from version to version is asked of each, the rest of the newest. */
const newest = majors[majors.length - 1] ?? 18;
const servers = new Map<Major, OwnServer>();

const serverOf = (major: Major) => {
  const server = servers.get(major);
  if (server === undefined) throw new Error(`PostgreSQL ${major} was not started`);
  return server;
};

beforeAll(async () => {
  await Promise.all(
    majors.map(async (major) => {
      const wal = { max_wal_size: '48MB', min_wal_size: '32MB' };
      const keep = major > 12 ? { max_slot_wal_keep_size: '16MB' } : {};
      const server = await startServer({ major, settings: { ...wal, ...keep } });
      servers.set(major, server);
      afterwards(() => server.stop());
    }),
  );
});

const kinds = ({ steps }: { steps: { step: string }[] }) => steps.map(({ step }) => step);
const publicationIsThere =
  "select exists (select from pg_publication where pubname = 'jackfield_shop') as yes";

describe.each(majors)('CDC in trouble, with PostgreSQL %i', (major) => {
  test('killed between publication and slot, it goes on from there', async () => {
    const source = await cdcSource(serverOf(major));
    const { script, server } = source;
    const open = await source.openTransaction();
    const killed = script.start`connections cdc setup shop --table orders --yes`;
    await untilTrue(server, publicationIsThere, source.database);
    await sleep(300);
    killed.kill('SIGKILL');
    await killed.done;
    expect(await script.refused(4)`connections delete shop --yes`).toMatchObject({ code: 'cdc_set_up' });
    await open.end();
    const setup = await script.answer(cdcSetupSchema)`connections cdc setup shop --yes`;
    // On 12 the server does not notice that nobody waits any more, and makes the slot by itself.
    expect([['create_slot'], []]).toContainEqual(kinds(setup));
    expect(await source.traces()).toEqual(both);
    expect(setup.tables).toEqual([{ schema: 'sales', name: 'orders' }]);
  });

  test('it tells what a slot waits for, gives up in time, and lets go when it is interrupted', async () => {
    const source = await cdcSource(serverOf(major));
    const { script, server } = source;
    const open = await source.openTransaction();
    const late = await script.refused(7)`connections cdc setup shop --table orders --yes --timeout 5s`;
    expect(late.code).toBe('slot_waits');
    expect(late.message).toContain(`process ${open.pid} of postgres (nightly batch`);
    expect(await source.traces()).toEqual(['publication jackfield_shop']);
    const missing = await script.answer(cdcStatusSchema, 1)`connections cdc status shop`;
    expect(missing.problems.map(({ code }) => code)).toEqual(['slot_missing']);

    const waiting = script.start`connections cdc setup shop --yes`;
    await untilTrue(
      server,
      `select exists (select from pg_locks where not granted
      and locktype = 'transactionid') as yes`,
    );
    const unfinished = await script.answer(cdcStatusSchema)`connections cdc status shop`;
    expect(unfinished).toMatchObject({ status: 'warned', problems: [{ code: 'slot_unfinished' }] });
    const interruptedAt = performance.now();
    // As timeout(1) and a closed terminal do: told twice in one breath, it is one interruption.
    waiting.kill('SIGHUP');
    waiting.kill('SIGINT');
    const ended = await waiting.done;
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([130, '', 'jackfield: interrupted\n']);
    // Told to end, the server does at once: it would else wait on for as long as the statement may.
    await untilTrue(server, 'select not exists (select from pg_locks where not granted) as yes');
    expect(performance.now() - interruptedAt).toBeLessThan(8_000);
    expect(await source.traces()).toEqual(['publication jackfield_shop']);
    await open.end();
    expect(kinds(await script.answer(cdcSetupSchema)`connections cdc setup shop --yes`)).toEqual([
      'create_slot',
    ]);
  });

  test('two set-ups at once make one', async () => {
    const source = await cdcSource(serverOf(major));
    const other = await source.another();
    const done = await Promise.all(
      [source.script, other].map(
        (script) => script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`,
      ),
    );
    expect(done.flatMap(kinds).sort()).toEqual(['create_publication', 'create_slot', 'mark_publication']);
    expect(await source.traces()).toEqual(both);
    for (const script of [source.script, other]) {
      expect(await script.refused(4)`connections delete shop --yes`).toMatchObject({ code: 'cdc_set_up' });
    }
  });

  test('limits, and a slot that was lost', async () => {
    const source = await cdcSource(serverOf(major));
    const { script, server } = source;
    await script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`;
    await source.asOwner(
      "insert into sales.orders select i, repeat('x', 500) from generate_series(1, 2000) i",
    );
    const behind = await script.answer(cdcStatusSchema, 1)`connections cdc status shop --max-lag 100kB
      --max-retained 100kB`;
    expect(behind.problems.map(({ code }) => code)).toEqual([
      'slot_inactive',
      'lag_over_limit',
      'retained_over_limit',
    ]);
    await script.answer(cdcStatusSchema)`connections cdc status shop --max-lag 1GiB`;
    if (major === 12) return;
    for (let count = 0; count < 4; count += 1) {
      await server.run('create table if not exists filler (n int); insert into filler values (1)');
      await server.run('select pg_switch_wal()');
      await server.run('checkpoint');
    }
    const lost = await script.answer(cdcStatusSchema, 1)`connections cdc status shop`;
    expect(lost).toMatchObject({ slot: { walStatus: 'lost' }, problems: [{ code: 'slot_lost' }] });
    expect(await script.refused(4)`connections cdc setup shop --yes`).toMatchObject({ code: 'slot_lost' });
    await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    await script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`;
    expect(await script.answer(cdcStatusSchema)`connections cdc status shop`).toMatchObject({
      status: 'warned',
    });
  });
});

describe('CDC in trouble', () => {
  test('a privilege taken away half-way ends it; given back, it goes on', async () => {
    const source = await cdcSource(serverOf(newest));
    const { script, role } = source;
    await source.sql(`
      create function take_away() returns event_trigger security definer language plpgsql as
        $$ begin alter role ${role.name} noreplication; end $$;
      create event trigger half_way on ddl_command_end when tag in ('COMMENT') execute function take_away()`);
    const refused = await script.refused(7)`connections cdc setup shop --table orders --yes`;
    expect(refused.code).toBe('cdc_not_permitted');
    expect(await source.traces()).toEqual(['publication jackfield_shop']);
    const check = await script.answer(cdcCheckSchema, 1)`connections cdc check shop --table orders`;
    expect(check.checks.filter(({ status }) => status === 'failed').map(({ code }) => code)).toEqual([
      'role_without_replication',
      'replication_denied',
    ]);
    expect(await script.refused(4)`connections cdc setup shop --yes`).toMatchObject({
      code: 'cdc_not_ready',
    });
    await source.sql(`drop event trigger half_way; alter role ${role.name} replication`);
    expect(kinds(await script.answer(cdcSetupSchema)`connections cdc setup shop --yes`)).toEqual([
      'create_slot',
    ]);
  });

  test('what is refused at its first change leaves nothing, in the catalog neither', async () => {
    const source = await cdcSource(serverOf(newest));
    await source.sql(`
      create function refuse() returns event_trigger language plpgsql as
        $$ begin raise insufficient_privilege; end $$;
      create event trigger never on ddl_command_end when tag in ('COMMENT') execute function refuse()`);
    const { script } = source;
    expect(await script.refused(7)`connections cdc setup shop --table orders --yes`).toMatchObject({
      code: 'cdc_not_permitted',
    });
    expect(await source.traces()).toEqual([]);
    expect((await script.jackfield`connections delete shop --yes`).code).toBe(0);
  });

  test('a table that was dropped, or made, after the plan was shown stops it', async () => {
    const source = await cdcSource(serverOf(newest));
    const { script } = source;
    await script.answer(cdcPlanSchema)`connections cdc plan shop --table sales.orders --table sales.parts`;
    await source.asOwner('drop table sales.parts');
    const gone = await script.refused(
      4,
    )`connections cdc setup shop --table sales.orders --table sales.parts --yes`;
    expect(gone).toMatchObject({ code: 'cdc_tables_missing' });
    expect(gone.message).toContain('sales.parts');
    const setup = ['connections', 'cdc', 'setup', 'shop', '--table', 'o*'];
    const terminal = await openTerminal(setup, { home: script.home, env: script.env, columns: 160 });
    await terminal.waitFor('Run these steps? (y/N)');
    await source.asOwner('create table sales.other (id int primary key)');
    terminal.type('y');
    terminal.press('enter');
    expect(await terminal.exit()).toMatchObject({ code: 4 });
    expect(terminal.scrollback()).toContain('other steps are needed now');
    expect(await source.traces()).toEqual([]);
    const second = await openTerminal(setup, { home: script.home, env: script.env, columns: 160 });
    await second.waitFor('Run these steps? (y/N)');
    second.press('enter');
    expect(await second.exit()).toMatchObject({ code: 4 });
    expect(await source.traces()).toEqual([]);
    const third = await openTerminal(setup, { home: script.home, env: script.env, columns: 160 });
    await third.waitFor('Run these steps? (y/N)');
    third.type('y');
    third.press('enter');
    expect(await third.exit()).toMatchObject({ code: 0 });
    expect(await source.traces()).toEqual(both);
  });

  test('what others made under the same names is told, and left alone', async () => {
    const source = await cdcSource(serverOf(newest));
    const { script } = source;
    await source.asOwner('create publication jackfield_shop for table sales.orders');
    const setUp = () => script.refused(4)`connections cdc setup shop --table orders --yes`;
    expect(await setUp()).toMatchObject({ code: 'publication_not_ours' });
    await source.asOwner(`comment on publication jackfield_shop is 'jackfield-cdc:{"v":1,"slot":[]}'`);
    expect(await setUp()).toMatchObject({ code: 'marker_unreadable' });
    await source.asOwner('drop publication jackfield_shop');
    await source.sql("select pg_create_logical_replication_slot('jackfield_shop', 'pgoutput')");
    expect(await setUp()).toMatchObject({ code: 'slot_not_ours' });
    const teardown = await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes --force`;
    expect(teardown).toMatchObject({ steps: [], left: [{ code: 'slot_not_ours' }] });
    expect(await source.traces()).toEqual(['slot jackfield_shop']);
    // A comment that names somebody else's slot does not make it ours.
    await source.asOwner('create publication forged for table sales.orders');
    await source.asOwner(`comment on publication forged is
      'jackfield-cdc:{"v":1,"connection":"shop","slot":"jackfield_shop","elsewhere":false,"tables":[],"identities":[["pg_catalog","pg_class","n",null]]}'`);
    expect(
      await script.refused(4)`connections cdc teardown shop --publication forged --slot other --yes`,
    ).toMatchObject({ code: 'publication_of_other_slot' });
    expect(await source.traces()).toContain('slot jackfield_shop');
  });

  test('a publication that somebody dropped leaves a slot that only --force takes away', async () => {
    const source = await cdcSource(serverOf(newest));
    const { script } = source;
    await script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`;
    await source.asOwner('drop publication jackfield_shop');
    const status = await script.answer(cdcStatusSchema, 1)`connections cdc status shop`;
    expect(status.problems.map(({ code }) => code)).toEqual(['publication_missing', 'slot_inactive']);
    expect(await script.refused(4)`connections cdc teardown shop --yes`).toMatchObject({
      code: 'slot_not_proven',
    });
    const elsewhere = await source.another();
    const left = await elsewhere.answer(cdcTeardownSchema)`connections cdc teardown shop --yes --force`;
    expect(left).toMatchObject({ steps: [], left: [{ code: 'slot_not_ours' }] });
    await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes --force`;
    expect(await source.traces()).toEqual([]);
  });

  test('a connection that leads elsewhere by now is not taken down there', async () => {
    const source = await cdcSource(serverOf(newest));
    const { script, role } = source;
    await script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`;
    const edit = script.given({ stdin: role.password });
    await edit.answer(connectionSchema)`connections edit shop --database postgres --password-stdin`;
    for (const verb of ['setup', 'teardown']) {
      expect(await script.refused(4)`connections cdc ${verb} shop --yes`).toMatchObject({
        code: 'cdc_set_up_elsewhere',
      });
    }
    expect(await source.traces()).toEqual(both);
    await edit.answer(connectionSchema)`connections edit shop --database ${source.database} --password-stdin`;
    await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    expect(await source.traces()).toEqual([]);
  });

  test('PgBouncer in front is told apart, with the reason, and nothing is set up through it', async () => {
    const source = await cdcSource(serverOf(newest));
    const { role, database, server } = source;
    const pooler = await startPgBouncer({
      databases: { [database]: `host=127.0.0.1 port=${server.port}` },
      users: [role],
    });
    await source.script.given({ stdin: role.password }).answer(connectionSchema)`connections add --role source
      --name pooled --host ${pooler.host} --port ${pooler.port} --database ${database} --username ${role.name}
      --schema sales --ssl-mode disable --password-stdin`;
    const check = await source.script.answer(cdcCheckSchema, 1)`connections cdc check pooled --table orders`;
    const failed = check.checks.filter(({ status }) => status === 'failed');
    expect(failed.map(({ check, code }) => `${check}: ${code}`)).toEqual([
      'pooler: pooler_between',
      'replication: pooler_parameter_refused',
    ]);
    expect(failed[1]?.message).toContain('replication');
    const refused = await source.script.refused(4)`connections cdc setup pooled --table orders --yes`;
    expect(refused).toMatchObject({ code: 'cdc_not_ready' });
    expect(refused.message).toContain('a pooler stands in between');
    expect(await source.traces()).toEqual([]);
  });
});

test('a job of CI keeps what a check found as reports, and that there was no server to look at', async () => {
  const source = await cdcSource(serverOf(newest));
  const ci = source.script.given({ cwd: source.script.directory });
  const written = (name: string) => readFileSync(join(ci.directory, name), 'utf8');
  const reports = ['--report', 'junit=j.xml', '--report', 'json=c.json', '--report', 'markdown=m.md'];

  const failed = await ci.jackfield`connections cdc check shop --report github ${reports}`;
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('::error title=shop%3A table sales.lines failed::');
  expect(cdcCheckSchema.parse(JSON.parse(written('c.json'))).status).toBe('failed');
  const [suite] = parseXml(written('j.xml')).children;
  const red = suite?.children.filter(({ children }) => children.some(({ name }) => name === 'failure'));
  expect(red?.map(({ attributes }) => attributes.name)).toEqual(['tables', 'table sales.lines']);
  expect(written('m.md')).toContain('shop is not ready for CDC');

  // One that only warns is red where that was asked for.
  const warned = (...flags: string[]) =>
    ci.jackfield`connections cdc check shop --table sales.orders ${flags} --report junit=j.xml`;
  expect((await warned()).code).toBe(0);
  expect(written('j.xml')).toContain('failures="0"');
  expect((await warned('--fail-on', 'warned')).code).toBe(1);
  expect(written('j.xml')).not.toContain('failures="0"');

  expect(await ci.refused(2)`connections cdc check shop --report junit=nowhere/j.xml`).toMatchObject({
    code: 'report_not_writable',
  });
  await ci.answer(connectionSchema)`connections edit shop --port 1 --no-password`;
  const nobody = await ci.jackfield`connections cdc check shop ${reports}`;
  expect(nobody.code).toBe(7);
  expect(JSON.parse(written('c.json'))).toMatchObject({
    error: { connection: 'shop', code: 'connection_refused' },
  });
  expect(written('j.xml')).toContain('<testcase classname="shop" name="connection"');
  expect(written('j.xml')).toContain('failures="1"');

  await ci.answer(connectionSchema)`connections edit shop --password-ref env:NOBODY_SET_IT`;
  expect((await ci.jackfield`connections cdc check shop ${reports}`).code).toBe(5);
  expect(JSON.parse(written('c.json'))).toMatchObject({
    error: { connection: 'shop', code: 'reference_missing' },
  });
});
