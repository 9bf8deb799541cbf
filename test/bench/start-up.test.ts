import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { bareEnvironment, jackfield, newHome, programFile } from '../support/program.ts';

const saved = 1000;
const runs = 40;
const goal = 1.3;

test(`connections list with ${saved} saved starts within ${goal} × a bare node`, async () => {
  const home = newHome();
  const file = join(dirname(home), 'connections.json');
  writeFileSync(
    file,
    JSON.stringify({ connections: Array.from({ length: saved }, (_, n) => connection(n)) }),
  );
  const applied = await jackfield(['apply', '--file', file, '--yes', '--json'], { home });
  expect(applied.code, applied.stderr).toBe(0);

  const env = bareEnvironment({ home });
  const bare: number[] = [];
  const list: number[] = [];
  // In turns, so that a slow moment of the machine hits both.
  for (let run = 0; run < runs; run += 1) {
    bare.push(millisecondsOf(['-e', '0'], env));
    list.push(millisecondsOf([programFile, 'connections', 'list', '--json'], env));
  }
  const ratio = median(list) / median(bare);
  const figures = `${median(list).toFixed(1)} ms / ${median(bare).toFixed(1)} ms = ${ratio.toFixed(2)}`;
  process.stdout.write(`start-up: ${figures} (medians of ${runs})\n`);
  expect(ratio, figures).toBeLessThanOrEqual(goal);
});

function connection(n: number) {
  return {
    name: `connection-${n}`,
    role: n % 2 === 0 ? 'source' : 'destination',
    host: `db-${n}.example.com`,
    database: 'orders',
    username: 'reader',
    secret: `env:PASSWORD_${n}`,
  };
}

function millisecondsOf(args: readonly string[], env: Record<string, string>): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, maxBuffer: 64 * 1024 * 1024 });
  const elapsed = performance.now() - start;
  expect(status, String(stderr)).toBe(0);
  return elapsed;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
