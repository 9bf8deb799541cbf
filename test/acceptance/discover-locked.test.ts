import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Discovery } from '../../src/metadata/discovery.ts';
import { discoverySchema } from '../../src/metadata/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { discoveredSource } from '../support/discovered-source.ts';
import type { TestServer } from '../support/postgres.ts';
import { majors, serverFor } from '../support/servers.ts';

// Somebody holds tables ACCESS EXCLUSIVE, as ALTER TABLE does until its transaction ends.

const shop = `
  create schema app;
  create type app.mood as enum ('glad');
  create table app.orders (id serial primary key, at timestamptz default now(), mood app.mood default 'glad',
    note text unique);
  create index orders_by_note on app.orders (note text_pattern_ops desc);
  create table app.lines (number int, order_id int references app.orders (id));
  create table app.parts (id int, day date, name text) partition by range (day, name);
  create table app.parts_2026 partition of app.parts for values from ('2026-01-01', 'a') to ('2027-01-01', 'a')
    partition by list (id);
  create table app.parts_2026_1 partition of app.parts_2026 for values in (1);
  create table app.checked (id int check (id > 0));
  create view app.named as select id, note from app.orders;
`;

/** Locks relations until the test ends. @returns the process that holds them */
async function locking(server: TestServer, database: string, ...relations: string[]): Promise<string> {
  const name = `locks of ${database}`;
  const held = `set application_name = '${name}'; begin; lock table ${relations.join(', ')} in access exclusive mode;
    select pg_sleep(120); commit`;
  const ended = server.run(held, database).catch(() => {});
  const find = `select pid::text from pg_stat_activity where application_name = '${name}' and wait_event = 'PgSleep'`;
  let pid: string | undefined;
  await until('the locks are held', async () => {
    [{ pid } = { pid: undefined }] = (await server.run(find)) as { pid?: string }[];
    return pid !== undefined;
  });
  onTestFinished(async () => {
    await server.run(`select pg_terminate_backend(${pid})`);
    await ended;
  });
  return pid ?? '';
}

function told({ schemas }: Discovery) {
  return schemas;
}

test.each(majors)('on PostgreSQL %i what catalogs tell is read of tables that are locked', async (major) => {
  const server = serverFor(major);
  const { script, database } = await discoveredSource(server, shop);
  const before = await script.answer(discoverySchema)`connections discover Shop`;
  const [orders, , parts] = ['orders', 'lines', 'parts'].map((wanted) =>
    before.schemas[0]?.relations.find(({ name }) => name === wanted),
  );
  expect(orders?.columns[0]?.default).toBe("nextval('app.orders_id_seq'::regclass)");
  expect(parts?.partitions).toEqual({ key: 'RANGE (day, name)', count: 1 });
  await locking(server, database, 'app.orders', 'app.lines', 'app.parts', 'app.named');

  // Nothing is kept, so that all of it is read.
  for (const end of ['', '-wal', '-shm']) rmSync(join(script.home, `metadata.db${end}`), { force: true });
  const now = await script.answer(discoverySchema)`connections discover Shop --refresh`;

  expect(told(now)).toEqual(told(before));
});

test.each(majors)('on PostgreSQL %i a lock that is in the way is told with who holds it', async (major) => {
  const server = serverFor(major);
  const { script, database } = await discoveredSource(server, shop);
  const pid = await locking(server, database, 'app.checked', 'app.parts');

  expect(await script.refused(7)`connections discover Shop`).toEqual({
    code: 'relation_locked',
    message: `app.checked is locked by process ${pid} (locks of ${database}), and 3 more are, so that its checks and expressions can't be had`,
    fix: `let process ${pid} end its transaction (pg_stat_activity tells what it does), and try again; what was read before is kept`,
  });
});
