import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { afterwards } from '../support/clean-up.ts';
import { jackfield, newHome, programFile } from '../support/program.ts';
import { answer, choose, question } from '../support/questions.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

// Whoever leaves a question gets a working terminal back, exit code 130, and nothing was changed.

const server = serverFor(18);
let env: Record<string, string>;

beforeAll(() => {
  env = keyFileEnv();
});

/** Runs the program as a shell does, and then says how it ended and how the terminal is set. */
async function openInShell(args: readonly string[], home: string): Promise<Terminal> {
  const shell = join(dirname(home), 'shell.cjs');
  writeFileSync(
    shell,
    `const { spawnSync } = require('node:child_process');
    process.on('SIGINT', () => {});
    const { status } = spawnSync(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
    const { stdout } = spawnSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'] });
    process.stdout.write('exit code ' + status + ';' + String(stdout).replace(/\\s+/g, ' ') + 'the end');`,
  );
  return openTerminal([programFile, ...args], { home, env, script: shell, columns: 200 });
}

async function expectCleanEnd(terminal: Terminal, code: number): Promise<void> {
  const screen = await terminal.waitFor('the end');
  // At the start of a line of its own, where a shell's prompt would stand.
  expect(screen).toMatch(new RegExp(`^exit code ${code};`, 'm'));
  expect(screen).toMatch(/ icanon .* echo /);
  const [lastCursorChange] = [...terminal.raw().matchAll(/\u001b\[\?25([hl])/g)].slice(-1);
  expect(lastCursorChange?.[1] ?? 'h', 'the cursor is visible').toBe('h');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
}

/** Answers the form of `add` in order; its password is wrong, so that the test fails. */
const steps: readonly [question: string, answer: (terminal: Terminal, text: string) => Promise<void>][] = [
  ['Role', (terminal, text) => answer(terminal, text)],
  ['Connector', (terminal, text) => choose(terminal, text, 'Self-hosted')],
  ['Connection URL', (terminal, text) => answer(terminal, text)],
  ['Connection name', (terminal, text) => answer(terminal, text, 'Orders')],
  ['Host', (terminal, text) => answer(terminal, text, server.host)],
  ['Port', (terminal, text) => answer(terminal, text, String(server.port))],
  ['Database', (terminal, text) => answer(terminal, text)],
  ['Username', (terminal, text) => answer(terminal, text, 'nobody_here')],
  ['Password', (terminal, text) => answer(terminal, text, 'canary-4711')],
  ['Schema', (terminal, text) => answer(terminal, text)],
  ['SSL mode', (terminal, text) => choose(terminal, text, 'verify-full')],
  ['Root certificate', (terminal, text) => answer(terminal, text, server.caFile)],
  ['Test now?', (terminal, text) => answer(terminal, text)],
  ['The test failed', (terminal, text) => answer(terminal, text)],
  ['Change', (terminal, text) => choose(terminal, text, 'Schema')],
];

test('Ctrl-C at any question of add', async () => {
  const leaveAt = async (last: number): Promise<void> => {
    const home = newHome();
    const terminal = await openInShell(['connections', 'add'], home);
    for (const [text, act] of steps.slice(0, last)) await act(terminal, text);
    await terminal.waitFor(question(steps[last]?.[0] ?? 'Schema public'));
    terminal.press('ctrl-c');
    await expectCleanEnd(terminal, 130);
    expect(terminal.raw()).not.toContain('canary-4711');
    expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual([]);
  };
  const all = Array.from({ length: steps.length + 1 }, (_, index) => index);
  for (const at of [0, 1, 2, 3]) await Promise.all(all.filter((index) => index % 4 === at).map(leaveAt));
});

test.each([
  ['Ctrl-D', 'ctrl-d'],
  ['Ctrl-C after something was typed', 'ctrl-c'],
] as const)('%s at a password', async (_what, key) => {
  const home = newHome();
  const terminal = await openInShell(
    ['connections', 'add', '--role', 'source', '--name', 'Orders', '--host', 'h', '--username', 'u'],
    home,
  );
  await terminal.waitFor(question('Password'));
  if (key === 'ctrl-c') {
    terminal.type('canary-4711');
    await terminal.waitFor('typed, not shown');
  }
  terminal.press(key);
  await expectCleanEnd(terminal, 130);
  expect(terminal.raw()).not.toContain('canary-4711');
  expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual([]);
});

test('Ctrl-C while a silent server is tested, which is seen to go on', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  afterwards(() => void silent.close());
  const { port } = silent.address() as { port: number };
  const home = newHome();
  const terminal = await openInShell(
    [
      'connections',
      'add',
      '--role',
      'source',
      '--url',
      `postgresql://u@127.0.0.1:${port}/d`,
      '--schema',
      's',
    ],
    home,
  );
  await answer(terminal, 'Connection name', 'Orders');
  await answer(terminal, 'Password', 'canary-4711');
  await choose(terminal, 'SSL mode', 'require');
  await answer(terminal, 'Test now?');
  await terminal.waitFor(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] testing$/m);
  const pressed = performance.now();
  terminal.press('ctrl-c');
  await expectCleanEnd(terminal, 130);
  expect(performance.now() - pressed).toBeLessThan(2_000);
  expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual([]);
});

test('Ctrl-C at the questions of edit, delete, duplicate and apply', async () => {
  const home = newHome();
  const added = await jackfield(
    [
      'connections',
      'add',
      '--role',
      'source',
      '--name',
      'Orders',
      '--host',
      'h',
      '--username',
      'u',
      '--no-password',
    ],
    { home },
  );
  expect(added.code, added.stderr).toBe(0);
  const before = (await jackfield(['connections', 'list', '--json'], { home })).json();
  const file = join(dirname(home), 'connections.yaml');
  writeFileSync(file, 'connections: [{name: New, role: source, host: h, username: u}]\n');
  for (const [args, text] of [
    [['connections', 'edit', 'Orders'], 'Connection name'],
    [['connections', 'delete', 'Orders'], 'Type its name'],
    [['connections', 'duplicate', 'Orders'], 'Name of the copy'],
    [['apply', '--file', file], 'Apply this?'],
  ] as const) {
    const terminal = await openInShell(args, home);
    await terminal.waitFor(question(text));
    terminal.press('ctrl-c');
    await expectCleanEnd(terminal, 130);
  }
  expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual(before);
});
