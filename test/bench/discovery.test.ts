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

// Discovery at size, beside psql that streams the same facts one statement after another: by the plain
// statements that anybody would write, and by our own, which take two thirds of their time. And beside
// pg_dump -s. On PostgreSQL 12, which the pg_dump of any distribution can read.

const sizes = process.env.JACKFIELD_BENCH_LARGE ? [1000, 10_000, 100_000] : [1000, 10_000];
const runs = 9;

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
  const [cold, unchanged, plain, ours]: [Run[], Run[], Run[], Run[]] = [[], [], [], []];
  // In turns, so that a slow moment of the machine hits all.
  for (let run = 0; run < (tables > 10_000 ? 2 : runs); run += 1) {
    for (const name of ['metadata.db', 'metadata.db-wal', 'metadata.db-shm'])
      rmSync(join(home, name), { force: true });
    cold.push(discover());
    unchanged.push(discover('--refresh'));
    plain.push(measured('psql', ['-qAt', '-c', streamed(plainStatements)], psqlEnv));
    ours.push(measured('psql', ['-qAt', '-c', streamed(statements)], psqlEnv));
  }
  // It locks each table, more than a server has room for at 100,000.
  const dump = tables > 10_000 ? null : measured('pg_dump', ['-s', '-f', '/dev/null'], psqlEnv);
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  const times = { cold: best(cold), unchanged: best(unchanged), plain: best(plain), ours: best(ours) };
  process.stdout.write(
    `discovery of ${tables} tables (best of ${cold.length})\n` +
      `  cold / psql, plain statements: ${times.cold} ms / ${times.plain} ms = ${ratio(times.cold, times.plain)} (goal 1)\n` +
      `  cold / psql, our statements: ${times.cold} ms / ${times.ours} ms = ${ratio(times.cold, times.ours)}\n` +
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
  expect(times.cold / times.plain).toBeLessThanOrEqual(1);
});

const statements = [
  columnTypesQuery,
  typesQuery,
  relationsQuery,
  columnsQuery(null),
  constraintsQuery(null),
  indexesQuery(null),
];
const named = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'`;
const relation = `c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND ${named}`;

/** The same facts, each catalog with what belongs to it. */
const plainStatements = [
  `SELECT n.nspname, c.oid, c.relname, c.relkind, c.reltuples, c.relpages, pg_get_userbyid(c.relowner),
    obj_description(c.oid, 'pg_class'), c.relpersistence, c.relispopulated, c.relrowsecurity,
    c.relforcerowsecurity, c.relreplident, c.xmin, pg_get_partkeydef(c.oid),
    has_schema_privilege(n.oid, 'USAGE')
      AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT')),
    (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_class'::regclass
      AND d.objid = c.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${relation} ORDER BY c.oid`,
  `SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    a.attgenerated, pg_get_expr(d.adbin, d.adrelid), s.description,
    CASE WHEN a.attcollation <> t.typcollation THEN l.collname END, a.xmin, d.xmin, s.xmin
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_description s
      ON s.objoid = a.attrelid AND s.classoid = 'pg_class'::regclass AND s.objsubid = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND ${relation} ORDER BY a.attrelid, a.attnum`,
  `SELECT k.conrelid, k.conname, k.contype, k.conkey, k.condeferrable, k.convalidated,
    CASE WHEN k.contype IN ('c', 'x') THEN pg_get_constraintdef(k.oid) END, rn.nspname, rc.relname,
    (SELECT array_agg(ra.attname ORDER BY u.position) FROM unnest(k.confkey) WITH ORDINALITY AS u (number, position)
      JOIN pg_attribute ra ON ra.attrelid = k.confrelid AND ra.attnum = u.number),
    k.confupdtype, k.confdeltype, k.xmin
    FROM pg_constraint k LEFT JOIN pg_class rc ON rc.oid = k.confrelid
    LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace WHERE k.conrelid <> 0 ORDER BY k.conrelid`,
  `SELECT i.indrelid, c.relname, i.indisunique, i.indisprimary, i.indisvalid, i.indisreplident, i.indimmediate,
    m.amname, i.indkey, i.indnkeyatts, pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid),
    i.indoption, i.indclass, i.indcollation, i.xmin, c.xmin
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    WHERE i.indrelid >= 16384 ORDER BY i.indrelid`,
  `SELECT t.oid, n.nspname, t.typname, t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull,
    t.typdefault, obj_description(t.oid, 'pg_type'), t.xmin,
    (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid),
    (SELECT array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE ${named} AND (t.typtype IN ('d', 'e', 'r') OR t.typtype = 'c' AND c.relkind = 'c') ORDER BY t.oid`,
];

/** All in one snapshot. */
function streamed(all: readonly string[]): string {
  const copies = all.map((sql) => `copy (${sql}) to stdout`);
  return `begin isolation level repeatable read read only; set local search_path = pg_catalog, pg_temp; ${copies.join('; ')}`;
}

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
