import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import { programFile } from '../support/program.ts';
import { answer, question } from '../support/questions.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';

// What a person sees of a fleet: rows as they are done, below them what is under way, and a clean
// terminal at the end.

const server = serverFor(18);
let script: Script;
let env: Record<string, string>;
let silentPort: number;
const held = new Set<Socket>();
/** Lets everybody go who waits for the silent server: their tests fail then. */
const hangUp = () => {
  for (const socket of held) socket.destroy();
};

beforeAll(async () => {
  const silent = createServer((socket) => {
    held.add(socket);
    socket.on('error', () => {}).on('close', () => held.delete(socket));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  afterwards(() => {
    hangUp();
    silent.close();
  });
  silentPort = (silent.address() as AddressInfo).port;
  script = newScript();
  env = { JACKFIELD_KEY_FILE: join(script.directory, 'vault-key') };
  const role = await server.createRole();
  const { name } = await server.createDatabase(`
    create table orders (id bigint primary key);
    grant select on orders to ${role.name};
  `);
  const tls = ['--host', 'localhost', '--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile];
  const there = [...tls, '--port', `${server.port}`, '--username', role.name, '--database', name];
  const add = (name: string, words: readonly string[]) =>
    script
      .given({ stdin: role.password })
      .answer(connectionSchema)`connections add --role source --name ${name} ${words}`;
  const nobody = ['--host', '127.0.0.1', '--username', 'u', '--no-password'];
  await add('b silent', [...nobody, '--port', `${silentPort}`]);
  await add('a first', [...there, '--password-stdin']);
  await add('c refused', [...nobody, '--port', '1']);
  await add('d last', [...there, '--password-stdin']);
});

/** The rows of an answer: their marks and names, as they stand there. */
const rowsOf = (screen: string) =>
  [...screen.matchAll(/^(✓ passed|! warned|✗ failed) +(. \w+)/gm)].map(([, , name]) => name);

const theSpinner = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] testing {2}/;
const theCount = /^\d\/4 done(, \d failed)?, [\d.]+ s$/m;

/** The screen without what the connections' own times make different. */
const withoutTimes = (text: string) => text.replace(/ +(<?[\d.]+ m?s)$/gm, ' TIME').trimEnd();

test('rows come in the order of the catalog, what is under way is drawn, and what is left is the answer', async () => {
  const args = ['connections', 'test', '--all', '--timeout', '60s'];
  const terminal = await openTerminal(args, { home: script.home, env });

  const during = await terminal.waitFor(/3\/4 done, 1 failed/);
  expect(rowsOf(during)).toEqual(['a first']);
  expect(during).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] testing {2}b silent {3}[\d.]+ s$/m);
  hangUp();

  expect(await terminal.exit()).toEqual({ code: 1, signal: null });
  const after = terminal.scrollback();
  expect(rowsOf(after)).toEqual(['a first', 'b silent', 'c refused', 'd last']);
  expect(after).not.toMatch(theSpinner);
  expect(after).not.toMatch(theCount);
  expect(after).toMatch(/\n\n4 tested: 2 passed, 0 warned, 2 failed$/);
  expect(terminal.raw()).not.toContain('\u001b[?25l');
  expect(terminal.raw()).toContain('\u001b[32m');

  // The same as where it is printed at once.
  const piped = script.start`connections test --all --timeout 60s`;
  await until('the last was tested', () => piped.soFar().stderr.includes('d last'));
  hangUp();
  expect(withoutTimes((await piped.done).stdout)).toBe(withoutTimes(after));
});

test('in a terminal that is resized, small and without colour', async () => {
  const args = ['connections', 'test', '--all', '--timeout', '60s'];
  const terminal = await openTerminal(args, {
    home: script.home,
    env: { ...env, NO_COLOR: '1' },
    columns: 60,
    rows: 12,
  });
  await terminal.waitFor(/3\/4 done/);
  for (const [columns, rows] of [
    [24, 12],
    [90, 30],
    [40, 8],
  ] as const) {
    terminal.resize(columns, rows);
    const frame = terminal.raw().length;
    // Three frames later all is drawn for the new size.
    await until(
      'three frames',
      () =>
        (
          terminal
            .raw()
            .slice(frame)
            .match(/ testing /g) ?? []
        ).length > 3,
    );
    await terminal.waitFor(theSpinner);
    const shown = terminal.scrollback();
    expect(shown.match(new RegExp(theSpinner, 'g'))).toHaveLength(1);
    expect(rowsOf(shown)).toEqual(['a first']);
  }
  hangUp();

  expect(await terminal.exit()).toEqual({ code: 1, signal: null });
  const after = terminal.scrollback();
  expect(rowsOf(after)).toEqual(['a first', 'b silent', 'c refused', 'd last']);
  expect(after).not.toMatch(theSpinner);
  expect(after).not.toMatch(theCount);
  expect(terminal.raw()).not.toMatch(/\u001b\[[\d;]*m/);
});

test('Ctrl-C leaves what finished, on the screen and in the catalog, and a clean terminal', async () => {
  const args = ['connections', 'test', '--all', '--timeout', '60s'];
  const before = await script.saved();
  const terminal = await openTerminal(args, { home: script.home, env });
  await terminal.waitFor(/3\/4 done/);

  terminal.press('ctrl-c');

  expect(await terminal.exit()).toEqual({ code: 130, signal: null });
  const after = terminal.scrollback();
  expect(rowsOf(after)).toEqual(['a first', 'c refused', 'd last']);
  expect(after).not.toMatch(theSpinner);
  expect(after).not.toMatch(theCount);
  expect(after.split('\n').at(-1)).toBe('! warning: interrupted: 3 of 4 were tested');
  const saved = await script.saved();
  const tested = saved.filter(({ lastTest }, index) => lastTest.at !== before[index]?.lastTest.at);
  expect(tested.map(({ name }) => name)).toEqual(['a first', 'c refused', 'd last']);
});

test('with standard output elsewhere a line for each stays on the terminal', async () => {
  const output = join(script.directory, 'out.json');
  const shell = join(script.directory, 'shell.cjs');
  writeFileSync(
    shell,
    `const { spawnSync } = require('node:child_process');
    const out = require('node:fs').openSync(${JSON.stringify(output)}, 'w');
    const { status } = spawnSync(process.execPath, process.argv.slice(2), { stdio: ['inherit', out, 'inherit'] });
    process.exit(status);`,
  );
  const args = [programFile, 'connections', 'test', '--all', '--json', '--timeout', '60s'];
  const terminal = await openTerminal(args, { home: script.home, env, script: shell });
  await terminal.waitFor(/3\/4 done, 1 failed/);
  expect(rowsOf(terminal.screen()).sort()).toEqual(['a first', 'c refused', 'd last']);
  hangUp();

  expect(await terminal.exit()).toEqual({ code: 1, signal: null });
  const lines = terminal.scrollback().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[3]).toMatch(/^✗ failed {2}b silent {2}[\d.]+ m?s {2}connect: \w+$/);
  const results = testResultListSchema.parse(JSON.parse(readFileSync(output, 'utf8')));
  expect(results.map(({ connection }) => connection)).toEqual(['a first', 'b silent', 'c refused', 'd last']);
});

test('makes way for the question of a passphrase', async () => {
  const own = newScript().given({
    stdin: 'x',
    env: { JACKFIELD_KEY_FILE: undefined, JACKFIELD_PASSPHRASE: 'opens the vault' },
  });
  const flags = ['--role', 'source', '--host', '127.0.0.1', '--username', 'u'];
  await own.answer(connectionSchema)`connections add --name locked ${flags} --port 1 --password-stdin`;
  await own.answer(
    connectionSchema,
  )`connections add --name silent ${flags} --port ${silentPort} --no-password`;
  const terminal = await openTerminal(['connections', 'test', '--all'], { home: own.home });

  await terminal.waitFor(question("The vault's passphrase"));
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(terminal.screen()).not.toMatch(theSpinner);
  await answer(terminal, "The vault's passphrase", 'opens the vault');
  await terminal.waitFor(/1\/2 done, 1 failed/);
  hangUp();

  expect(await terminal.exit()).toEqual({ code: 1, signal: null });
  const after = terminal.scrollback();
  expect(after.match(/^✗ failed {3}(locked|silent)/gm)).toEqual(['✗ failed   locked', '✗ failed   silent']);
  expect(after).not.toMatch(theSpinner);
});

test.each([
  ['--quiet', ['--quiet'], ''],
  // The terminal's own variable would win.
  ['a terminal that can not move its cursor', [], 'dumb'],
])('%s draws nothing', async (_what, words, term) => {
  const shell = join(script.directory, 'dumb.cjs');
  writeFileSync(
    shell,
    `const { spawnSync } = require('node:child_process');
    const env = { ...process.env, TERM: ${JSON.stringify(term)} || process.env.TERM };
    process.exit(spawnSync(process.execPath, process.argv.slice(2), { stdio: 'inherit', env }).status);`,
  );
  const args = [programFile, 'connections', 'test', 'a first', 'b silent', '--timeout', '1s', ...words];
  const terminal = await openTerminal(args, { home: script.home, env, script: shell });

  expect(await terminal.exit()).toEqual({ code: 1, signal: null });
  expect(terminal.raw()).not.toContain('\u001b[J');
  expect(terminal.raw()).not.toMatch(/ done, /);
  const plainLines = terminal.screen().match(/^(✓ passed|✗ failed) {2}\S/gm) ?? [];
  expect(plainLines).toHaveLength(words.length > 0 ? 0 : 2);
  expect(terminal.screen()).toContain('2 tested: 1 passed, 0 warned, 1 failed');
});
