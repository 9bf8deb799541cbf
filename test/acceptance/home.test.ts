import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { afterwards } from '../support/clean-up.ts';
import { goTo, openHome, openRow, paste, pointed, take } from '../support/home-screen.ts';
import { jackfield, newHome } from '../support/program.ts';
import { question } from '../support/questions.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../support/terminal.ts';

// The Connections page, by keys typed and screens read.

const server = serverFor(18);
let role: { name: string; password: string };
let database: string;

beforeAll(async () => {
  role = await server.createRole();
  ({ name: database } = await server.createDatabase(
    `create table orders (id bigint primary key); grant select on orders to ${role.name};`,
  ));
});

const urlWith = (password: string) =>
  `postgresql://${role.name}:${password}@${server.host}:${server.port}/${database}?sslmode=require`;

function open(script: Script, options: Partial<TerminalOptions> = {}, flags: readonly string[] = []) {
  const { home, env } = script;
  return openHome({ home, columns: 80, rows: 24, ...options, env: { ...env, ...options.env } }, flags);
}

async function save(script: Script, name: string, kind = 'source', ...more: string[]): Promise<void> {
  const given = script.given({ env: { URL: urlWith(role.password) } });
  const flags = ['--role', kind, '--name', name, '--url-env', 'URL', ...more];
  const saved = await given.jackfield`connections add ${flags}`;
  expect(saved.code, saved.stderr).toBe(0);
}

async function leave(terminal: Terminal, key: 'escape' | 'ctrl-c', code: number): Promise<void> {
  terminal.press(key);
  expect(await terminal.exit()).toEqual({ code, signal: null });
  const raw = terminal.raw();
  expect(raw.lastIndexOf('\u001b[?2004l'), 'pasting is as it was').toBeGreaterThan(
    raw.lastIndexOf('\u001b[?2004h'),
  );
  expect(raw, 'the cursor was never hidden, the screen never another').not.toMatch(/\u001b\[\?(?:25l|1049h)/);
}

describe('a person', () => {
  test('makes a connection of a pasted URL, corrects its password by the ladder, and sees it passed', async () => {
    const script = newScript();
    const terminal = await open(script);
    await terminal.waitFor(pointed('+ New connection'));
    terminal.press('enter');
    await take(terminal, 'New connection: role', 'Source');
    await take(terminal, 'connector and provider', 'Self-hosted');
    await terminal.waitFor(pointed('Name'));
    terminal.type('orders');
    paste(terminal, `${urlWith('wrong-4711')}\n`);
    const filled = await terminal.waitFor('typed, not shown');
    for (const text of [database, role.name, String(server.port), 'require']) expect(filled).toContain(text);
    terminal.type('\u0014');
    const failed = await terminal.waitFor(/^✗ failed in/m);
    expect(failed).toContain('✓ connect');
    expect(failed).toContain('✗ authenticate: the server refused the password');
    // Nothing of the form has gone.
    expect(failed).toContain('❯ Name');
    await goTo(terminal, 'Password');
    terminal.press('ctrl-u');
    terminal.type(role.password);
    await terminal.waitFor('❯ Password          typed, not shown');
    expect(terminal.raw()).not.toContain(role.password);
    terminal.type('\u0012');
    await terminal.waitFor(role.password);
    terminal.type('\u0012');
    terminal.type('\u0014');
    await terminal.waitFor(/^✓ passed in/m);
    terminal.type('\u0013');
    const list = await terminal.waitFor('✓ Saved orders');
    expect(list).toMatch(/^❯ orders +source +self-hosted .*✓ passed just now$/m);
    expect(terminal.raw()).not.toContain('wrong-4711');
    await leave(terminal, 'escape', 0);
    expect(await script.saved()).toMatchObject([{ name: 'orders', lastTest: { status: 'passed' } }]);
  });

  test('pastes a URL of another provider, and writes options', async () => {
    const script = newScript();
    const terminal = await open(script);
    await terminal.waitFor(pointed('+ New connection'));
    terminal.press('enter');
    await take(terminal, 'New connection: role', 'Source');
    await take(terminal, 'connector and provider', 'Self-hosted');
    await terminal.waitFor(pointed('Name'));
    terminal.type('orders');
    paste(terminal, 'postgresql://app@ep-cool-1.eu.aws.neon.tech');
    const filled = await terminal.waitFor('Told from the host: Neon, so Database neondb, SSL mode require');
    expect(filled).toContain('New source · Neon');
    expect(filled).toMatch(/Database +neondb$/m);
    await goTo(terminal, 'Options');
    terminal.type("connect_timeout=never application_name='my job'");
    await goTo(terminal, 'Tags');
    await terminal.waitFor('connect_timeout has a value');
    await goTo(terminal, 'Options');
    terminal.press('ctrl-u');
    terminal.type("connect_timeout=7 application_name='my job'");
    terminal.type('\u0013');
    await terminal.waitFor('✓ Saved orders');
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Edit');
    await terminal.waitFor("connect_timeout=7 application_name='my job'");
    await goTo(terminal, 'Options');
    terminal.press('ctrl-u');
    terminal.type('connect_timeout=8\u0013');
    await terminal.waitFor('✓ Saved orders');
    await leave(terminal, 'escape', 0);
    expect(await script.saved()).toMatchObject([
      { name: 'orders', provider: 'neon', database: 'neondb', options: { connect_timeout: '8' } },
    ]);
  });

  test('edits, resets, and is asked about what is not saved', async () => {
    const script = newScript();
    await save(script, 'orders');
    const terminal = await open(script);
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Edit');
    await terminal.waitFor('the saved one');
    await goTo(terminal, 'Host');
    terminal.type('x');
    await goTo(terminal, 'Port');
    // The saved password does not follow to another host.
    await goTo(terminal, 'Password');
    await goTo(terminal, 'Schema');
    await terminal.waitFor('type it again');
    expect(terminal.screen()).toContain('* not saved');
    terminal.press('escape');
    await terminal.waitFor('Leave without saving?');
    terminal.type('n');
    await goTo(terminal, 'Port');
    terminal.press('ctrl-u');
    terminal.type('99999');
    terminal.press('tab');
    await terminal.waitFor('✗ a number from 1 to 65535');
    await goTo(terminal, '[ Reset ]');
    terminal.press('enter');
    await terminal.waitFor(/Edit orders · source · postgres · self-hosted$/m);
    await goTo(terminal, 'Tags');
    terminal.type('prod, eu');
    terminal.type('\u0013');
    await terminal.waitFor('✓ Saved orders');
    await leave(terminal, 'escape', 0);
    expect(await script.saved()).toMatchObject([{ name: 'orders', host: server.host, tags: ['eu', 'prod'] }]);
  });

  test('tests, duplicates, looks and deletes, and comes back to the same row each time', async () => {
    const script = newScript();
    await save(script, 'alpha');
    await save(script, 'orders');
    const terminal = await open(script);
    terminal.press('down');
    await terminal.waitFor(pointed('orders'));
    expect(terminal.screen()).toContain('! 2 never passed a test');
    expect(terminal.screen()).toMatch(/^❯ orders.*! never tested$/m);
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Test');
    await terminal.waitFor('✓ orders passed');
    terminal.press('enter');
    await terminal.waitFor(/^❯ orders.*✓ passed just now$/m);

    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Duplicate');
    await terminal.waitFor('Name of the copy, a destination: orders-destination');
    terminal.press('ctrl-u');
    terminal.type('alpha');
    terminal.press('enter');
    await terminal.waitFor('there is a connection "alpha" already');
    terminal.press('ctrl-u');
    terminal.type('warehouse');
    terminal.press('enter');
    await terminal.waitFor('Saved destination warehouse');
    terminal.press('enter');
    await terminal.waitFor(/^❯ orders/m);

    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Show in pipelines');
    await terminal.waitFor('No pipeline uses orders');
    const ends = ['--source', 'orders', '--destination', 'warehouse'];
    expect((await script.jackfield`pipelines add nightly ${ends}`).code).toBe(0);
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Show in pipelines');
    await terminal.waitFor(/nightly +✓ active +orders +warehouse/);
    terminal.press('enter');
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'CDC');
    await take(terminal, 'CDC of orders', 'Check');
    await terminal.waitFor('orders is not ready for CDC');
    terminal.press('enter');
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Source configuration');
    await take(terminal, 'Back to the connections', 'How often');
    await terminal.waitFor('Read every:');
    terminal.type('often\r');
    await terminal.waitFor('✗ use');
    terminal.press('ctrl-u');
    terminal.type('1h\r');
    await terminal.waitFor(/Refresh +every 1 h/);
    await take(terminal, 'Back to the connections', 'Leave out');
    await terminal.waitFor('Globs:');
    terminal.type('*_old\r');
    await terminal.waitFor(/Exclude +\*_old/);
    // They are edited, not typed anew.
    await take(terminal, 'Back to the connections', 'Leave out');
    await terminal.waitFor('Globs: *_old');
    terminal.type(' *_tmp\r');
    await terminal.waitFor(/Exclude +\*_old, \*_tmp|Exclude +\*_old\s+\*_tmp/);
    await terminal.waitFor(pointed('Back to the connections'));
    terminal.press('escape');
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Discover tables');
    await terminal.waitFor(question('orders: schema'));
    terminal.press('escape');
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Query');
    await terminal.waitFor('orders=>');
    terminal.type('select 40 + 2 as answer;\r');
    await terminal.waitFor(/^\s*42$/m);
    terminal.type('\\q\r');
    await terminal.waitFor(pointed('orders'));

    // A destination has nothing to be discovered from here.
    terminal.press('down');
    await terminal.waitFor(pointed('warehouse'));
    await openRow(terminal, 'warehouse');
    expect(terminal.screen()).not.toContain('Discover tables');
    await take(terminal, 'Show in pipelines', 'Delete');
    await terminal.waitFor('warehouse is used by the active pipeline nightly');
    expect((await script.jackfield`pipelines delete nightly --yes`).code).toBe(0);
    terminal.press('enter');
    await openRow(terminal, 'warehouse');
    await take(terminal, 'Show in pipelines', 'Delete');
    await terminal.waitFor(question('Type its name'));
    terminal.type('no\r');
    await terminal.waitFor('nothing was deleted');
    terminal.press('enter');
    await openRow(terminal, 'warehouse');
    await take(terminal, 'Show in pipelines', 'Delete');
    await terminal.waitFor(/\? Type its name to delete it: *$/m);
    terminal.type('warehouse\r');
    await terminal.waitFor('Deleted warehouse');
    terminal.press('enter');
    await terminal.waitFor(pointed('orders'));
    await leave(terminal, 'escape', 0);
    expect((await script.saved()).map(({ name }) => name)).toEqual(['alpha', 'orders']);
  }, 60_000);

  test('is told what kept a test from beginning, and is drawn over by nothing afterwards', async () => {
    const script = newScript();
    const words = ['--role', 'source', '--name', 'orders', '--host', server.host, '--port', server.port];
    const more = [
      '--username',
      role.name,
      '--database',
      database,
      '--password-ref',
      'env:NOWHERE_TO_BE_SEEN',
    ];
    expect((await script.jackfield`connections add ${words.map(String)} ${more}`).code).toBe(0);
    const terminal = await open(script);
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Test');
    await terminal.waitFor('Enter: back to the connections');
    expect(terminal.screen()).toContain('NOWHERE_TO_BE_SEEN');
    // Longer than a sign that something goes on waits before it shows.
    await sleep(600);
    expect(terminal.raw()).not.toContain('testing');
    terminal.press('enter');
    await terminal.waitFor('Search:');
    await leave(terminal, 'escape', 0);
  });

  test('finds by tab and search, sees what others save meanwhile, and leaves by Esc', async () => {
    const script = newScript();
    await save(script, 'orders');
    await save(script, 'warehouse', 'destination');
    const terminal = await open(script);
    await terminal.waitFor('[All 2]');
    terminal.press('right', 'right');
    const destinations = await terminal.waitFor(/\[Destinations 1\][\s\S]*^❯ warehouse/m);
    expect(destinations).not.toMatch(/^. orders/m);
    terminal.press('left');
    await terminal.waitFor(pointed('orders'));
    terminal.type('zzz');
    await terminal.waitFor('Esc clears the search');
    terminal.press('escape');
    await terminal.waitFor(pointed('orders'));
    await save(script, 'later');
    await terminal.waitFor(/\[Sources 2\][\s\S]*^❯ orders/m);
    // A URL is not searched for, and not shown.
    paste(terminal, urlWith('canary-4711'));
    await terminal.waitFor('That is a URL');
    expect(terminal.raw()).not.toContain('canary-4711');
    await leave(terminal, 'escape', 0);
  });
});

describe('the terminal', () => {
  test('is redrawn when it is resized, drops columns where it is narrow, and says when it is too small', async () => {
    const script = newScript();
    await save(script, 'orders');
    const terminal = await open(script);
    expect(await terminal.waitFor(pointed('orders'))).toContain('USED BY');
    terminal.resize(40, 12);
    await terminal.waitFor(/^❯ orders +! never tested$/m);
    for (const line of terminal.screen().split('\n')) expect(line.length).toBeLessThan(41);
    expect(terminal.screen().match(/^jackfield · Connections/gm)).toHaveLength(1);
    terminal.resize(120, 30);
    await terminal.waitFor('CONNECTOR');
    expect(terminal.screen().match(/\+ New connection/g)).toHaveLength(1);
    terminal.resize(24, 6);
    await terminal.waitFor('Too small');
    terminal.resize(80, 24);
    await openRow(terminal, 'orders');
    terminal.resize(40, 12);
    await terminal.waitFor(/^\d below · Enter · Esc back$/m);
    terminal.press('end');
    await terminal.waitFor(/^\d above · Enter · Esc back$/m);
    terminal.press('home');
    terminal.resize(80, 24);
    await take(terminal, 'Show in pipelines', 'Edit');
    await terminal.waitFor('the saved one');
    terminal.resize(40, 15);
    await terminal.waitFor(/^\d below · .*\^T test/m);
    await goTo(terminal, 'Tags');
    await terminal.waitFor(/^\d above · .*\^T test/m);
    terminal.resize(80, 24);
    await terminal.waitFor('Ctrl-T test');
    expect(terminal.screen().match(/Edit orders/g)).toHaveLength(1);
    await leave(terminal, 'ctrl-c', 130);
  });

  test('NO_COLOR: nothing is coloured, and everything can be told', async () => {
    const script = newScript();
    await save(script, 'orders');
    const terminal = await open(script, { env: { NO_COLOR: '1' } });
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Edit');
    await terminal.waitFor('the saved one');
    await leave(terminal, 'ctrl-c', 130);
    expect(terminal.raw()).not.toMatch(/\u001b\[[\d;]*m/);
  });

  test('names of a stranger are shown, and never obeyed', async () => {
    const script = newScript();
    await save(script, 'orders', 'source', '--schema', 'e\u001b[31mvil');
    const terminal = await open(script);
    await openRow(terminal, 'orders');
    await take(terminal, 'Show in pipelines', 'Edit');
    await terminal.waitFor('e\\x1b[31mvil');
    expect(terminal.raw()).not.toContain('\u001b[31mvil');
    await leave(terminal, 'ctrl-c', 130);
  });
});

describe('Ctrl-C', () => {
  test('in the list, in a menu and in a changed form leaves with 130', async () => {
    const script = newScript();
    await save(script, 'orders');
    for (const place of ['list', 'menu', 'form'] as const) {
      const terminal = await open(script);
      await terminal.waitFor(pointed('orders'));
      if (place !== 'list') await openRow(terminal, 'orders');
      if (place === 'form') {
        await take(terminal, 'Show in pipelines', 'Edit');
        await terminal.waitFor('the saved one');
        terminal.type('x');
        await terminal.waitFor('* not saved');
      }
      await leave(terminal, 'ctrl-c', 130);
    }
    expect(await script.saved()).toMatchObject([{ name: 'orders' }]);
  });

  test('while a silent server is tested in the form cancels the test alone', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    afterwards(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const script = newScript();
    const terminal = await open(script);
    terminal.type('+');
    await take(terminal, 'New connection: role', 'Source');
    await take(terminal, 'connector and provider', 'Self-hosted');
    await terminal.waitFor(pointed('Name'));
    terminal.type('orders');
    paste(terminal, `postgresql://u:canary-4711@127.0.0.1:${port}/d?sslmode=require`);
    terminal.type('\u0014');
    await terminal.waitFor('testing; Ctrl-C cancels the test');
    terminal.press('ctrl-c');
    expect(await terminal.waitFor('the test was cancelled')).toContain('❯ Name');
    await leave(terminal, 'ctrl-c', 130);
    expect(terminal.raw()).not.toContain('canary-4711');
    expect(await script.saved()).toEqual([]);
  });
});

test.each([
  ['--plain', ['--plain'], {}],
  ['JACKFIELD_PLAIN', [], { JACKFIELD_PLAIN: '1' }],
])('%s: line by line, and nothing is drawn over', async (_what, flags, variables) => {
  const script = newScript();
  await save(script, 'orders');
  const terminal = await open(
    script,
    { columns: 200, rows: 40, env: { ...variables, NO_COLOR: '1' } },
    flags,
  );
  await terminal.waitFor(/^1\. orders: source, postgres · self-hosted, .*! never tested$/m);
  await terminal.waitFor('or Enter to leave:');
  terminal.type('1\r');
  await terminal.waitFor(/^1\. Test: climb the ladder now$/m);
  await terminal.waitFor('Number [Enter: go back]:');
  terminal.type('1\r');
  await terminal.waitFor(/^✓ orders passed[\s\S]*or Enter to leave: *$/m);
  terminal.type('new\r');
  await terminal.waitFor(/^2\. Destination[\s\S]*Number \[Enter: 1\]: *$/m);
  terminal.type('2\r');
  await terminal.waitFor(/Number \[Enter: 1\]: *$/m);
  terminal.press('ctrl-c');
  expect(await terminal.exit()).toEqual({ code: 130, signal: null });
  expect(terminal.raw()).not.toMatch(/\u001b\[\d*[A-KJ]/);
});

test('without a terminal help is printed, and the exit code is 2', async () => {
  const home = newHome();
  const ended = await jackfield([], { home });
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain('Usage: jackfield');
  for (const flags of [['--json'], ['--no-input']]) {
    const terminal = await openTerminal(flags, { home });
    expect(await terminal.exit(), flags.join()).toEqual({ code: 2, signal: null });
  }
});

test('opens however answers are to look by default', async () => {
  const script = newScript();
  await save(script, 'orders');
  expect((await script.jackfield`config set output json`).code).toBe(0);
  const terminal = await open(script);
  await terminal.waitFor(pointed('orders'));
  await leave(terminal, 'escape', 0);
});
