import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  columnsQuery,
  columnTypesQuery,
  constraintsQuery,
  indexesQuery,
  relationsQuery,
  typesQuery,
} from '../../src/connectors/postgres/discovery-queries.ts';
import { bareEnvironment, jackfield, newHome, programFile } from '../support/program.ts';
import { serverFor } from '../support/servers.ts';

// Discovery at size, beside psql that streams the rows of the same six statements one after another, and
// beside pg_dump -s. On PostgreSQL 12, which the pg_dump of any distribution can read.

const sizes = process.env.JACKFIELD_BENCH_LARGE ? [1000, 10_000, 100_000] : [1000, 10_000];
const runs = 5;

test.each(sizes)('%i tables of 12 columns and two indexes', async (tables) => {
  const server = serverFor(12);
  const database = await server.createDatabase('create schema app');
  for (let made = 0; made < tables; made += 500)
    await server.run(tablesSql(made, Math.min(tables, made + 500)), database.name);
  await server.run('analyze', database.name);
  const role = server.superuser;
  const home = newHome();
  const env = { BENCH_PASSWORD: role.password };
  const added = await jackfield(
    [
      ...['connections', 'add', '--role', 'source', '--name', 'big', '--host', 'localhost'],
      ...['--port', String(server.port), '--database', database.name, '--username', role.name],
      ...[
        '--ssl-mode',
        'verify-full',
        '--ssl-root-cert',
        server.caFile,
        '--password-ref',
        'env:BENCH_PASSWORD',
        '--no-test',
      ],
    ],
    { home, env },
  );
  expect(added.code, added.stderr).toBe(0);

  const discover = (...flags: string[]) =>
    measured(
      process.execPath,
      [programFile, 'connections', 'discover', 'big', ...flags],
      bareEnvironment({ home, env }),
    );
  const psqlEnv = { PATH: process.env.PATH, ...server.psqlEnv(database.name, role) };
  const [cold, unchanged, psql]: [Run[], Run[], Run[]] = [[], [], []];
  // In turns, so that a slow moment of the machine hits all.
  for (let run = 0; run < (tables > 10_000 ? 2 : runs); run += 1) {
    for (const name of ['metadata.db', 'metadata.db-wal', 'metadata.db-shm'])
      rmSync(join(home, name), { force: true });
    cold.push(discover());
    unchanged.push(discover('--refresh'));
    psql.push(measured('psql', ['-qAt', '-c', psqlScript], psqlEnv));
  }
  // It locks each table, more than a server has room for at 100,000.
  const dump = tables > 10_000 ? null : measured('pg_dump', ['-s', '-f', '/dev/null'], psqlEnv);
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  const times = { cold: best(cold), unchanged: best(unchanged), psql: best(psql) };
  process.stdout.write(
    `discovery of ${tables} tables (best of ${cold.length})\n` +
      `  cold / psql: ${times.cold} ms / ${times.psql} ms = ${ratio(times.cold, times.psql)} (goal 1)\n` +
      (dump
        ? `  cold / pg_dump -s: ${times.cold} ms / ${dump.ms} ms = ${ratio(times.cold, dump.ms)}\n`
        : '') +
      `  unchanged / cold: ${times.unchanged} ms / ${times.cold} ms = ${ratio(times.unchanged, times.cold)} (goal 0.4)\n` +
      `  peak memory: ${Math.max(...cold.map(({ peakMb }) => peakMb))} MB (goal 200)\n`,
  );
  expect(Math.max(...cold.map(({ peakMb }) => peakMb))).toBeLessThan(200);
  // Of a small database the program's own start is most.
  if (tables < 10_000) return;
  expect(times.unchanged / times.cold).toBeLessThanOrEqual(0.4);
  expect(times.cold / times.psql).toBeLessThanOrEqual(1);
});

const statements = [
  columnTypesQuery,
  typesQuery,
  relationsQuery,
  columnsQuery(false),
  constraintsQuery(false),
  indexesQuery(false),
];
const psqlScript = `begin isolation level repeatable read read only; set local search_path = pg_catalog, pg_temp; ${statements
  .map((sql) => `copy (${sql}) to stdout`)
  .join('; ')}`;

function tablesSql(from: number, to: number): string {
  return `do $$ begin for i in ${from + 1}..${to} loop
    execute format('create table app.t_%s (id bigint generated always as identity, name varchar(40) not null default ''x'',
      amount numeric(12,2), created_at timestamptz not null default now(), status text, ref_id bigint, flags int[], note text,
      payload jsonb, updated_at timestamp, active boolean default true, code char(3), primary key (id))', i);
    execute format('create index t_%s_idx on app.t_%s (created_at, status)', i, i);
    if i % 3 = 0 then execute format('comment on column app.t_%s.name is ''the name of it''', i); end if;
  end loop; end $$`;
}

interface Run {
  readonly ms: number;
  readonly peakMb: number;
}

/** Runs a program with its output thrown away; GNU time tells its peak memory where it is there. */
function measured(file: string, args: readonly string[], env: Record<string, string | undefined>): Run {
  const timed = hasGnuTime
    ? (['/usr/bin/time', ['-f', 'peak %M', file, ...args]] as const)
    : ([file, args] as const);
  const started = performance.now();
  const { status, stderr } = spawnSync(timed[0], [...timed[1]], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ms = Math.round(performance.now() - started);
  expect(status, String(stderr)).toBe(0);
  return { ms, peakMb: Math.round(Number(/peak (\d+)/.exec(String(stderr))?.[1] ?? 0) / 1024) };
}

const hasGnuTime = (() => {
  try {
    execFileSync('/usr/bin/time', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

function best(all: readonly Run[]): number {
  return Math.min(...all.map(({ ms }) => ms));
}
