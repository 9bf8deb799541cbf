import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { cdcSetupSchema, cdcStatusSchema } from '../../src/cdc/schema.ts';
import { type CdcSource, cdcSource } from '../support/cdc-source.ts';
import { afterwards } from '../support/clean-up.ts';
import { startServer } from '../support/postgres.ts';
import { openTerminal } from '../support/terminal.ts';

// status --watch, for a person, a log and a program.

let source: CdcSource;

beforeAll(async () => {
  const server = await startServer({ major: 18 });
  afterwards(() => server.stop());
  source = await cdcSource(server);
  await source.script.answer(cdcSetupSchema)`connections cdc setup shop --table orders --yes`;
});

const watch = ['connections', 'cdc', 'status', 'shop', '--watch', '--interval', '100ms'];

test('is drawn in place on a terminal, however narrow, until Ctrl-C', async () => {
  const { home, env } = source.script;
  const terminal = await openTerminal(watch, { home, env, columns: 90, rows: 24 });
  await terminal.waitFor('Ctrl-C ends it');
  await source.asOwner("insert into sales.orders select i, repeat('x', 500) from generate_series(1, 2000) i");
  await terminal.waitFor(/Lag over \d+ s {2}▁+█/);
  terminal.resize(40, 10);
  await sleep(400);
  for (const line of terminal.screen().split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  terminal.resize(90, 24);
  await terminal.waitFor('Ctrl-C ends it');
  expect(terminal.screen().match(/Ctrl-C ends it/g)).toHaveLength(1);
  terminal.press('ctrl-c');
  expect(await terminal.exit()).toMatchObject({ code: 130 });
  expect(terminal.raw()).not.toContain('\x1b[?25l');
});

test('is a line each in a log, and an object each for a program', async () => {
  const lines = await source.script.jackfield`${watch} --count 3 --max-lag 1kB`;
  expect(lines).toMatchObject({ code: 1, stderr: '' });
  expect(lines.stdout.trimEnd().split('\n')).toHaveLength(3);
  for (const line of lines.stdout.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^\d{4}-\S+Z {2}✗ failed {2}lag .* retained .* inactive {2}reserved {2}slot_inactive lag_over_limit$/,
    );
  }
  const objects = await source.script.jackfield`${watch} --count 2 --json`;
  expect(objects.code).toBe(0);
  const read = objects.stdout
    .trimEnd()
    .split('\n')
    .map((line) => cdcStatusSchema.parse(JSON.parse(line)));
  expect(read.map(({ status }) => status)).toEqual(['warned', 'warned']);
  expect(await source.script.refused(2)`connections cdc status shop --count 3`).toMatchObject({
    code: 'missing_flags',
  });
  expect((await source.script.jackfield`${watch} --output yaml`).code).toBe(2);
});

test('goes on when its session is ended, and says so', async () => {
  const watching = source.script.start`${watch} --json`;
  const lines = () => watching.soFar().stdout.split('\n').length - 1;
  const until = async (count: number) => {
    for (const end = Date.now() + 10_000; lines() < count; await sleep(20)) {
      if (Date.now() > end) throw new Error(`no ${count} lines: ${watching.soFar().stderr}`);
    }
  };
  await until(2);
  await source.sql(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'jackfield' and datname = '${source.database}'`);
  await until(lines() + 3);
  watching.kill('SIGINT');
  const done = await watching.done;
  expect(done.code).toBe(130);
  expect(done.stderr).toMatch(/trying again\n/);
});
