import { describe, expect, test } from 'vitest';
import { connectionSchema, testHistorySchema } from '../../src/connections/schema.ts';
import { parseCsv } from '../support/csv.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

async function save(script: Script, name: string): Promise<void> {
  await script.answer(connectionSchema)`connections add --role source --name ${name}
    --host db.example.com --username app --no-password`;
}

describe('history', () => {
  test('of what was never tested is a sentence, and in JSON an empty list', async () => {
    const script = newScript();
    await save(script, 'the orders');

    const { stdout, stderr, code } = await script.jackfield`connections history ${'the orders'}`;

    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toBe(
      "No test of the orders is recorded yet.\nTest it: jackfield connections test 'the orders'\n",
    );
    expect(await script.answer(testHistorySchema)`connections history ${'the orders'}`).toEqual([]);
  });

  test('of an unknown name is exit 3, and a limit that is none exit 2', async () => {
    const script = newScript();
    await save(script, 'Orders');

    expect(await script.refused(3)`connections history Order`).toMatchObject({ code: 'no_such_connection' });
    for (const limit of ['0', '-1', '201', '1.5', 'all', '']) {
      const refused = await script.refused(2)`connections history Orders ${`--limit=${limit}`}`;
      expect(refused, limit).toMatchObject({
        code: 'bad_value',
        message: expect.stringContaining('1 to 200'),
      });
    }
    expect(await script.refused(2)`connections history`).toMatchObject({ code: 'missing_argument' });
  });
});

describe.each(majors)('history on PostgreSQL %i', (major) => {
  test('has every test that was recorded, of one and of many, through an edit and a new name', async () => {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create table orders (id int primary key);
      grant select on orders to ${role.name};
    `);
    const script = newScript().given({ env: { SHOP_PASSWORD: role.password } });
    await script.answer(connectionSchema)`connections add --role source --name Orders --host localhost
      --port ${server.port} --database ${database.name} --username ${role.name} --ssl-mode verify-full
      --ssl-root-cert ${server.caFile} --password-ref env:SHOP_PASSWORD --test`;
    await script.jackfield`connections test Orders --schema nowhere`;
    await script.given({ env: { SHOP_PASSWORD: 'wrong' } }).jackfield`connections test --all`;
    await script.answer(
      connectionSchema,
    )`connections edit Orders --rename Shop --option application_name=shop`;
    await script.jackfield`connections test Shop`;

    const history = await script.answer(testHistorySchema)`connections history Shop`;
    const { stdout, code } = await script.jackfield`connections history Shop --limit 2`;
    const csv = await script.jackfield`connections history Shop --output csv --limit 2`;

    // The edit that was tried and not saved is no test of what is saved.
    expect(history.map((entry) => [entry.status, entry.code])).toEqual([
      ['passed', null],
      ['failed', 'password_refused'],
      ['passed', null],
    ]);
    const times = history.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
    const [newest, failed] = history;
    expect(newest).toMatchObject({
      serverVersion: expect.stringMatching(new RegExp(`^${major}\\.`)),
      certificateValidTo: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(newest?.stages).toHaveLength(8);
    expect(failed).toMatchObject({ serverVersion: null, certificateValidTo: null });
    expect(failed?.stages.at(-1)).toMatchObject({ stage: 'privileges', status: 'skipped' });

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Shop\n {2}Tests +3 since \d{4}-\d\d-\d\d, 2 passed \(66%\)\n/);
    expect(stdout).toMatch(/\n {2}Duration +[▁▂▃▄▅▆▇█]×[▁▂▃▄▅▆▇█]\n/);
    expect(stdout).toContain(`valid to ${newest?.certificateValidTo?.slice(0, 10)} (`);
    expect(stdout).toMatch(
      /\nWHEN +STATUS +DURATION +CAUSE +SERVER\n.*✓ passed.*\n.*✗ failed +[\d.<]+ m?s +password_refused +–\n$/,
    );
    expect(parseCsv(csv.stdout)).toHaveLength(2);
    expect(stdout + csv.stdout + JSON.stringify(history)).not.toContain(role.password);

    expect((await script.jackfield`doctor`).code).toBe(0);
    await script.jackfield`connections delete Shop --yes`;
    await save(script, 'Shop');
    expect(await script.answer(testHistorySchema)`connections history Shop`).toEqual([]);
  });
});
