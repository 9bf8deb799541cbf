import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openHome } from '../support/home-screen.ts';
import { jackfield, newHome } from '../support/program.ts';
import type { Terminal } from '../support/terminal.ts';

const saved = 5_000;
const goalMs = 50;

test(`the Connections page with ${saved} saved answers each key within ${goalMs} ms`, async () => {
  const home = newHome();
  const file = join(dirname(home), 'connections.json');
  const connections = Array.from({ length: saved }, (_, n) => connection(n));
  writeFileSync(file, JSON.stringify({ connections }));
  const applied = await jackfield(['apply', '--file', file, '--yes', '--json'], { home, timeoutMs: 300_000 });
  expect(applied.code, applied.stderr).toBe(0);

  const started = performance.now();
  const terminal = await openHome({ home, columns: 120, rows: 40 });
  const opened = performance.now() - started;

  const letters: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    let typed = '';
    for (const letter of 'tion-4711') {
      typed += letter;
      letters.push(await timeOf(terminal, () => terminal.type(letter), `Search: ${typed}`));
    }
    letters.push(await timeOf(terminal, () => terminal.press('ctrl-u'), '(type to search)'));
  }
  const moves: number[] = [];
  for (let step = 2; step <= 100; step += 1) {
    moves.push(await timeOf(terminal, () => terminal.press('down'), `${grouped(step)} of 5,000`));
  }
  moves.push(await timeOf(terminal, () => terminal.press('end'), '5,000 of 5,000'));
  const tabs: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    for (const title of ['[Sources', '[Destinations', '[All']) {
      tabs.push(await timeOf(terminal, () => terminal.press('right'), title));
    }
  }
  const figures = Object.entries({ letters, moves, tabs }).map(
    ([what, times]) => `${what} ${figuresOf(times)}`,
  );
  process.stdout.write(
    `home: opened in ${opened.toFixed(0)} ms; from key to screen: ${figures.join('; ')}\n`,
  );
  const all = [...letters, ...moves, ...tabs];
  expect(quantile(all, 0.95), figures.join('; ')).toBeLessThanOrEqual(goalMs);
});

/** From the key to the screen that shows what came of it, the pseudo-terminal's part included. Milliseconds. */
async function timeOf(terminal: Terminal, press: () => void, expected: string): Promise<number> {
  const start = performance.now();
  press();
  await terminal.sees(expected);
  return performance.now() - start;
}

function figuresOf(times: readonly number[]): string {
  const [middle, most] = [quantile(times, 0.5), Math.max(...times)];
  return `median ${middle.toFixed(1)} ms, 95 % ${quantile(times, 0.95).toFixed(1)} ms, longest ${most.toFixed(1)} ms`;
}

function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}

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
