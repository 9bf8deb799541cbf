import { expect, test } from 'vitest';
import { cdcCheckSchema, cdcSetupSchema, cdcStatusSchema, cdcTeardownSchema } from '../../src/cdc/schema.ts';
import { connectionSchema } from '../../src/connections/schema.ts';
import { cdcSource, untilTrue } from '../support/cdc-source.ts';
import { afterwards } from '../support/clean-up.ts';
import { startConsumer } from '../support/consumer.ts';
import { startableMajors, startServer } from '../support/postgres.ts';
import { startStandby } from '../support/standby.ts';

const withDecoding = startableMajors().filter((major) => major >= 16);

test.each(withDecoding)(
  'a standby of PostgreSQL %i is a source, with its primary’s publication',
  async (major) => {
    const primary = await startServer({ major });
    afterwards(() => primary.stop());
    const source = await cdcSource(primary);
    const { script, role, database } = source;
    const standby = await startStandby(primary, { hot_standby_feedback: 'on' });
    await script.given({ stdin: role.password }).answer(connectionSchema)`connections add --role source
    --name replica --host localhost --port ${standby.port} --database ${database} --username ${role.name}
    --schema sales --ssl-mode require --password-stdin`;

    const check = await script.answer(cdcCheckSchema)`connections cdc check replica --table orders`;
    expect(check.checks.filter(({ status }) => status === 'warned').map(({ code }) => code)).toEqual([
      'wal_keep_unlimited',
      'standby_source',
    ]);
    const names = ['--publication', 'changes', '--slot', 'changes'];
    const refused = await script.refused(4)`connections cdc setup replica ${names} --table orders --yes`;
    expect(refused).toMatchObject({ code: 'publication_on_primary' });
    expect(refused.fix).toContain('--publication-only --publication changes --slot changes');
    const made = await script.answer(cdcSetupSchema)`connections cdc setup shop ${names} --table orders
    --publication-only --yes`;
    expect(made).toMatchObject({ slotPosition: null, steps: [{}, { step: 'mark_publication' }] });
    expect(await script.answer(cdcStatusSchema)`connections cdc status shop`).toMatchObject({
      status: 'passed',
      slot: null,
    });
    await untilTrue(
      standby,
      "select exists (select from pg_publication where pubname = 'changes') as yes",
      database,
    );

    const setting = script.start`connections cdc setup replica ${names} --yes --json`;
    // A primary that is idle does not tell its standby by itself which transactions run.
    const telling = setInterval(() => void primary.run('select pg_log_standby_snapshot()'), 200);
    const set = await setting.done.finally(() => clearInterval(telling));
    expect(set.code, set.stderr).toBe(0);
    expect(cdcSetupSchema.parse(set.json()).steps.map(({ step }) => step)).toEqual(['create_slot']);

    const consumer = await startConsumer({
      server: standby,
      database,
      role,
      slot: 'changes',
      publication: 'changes',
    });
    await source.asOwner("insert into sales.orders values (1, 'from the primary')");
    expect(await consumer.changes(1)).toMatchObject([{ kind: 'insert', row: { note: 'from the primary' } }]);
    const status = await script.answer(cdcStatusSchema)`connections cdc status replica`;
    expect(status).toMatchObject({ status: 'passed', slot: { active: true } });
    expect(status.slot?.lagBytes).not.toBeNull();
    await consumer.stop();

    const gone = await script.answer(cdcTeardownSchema)`connections cdc teardown replica --yes`;
    expect(gone).toMatchObject({
      steps: [{ step: 'drop_slot' }],
      left: [{ code: 'publication_on_primary' }],
    });
    // The standby can't tell its primary that its slot is gone.
    const last = await script.answer(cdcTeardownSchema)`connections cdc teardown shop --yes`;
    expect(last).toMatchObject({
      steps: [{ step: 'drop_publication' }],
      left: [{ code: 'slot_elsewhere', message: expect.stringContaining('the slot changes') }],
    });
    expect(await source.traces()).toEqual([]);
  },
);
