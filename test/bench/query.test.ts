import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import { bareEnvironment, programFile } from '../support/program.ts';
import { newScript } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// A result as CSV, from the server to a file, by us and by psql over the same TLS: time and peak memory.

const rounds = 9;
const large = 1_000_000;
const small = 100_000;

const rowsOf = (count: number) => `select i as id, i * 1.5 as amount, 'customer ' || i as name,
  timestamptz '2026-01-01' + i * interval '1 second' as placed_at, i % 2 = 0 as even
  from generate_series(1, ${count}) i`;

interface Measured {
  readonly seconds: number;
  /** Of the process, in megabytes. */
  readonly peak: number;
}

/** Runs a program with its standard output in a file. Linux tells its peak while it is there. */
async function measure(
  file: string,
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Measured> {
  const output = openSync(file, 'w');
  const started = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', output, 'inherit'] });
  closeSync(output);
  let peak = 0;
  const look = setInterval(() => {
    try {
      const [, kilobytes = '0'] =
        /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      peak = Math.max(peak, Number(kilobytes) / 1024);
    } catch {
      // It has ended, or there is no /proc.
    }
  }, 5);
  const [code] = await once(child, 'close');
  clearInterval(look);
  expect(code, program).toBe(0);
  return { seconds: (performance.now() - started) / 1000, peak };
}

/** The quickest: what is slower than that is what else the machine had to do. */
function best(measured: readonly Measured[]): number {
  return Math.min(...measured.map(({ seconds }) => seconds));
}

/** Debian's `psql` is a script of Perl's, which takes its time to find this one. */
function psqlProgram(): string {
  const root = '/usr/lib/postgresql';
  const majors = existsSync(root) ? readdirSync(root) : [];
  return majors.map((major) => join(root, major, 'bin', 'psql')).find(existsSync) ?? 'psql';
}

test('a million rows as CSV: no slower than psql --csv, and in the memory of a tenth of them', async () => {
  const server = serverFor(18);
  const { name } = await server.createDatabase();
  const script = newScript();
  const { superuser } = server;
  await script.given({ stdin: superuser.password }).answer(connectionSchema)`connections add --role source
    --name Orders --host localhost --port ${server.port} --database ${name} --username ${superuser.name}
    --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
  const directory = dirname(script.home);
  const files = { ours: join(directory, 'ours.csv'), psql: join(directory, 'psql.csv') };
  const ourEnv = bareEnvironment({
    home: script.home,
    env: { JACKFIELD_KEY_FILE: join(directory, 'vault-key') },
  });
  const psqlEnv = { ...bareEnvironment({ home: script.home }), ...server.psqlEnv(name) };
  const byUs = (count: number) =>
    measure(
      files.ours,
      process.execPath,
      [programFile, 'connections', 'query', 'Orders', rowsOf(count), '--output', 'csv'],
      ourEnv,
    );
  const byPsql = (count: number) =>
    measure(files.psql, psqlProgram(), ['-X', '--csv', '-c', rowsOf(count)], psqlEnv);

  const tenth = await byUs(small);
  await byPsql(small);
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  // In turns, so that a slow moment of the machine hits both.
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await byUs(large));
    theirs.push(await byPsql(large));
  }
  expect(readFileSync(files.ours).equals(readFileSync(files.psql))).toBe(true);

  const ratio = best(ours) / best(theirs);
  const peaks = {
    small: tenth.peak,
    large: Math.max(...ours.map(({ peak }) => peak)),
    psql: Math.max(...theirs.map(({ peak }) => peak)),
  };
  const figures = [
    `${large} rows as CSV (${(statSync(files.ours).size / 1e6).toFixed(0)} MB), the best of ${rounds}:`,
    `${best(ours).toFixed(2)} s / psql`,
    `${best(theirs).toFixed(2)} s = ${ratio.toFixed(2)};`,
    `peak ${peaks.large.toFixed(0)} MB (${small} rows: ${peaks.small.toFixed(0)} MB; psql: ${peaks.psql.toFixed(0)} MB)`,
  ].join(' ');
  process.stdout.write(`query: ${figures}\n`);
  expect(ratio, figures).toBeLessThanOrEqual(1);
  expect(peaks.large, figures).toBeLessThanOrEqual(peaks.small * 1.25 + 10);
});
