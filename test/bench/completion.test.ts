import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openMetadata } from '../../src/catalog/metadata-store.ts';
import { bareEnvironment, jackfield, newHome, programFile } from '../support/program.ts';

const tables = 10_000;
const runs = 20;

// Somebody has pressed Tab and waits: a tenth of a second is felt. A bare node takes half of that.
test(`completion with ${tables} tables is there within a small multiple of a bare node`, async () => {
  const home = newHome();
  const endpoint = ['--role', 'source', '--host', 'localhost', '--username', 'app', '--no-password'];
  expect((await jackfield(['connections', 'add', '--name', 'shop', ...endpoint], { home })).code).toBe(0);
  await discovered(home);

  const env = bareEnvironment({ home });
  const cases: [what: string, goal: number, answer: number, ...words: string[]][] = [
    ['verbs', 1.3, 1, 'connections', 'rotat'],
    ['flags', 1.3, 1, 'connections', 'test', '--shar'],
    ['names', 1.7, 1, 'connections', 'show', 'sh'],
    ['tables by prefix', 1.7, 11, 'connections', 'discover', 'shop', '--table', 'order_123'],
    ['relations by prefix', 1.7, 11, 'connections', 'discover', 'shop', 's0.order_12'],
    ['schemas', 1.7, 10, 'connections', 'discover', 'shop', '--schema', ''],
    ['all tables', 2.6, tables, 'connections', 'discover', 'shop', '--table', ''],
  ];
  const bare: number[] = [];
  const measured = cases.map(() => [] as number[]);
  for (let run = 0; run < runs; run += 1) {
    bare.push(millisecondsOf(['-e', '0'], env, '').ms);
    for (const [at, [what, , answer, ...words]] of cases.entries()) {
      const input = `${['jackfield', ...words].join('\0')}\0`;
      const { ms, lines } = millisecondsOf([programFile, '__complete', 'zsh'], env, input);
      expect(lines, what).toBe(answer + 1);
      measured[at]?.push(ms);
    }
  }
  const ratios = measured.map((times) => median(times) / median(bare));
  const figures = cases.map(
    ([what], at) => `${what} ${median(measured[at] ?? []).toFixed(1)} ms = ${ratios[at]?.toFixed(2)}`,
  );
  process.stdout.write(
    `completion, over a bare node of ${median(bare).toFixed(1)} ms:\n  ${figures.join('\n  ')}\n`,
  );
  for (const [at, [what, goal]] of cases.entries()) expect(ratios[at], what).toBeLessThanOrEqual(goal);
});

/** What a discovery of so many tables leaves: its rows alone, as completion looks at nothing else. */
async function discovered(home: string): Promise<void> {
  const catalog = new Database(join(home, 'catalog.db'), { readonly: true });
  const id = catalog.prepare("SELECT id FROM connections WHERE name = 'shop'").pluck().get();
  catalog.close();
  await openMetadata({ home, isAtWork: () => false }).close();
  const db = new Database(join(home, 'metadata.db'));
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; BEGIN');
  db.prepare('INSERT INTO sources (id, connection_id) VALUES (1, ?)').run(id);
  const insert = db.prepare("INSERT INTO relations VALUES (1, ?, 1, NULL, ?, ?, ?, '', '')");
  for (let n = 0; n < tables; n += 1) insert.run(n, `s${n % 10}`, `order_${n}`, 'x'.repeat(1500));
  db.exec('COMMIT');
  db.close();
}

function millisecondsOf(args: readonly string[], env: Record<string, string>, input: string) {
  const start = performance.now();
  const { status, stdout } = spawnSync(process.execPath, args, { env, input, maxBuffer: 64 * 1024 * 1024 });
  const ms = performance.now() - start;
  expect(status).toBe(0);
  return { ms, lines: String(stdout).split('\n').length - 1 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
