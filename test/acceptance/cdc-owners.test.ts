import { beforeAll, describe, expect, test } from 'vitest';
import { cdcPlanSchema, cdcSetupSchema, cdcStatusSchema, cdcTeardownSchema } from '../../src/cdc/schema.ts';
import { connectionSchema } from '../../src/connections/schema.ts';
import { type CdcSource, cdcSource } from '../support/cdc-source.ts';
import { afterwards } from '../support/clean-up.ts';
import { majors, type OwnServer, startServer } from '../support/postgres.ts';

// Several connections to one database, of one catalog and of several: none takes over or takes down what
// another one has set up, and what a connection was led away from stays told.

const both = ['publication jackfield_shop', 'slot jackfield_shop'];
const theirs = ['--publication', 'jackfield_shop', '--slot', 'jackfield_shop'];

let server: OwnServer;

beforeAll(async () => {
  server = await startServer({ major: majors[majors.length - 1] ?? 18 });
  afterwards(() => server.stop());
});

const setUp = ({ script }: CdcSource) =>
  script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`;
const kinds = ({ steps }: { steps: { step: string }[] }) => steps.map(({ step }) => step);
const without = { env: { JACKFIELD_KEY_FILE: undefined } };

describe('CDC of several connections to one database', () => {
  test('one of the same catalog is refused, by force too, before a secret is read', async () => {
    const source = await cdcSource(server);
    const { script } = source;
    await setUp(source);
    await script.answer(connectionSchema)`connections duplicate shop --name store --role source`;
    const locked = script.given(without);
    const refused = {
      code: 'cdc_of_other_connection',
      message: expect.stringContaining('are those of the connection shop'),
      fix: expect.stringContaining('jackfield connections cdc teardown shop;'),
    };
    const mine = ['--publication', 'mine'];
    for (const names of [theirs, [...mine, '--slot', 'jackfield_shop']]) {
      const run = locked.refused(4);
      expect(await run`connections cdc plan store ${names} --table orders`).toMatchObject(refused);
      expect(await run`connections cdc setup store ${names} --table orders --yes`).toMatchObject(refused);
      expect(await run`connections cdc teardown store ${names} --yes`).toMatchObject(refused);
      expect(await run`connections cdc teardown store ${names} --yes --force`).toMatchObject(refused);
    }
    expect(await source.traces()).toEqual(both);
    // Each has its own, beside the other's.
    await script.answer(cdcSetupSchema)`connections cdc setup store --table orders --yes`;
    expect(await source.traces()).toHaveLength(4);
    await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    expect(await source.traces()).toEqual(['publication jackfield_store', 'slot jackfield_store']);
  });

  test('one of another catalog is told from the mark, and takes it down by force alone', async () => {
    const source = await cdcSource(server);
    await setUp(source);
    const other = await source.another('lake');
    const refused = {
      code: 'cdc_of_other_connection',
      message: expect.stringContaining('was set up by the connection "shop"'),
    };
    const run = other.refused(4);
    for (const names of [theirs, [...theirs.slice(0, 2), '--slot', 'mine']]) {
      expect(await run`connections cdc plan lake ${names} --table orders`).toMatchObject(refused);
      expect(await run`connections cdc setup lake ${names} --table orders --yes`).toMatchObject(refused);
      expect(await run`connections cdc teardown lake ${names} --yes`).toMatchObject({
        ...refused,
        fix: expect.stringMatching(/cdc teardown shop; or use --force/),
      });
    }
    expect(await source.traces()).toEqual(both);
    expect((await other.jackfield`connections delete lake --yes`).code).toBe(0);

    const again = await source.another('lake');
    const gone = await again.answer(cdcTeardownSchema)`connections cdc teardown lake ${theirs} --yes --force`;
    expect(kinds(gone)).toEqual(['drop_slot', 'drop_publication']);
    expect(gone).toMatchObject({ forgotten: false, left: [{ code: 'cdc_of_other_connection' }] });
    expect(gone.left[0]?.fix).toContain('jackfield connections cdc teardown shop');
    // The catalog that knew of it learns that nothing of it is there any more, whoever has the names now.
    const { script } = source;
    await again.answer(cdcSetupSchema)`connections cdc setup lake ${theirs} --table orders --yes`;
    const told = await script.jackfield`connections cdc teardown shop --yes`;
    expect(told.stdout).toContain('this catalog has forgotten the set-up; nothing was changed on a server');
    expect(told.stdout).toContain('those of the connection "lake" by now');
    expect(await source.traces()).toEqual(both);
    expect((await script.jackfield`connections delete shop --yes`).code).toBe(0);
  });

  test('one that was renamed is still the same, on its machine; on another one its name is', async () => {
    const source = await cdcSource(server);
    const { script } = source;
    await setUp(source);
    await script.answer(connectionSchema)`connections edit shop --rename store`;
    // A new connection of the former name is not the one that set it up.
    const add = script.given({ stdin: source.role.password });
    await add.answer(connectionSchema)`connections add --role source --name shop --host 127.0.0.1
      --port ${server.port} --database ${source.database} --username ${source.role.name} --schema sales
      --ssl-mode require --password-stdin`;
    expect(await script.refused(4)`connections cdc teardown shop --yes`).toMatchObject({
      code: 'cdc_of_other_connection',
      message: expect.stringContaining('was set up by the connection "store"'),
    });
    const elsewhere = await source.another();
    expect((await elsewhere.answer(cdcSetupSchema)`connections cdc setup shop --yes`).steps).toEqual([]);
    expect((await script.answer(cdcPlanSchema)`connections cdc plan store`).steps).toEqual([]);

    // The mark of an older version has no id: what the catalog remembers counts.
    const [row] = await source.sql(
      `select obj_description(oid, 'pg_publication') as comment from pg_publication`,
    );
    const older = String(row?.comment).replace(/"id":"[^"]+",/, '');
    expect(older).not.toBe(row?.comment);
    await source.asOwner(`comment on publication jackfield_shop is '${older.replaceAll("'", "''")}'`);
    const lake = await source.another('lake');
    expect(await lake.refused(4)`connections cdc teardown lake ${theirs} --yes`).toMatchObject({
      code: 'cdc_of_other_connection',
    });
    const marked = await script.answer(cdcSetupSchema)`connections cdc setup store --yes`;
    expect(kinds(marked)).toEqual(['mark_publication']);
    const gone = await script.answer(cdcTeardownSchema)`connections cdc teardown store --yes`;
    expect(gone).toMatchObject({ left: [], forgotten: true });
    expect(await source.traces()).toEqual([]);
  });
});

describe('CDC of a connection that is led elsewhere, or deleted', () => {
  test('what stays behind is told until it is forgotten, which needs no secret', async () => {
    const source = await cdcSource(server);
    const { script, database } = source;
    await setUp(source);
    // Another address of the same name is another server.
    const moving = script.given({ stdin: source.role.password });
    const moved = await moving.jackfield`connections edit shop --option hostaddr=127.0.0.1 --password-stdin`;
    const at = `localhost:${server.port}/${database}`;
    const told = new RegExp(`CDC of shop is set up on ${at},.*slot jackfield_shop are left there`);
    expect(moved.code, moved.stderr).toBe(0);
    expect(moved.stderr.replace(/\s+/g, ' ')).toMatch(told);
    const shown = await script.jackfield`connections show shop --json`;
    expect(shown.stderr.replace(/\s+/g, ' ')).toMatch(told);
    connectionSchema.parse(shown.json());
    expect(await script.answer(cdcStatusSchema, 1)`connections cdc status shop`).toMatchObject({
      status: 'failed',
      problems: [{ code: 'cdc_set_up_elsewhere' }],
    });
    expect(await script.refused(4)`connections cdc setup shop --table orders --yes`).toMatchObject({
      code: 'cdc_set_up_elsewhere',
    });
    const guarded = await script.refused(4)`connections delete shop --yes`;
    expect(guarded).toMatchObject({ code: 'cdc_set_up' });
    expect(guarded.message).toContain(at);

    const quiet = await script.jackfield`connections edit shop --tag moved`;
    expect(quiet.stderr).not.toContain('CDC');
    const locked = script.given(without);
    expect(await locked.refused(4)`connections cdc teardown shop --yes`).toMatchObject({
      code: 'cdc_set_up_elsewhere',
    });
    const forgotten = await locked.jackfield`connections cdc teardown shop --yes --force`;
    expect(forgotten.code, forgotten.stderr).toBe(0);
    expect(forgotten.stdout).toContain('this catalog has forgotten the set-up');
    expect(forgotten.stdout).toContain(`are left on ${at}`);
    expect(await source.traces()).toEqual(both);

    const other = await source.another('lake');
    await other.answer(cdcTeardownSchema)`connections cdc teardown lake ${theirs} --yes --force`;
    expect(await source.traces()).toEqual([]);
  });

  test('a deletion by force tells what it leaves', async () => {
    const source = await cdcSource(server);
    await setUp(source);
    const deleted = await source.script.jackfield`connections delete shop --yes --force`;
    expect(deleted.code).toBe(0);
    const told = deleted.stderr.replace(/\s+/g, ' ');
    expect(told).toContain(`CDC of shop was set up on localhost:${server.port}/${source.database}`);
    expect(told).toContain('--publication jackfield_shop --slot jackfield_shop --force');
    // Under the same name it is the same connection again.
    const again = await source.another();
    await again.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    expect(await source.traces()).toEqual([]);
  });
});

test('without --yes nothing is opened, read or dialled where nobody can be asked', async () => {
  const source = await cdcSource(server);
  const locked = source.script.given(without);
  for (const verb of ['setup', 'teardown']) {
    for (const name of ['shop', 'nobody']) {
      expect(await locked.refused(4)`connections cdc ${verb} ${name}`).toMatchObject({
        code: 'not_confirmed',
        message: expect.stringContaining('wants --yes'),
      });
    }
  }
});
