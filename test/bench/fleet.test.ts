import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { newHome, startJackfield } from '../support/program.ts';
import { serverFor } from '../support/servers.ts';

// Fleets: many connections to one server beside a shell loop over psql, and hosts that never answer.

const connections = 500;
const concurrency = 8;

test(`${connections} connections, the whole ladder each, beside psql -c 'select 1' and bare connects`, async () => {
  const server = serverFor(18);
  const role = await server.createRole();
  const database = await server.createDatabase(
    'create schema app; create table app.orders (id int primary key)',
  );
  await server.run(
    `grant usage on schema app to ${role.name}; grant select on app.orders to ${role.name}`,
    database.name,
  );
  const endpoint = {
    role: 'source',
    host: 'localhost',
    port: server.port,
    database: database.name,
    username: role.name,
    schema: 'app',
    sslMode: 'verify-full',
    sslRootCert: server.caFile,
    secret: 'env:BENCH_PASSWORD',
  };
  const file = fileOf(Array.from({ length: connections }, (_, n) => ({ name: `c${n}`, ...endpoint })));

  const bare = await timed(() => bareConnects(server, database.name, role));
  const ours = await timed(() => testFile(file, { BENCH_PASSWORD: role.password }));
  const loop = await timed(async () => {
    const script = `for i in $(seq ${connections}); do psql -qAt -c 'select 1' >/dev/null || exit 1; done`;
    execFileSync('/bin/sh', ['-c', script], {
      env: { PATH: process.env.PATH, ...server.psqlEnv(database.name, role) },
    });
  });
  expect(ours.value.counts).toEqual({ passed: connections });
  report(`fleet of ${connections}`, {
    'jackfield / psql loop': `${ours.ms} ms / ${loop.ms} ms = ${(ours.ms / loop.ms).toFixed(3)} (goal 0.2)`,
    'bare pg connects / psql loop': `${bare.ms} ms / ${loop.ms} ms = ${(bare.ms / loop.ms).toFixed(3)}`,
    'peak memory': `${ours.value.peakMb} MB`,
  });
  expect(ours.ms / loop.ms).toBeLessThan(0.2);
});

test('100 hosts that never answer, 50 at once, cost two time-outs', async () => {
  const timeoutMs = 2000;
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const endpoint = { role: 'source', host: '127.0.0.1', port, database: 'x', username: 'x', secret: null };
  const file = fileOf(Array.from({ length: 100 }, (_, n) => ({ name: `c${n}`, ...endpoint })));
  try {
    const { ms, value } = await timed(() => testFile(file, {}, ['--concurrency', '50', '--timeout', '2s']));
    expect(value.counts).toEqual({ failed: 100 });
    report('dead hosts', {
      'time / time-out': `${ms} ms / ${timeoutMs} ms = ${(ms / timeoutMs).toFixed(2)} (goal 2 and no more)`,
    });
    // Two rounds, and the program's own start.
    expect(ms).toBeLessThan(2 * timeoutMs + 1000);
  } finally {
    silent.close();
  }
});

function fileOf(list: readonly object[]): string {
  const file = join(mkdtempSync(join(tmpdir(), 'jackfield-bench-')), 'connections.json');
  writeFileSync(file, JSON.stringify({ connections: list }));
  return file;
}

/** Runs `test --file` and looks at its memory meanwhile. */
async function testFile(file: string, env: Record<string, string>, flags: readonly string[] = []) {
  const args = [
    'connections',
    'test',
    '--file',
    file,
    '--json',
    '--concurrency',
    String(concurrency),
    ...flags,
  ];
  const running = startJackfield(args, { home: newHome(), env, timeoutMs: 300_000 });
  let peakKb = 0;
  const looking = setInterval(() => {
    const status = statusOf(running.pid);
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 50);
  const done = await running.done;
  clearInterval(looking);
  const counts: Record<string, number> = {};
  for (const { status } of done.json<{ status: string }[]>()) counts[status] = (counts[status] ?? 0) + 1;
  return { counts, peakMb: Math.round(peakKb / 1024) };
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

async function bareConnects(
  server: ReturnType<typeof serverFor>,
  database: string,
  role: { readonly name: string; readonly password: string },
): Promise<void> {
  const ssl = { ca: readFileSync(server.caFile, 'utf8') };
  const queue = Array.from({ length: connections }).entries();
  const work = async () => {
    for (const _ of queue) {
      const at = { host: 'localhost', port: server.port, database, user: role.name, password: role.password };
      const client = new pg.Client({ ...at, ssl });
      await client.connect();
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { ms: Math.round(performance.now() - started), value };
}

function report(what: string, figures: Readonly<Record<string, string>>): void {
  const lines = Object.entries(figures).map(([name, figure]) => `  ${name}: ${figure}\n`);
  process.stdout.write(`${what}\n${lines.join('')}`);
}
