import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { jackfield, newHome, programFile } from '../support/program.ts';
import { answer, choose, question } from '../support/questions.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

// The same questions on terminals of another kind.

const server = serverFor(18);
let env: Record<string, string>;
let role: { name: string; password: string };

beforeAll(async () => {
  env = keyFileEnv();
  role = await server.createRole();
});

const nothingIn = async (home: string) =>
  expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual([]);

test('40 columns: everything can still be read and answered', async () => {
  const home = newHome();
  const terminal = await openTerminal(['connections', 'add'], { home, env, columns: 40, rows: 15 });
  await terminal.waitFor(question('Role'));
  expect(terminal.screen().split('\n')[1]).toBe('❯ Source');
  await answer(terminal, 'Role');
  await choose(terminal, 'Connector', 'Self-hosted');
  await terminal.waitFor(question('Connection URL'));
  // A paste that is longer than the line does not push the question away.
  terminal.type(`postgresql://u:${'x'.repeat(150)}@h/${'d'.repeat(70)}`);
  await terminal.waitFor(question('Connection URL (typed, not shown)'));
  terminal.press('enter');
  expect(await terminal.waitFor(/^✗ /m)).toContain('? Connection URL (not shown as you type;');
  expect(terminal.screen().match(/Connection URL/g)).toHaveLength(1);
  await answer(terminal, 'Connection URL');
  await answer(terminal, 'Connection name', 'A name that is longer than one line of it');
  await answer(terminal, 'Host', server.host);
  await answer(terminal, 'Port', String(server.port));
  await answer(terminal, 'Database');
  await answer(terminal, 'Username', role.name);
  await answer(terminal, 'Password', role.password);
  await answer(terminal, 'Schema');
  await choose(terminal, 'SSL mode', 'require');
  await answer(terminal, 'Test now?');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  expect(terminal.scrollback().match(/^. Connection name/gm)).toHaveLength(1);
  const shown = await jackfield(['conn', 'show', 'A name that is longer than one line of it', '--json'], {
    home,
  });
  expect(shown.code).toBe(0);
});

test('a terminal that is made smaller while a question stands open', async () => {
  const terminal = await openTerminal(['connections', 'add', '--role', 'source'], { home: newHome(), env });
  await terminal.waitFor(question('Connector'));
  terminal.resize(50, 12);
  await choose(terminal, 'Connector', 'Self-hosted');
  await answer(terminal, 'Connection URL');
  await terminal.waitFor(question('Connection name'));
});

test('with standard output in a pipe, questions are asked on the terminal and the answer is piped', async () => {
  const home = newHome();
  const output = join(dirname(home), 'answer.json');
  const script = join(dirname(home), 'redirect.cjs');
  writeFileSync(
    script,
    `const { spawnSync } = require('node:child_process');
    const stdout = require('node:fs').openSync(${JSON.stringify(output)}, 'w');
    const { status } = spawnSync(process.execPath, process.argv.slice(2), { stdio: ['inherit', stdout, 'inherit'] });
    process.exit(status ?? 70);`,
  );
  const args = [programFile, 'connections', 'add', '--url-env', 'URL', '--schema', 'public', '--json'];
  const terminal = await openTerminal(args, {
    home,
    script,
    env: { ...env, URL: `postgresql://${role.name}:${role.password}@${server.host}:${server.port}/postgres` },
  });
  await choose(terminal, 'Role', 'Source');
  await answer(terminal, 'Connection name', 'Orders');
  await choose(terminal, 'SSL mode', 'require');
  await answer(terminal, 'Test now?');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({
    name: 'Orders',
    lastTest: { status: 'warned' },
  });
  expect(terminal.scrollback()).toMatch(/^! Orders warned in/m);
});

test('--no-input asks nothing at a terminal', async () => {
  const home = newHome();
  await jackfield(
    ['conn', 'add', '--role', 'source', '--name', 'Kept', '--host', 'h', '--username', 'u', '--no-password'],
    { home },
  );
  const endpoint = ['--role', 'source', '--name', 'Orders', '--host', 'h', '--username', 'u'];
  const file = join(dirname(home), 'connections.yaml');
  writeFileSync(file, 'connections: [{name: New, role: source, host: h, username: u}]\n');
  for (const [args, code, says] of [
    [['connections', 'add'], 2, '--role, --name, --host, --username are missing'],
    [['connections', 'add', ...endpoint], 2, '--password-stdin'],
    [['connections', 'edit', 'Kept'], 2, 'nothing says what to change'],
    [['connections', 'duplicate', 'Kept'], 2, '--name is missing'],
    [['connections', 'delete', 'Kept'], 4, '--yes'],
    [['apply', '--file', file], 4, '--yes'],
    [['secrets', 'init', '--backend', 'vault'], 5, 'JACKFIELD_PASSPHRASE'],
  ] as const) {
    const terminal = await openTerminal([...args, '--no-input'], { home });
    expect(await terminal.exit(), args.join(' ')).toEqual({ code, signal: null });
    expect(terminal.screen()).toContain(says);
    expect(terminal.raw()).not.toContain('? ');
  }
});

test.each([
  ['--no-color', ['--no-color'], {}],
  ['NO_COLOR', [], { NO_COLOR: '1' }],
])('without colour: %s', async (_what, flags, variables) => {
  const home = newHome();
  const terminal = await openTerminal(['connections', 'add', ...flags], {
    home,
    env: { ...env, ...variables },
  });
  await answer(terminal, 'Role');
  await choose(terminal, 'Connector', 'Self-hosted');
  await answer(terminal, 'Connection URL', 'nonsense');
  await terminal.waitFor('✗ the URL');
  await answer(terminal, 'Connection URL');
  await answer(terminal, 'Connection name');
  await terminal.waitFor('✗ the name is empty');
  terminal.press('ctrl-c');
  expect(await terminal.exit()).toEqual({ code: 130, signal: null });
  // Select Graphic Rendition: the cursor may be moved, but nothing is coloured.
  expect(terminal.raw()).not.toMatch(/\u001b\[[\d;]*m/);
  await nothingIn(home);
});
