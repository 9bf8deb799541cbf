import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jackfield, newHome } from '../support/program.ts';
import { answer, answerInstead, choose, question } from '../support/questions.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

// `connections edit NAME` at a terminal, without flags: the form, filled in with what is saved.

const server = serverFor(18);
const password = 'first-pässword-4711';
let role: { name: string };
let database: { name: string };
let env: Record<string, string>;
let home: string;

const add = async (...flags: string[]) => {
  const added = await jackfield(
    [
      ...['connections', 'add', '--role', 'source', '--host', server.host, '--port', String(server.port)],
      ...['--database', database.name, '--username', role.name, '--ssl-mode', 'require', ...flags],
    ],
    { home, env: { ...env, ORDERS_PASSWORD: password } },
  );
  expect(added.code, added.stderr).toBe(0);
};

const edit = (name = 'Orders') => openTerminal(['connections', 'edit', name], { home, env });
const show = async (name = 'Orders') =>
  (await jackfield(['connections', 'show', name, '--json'], { home })).json<Record<string, unknown>>();

beforeAll(async () => {
  env = keyFileEnv();
  role = await server.createRole({ password });
  database = await server.createDatabase(`
    create table orders (id bigint primary key);
    create schema sales;
    create table sales.bills (id bigint primary key);
    grant select on orders to ${role.name};
    grant usage on schema sales to ${role.name};
    grant select on sales.bills to ${role.name};
  `);
});

beforeEach(() => {
  home = newHome();
});

describe('connections edit, asked', () => {
  test('Enter keeps each field and the password; what is typed is changed, tested and saved', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const terminal = await edit();
    await answer(terminal, 'Connection name Orders');
    await answer(terminal, `Host ${server.host}`);
    await answer(terminal, `Port ${server.port}`);
    await answer(terminal, `Database ${database.name}`);
    await answer(terminal, `Username ${role.name}`);
    await answerInstead(terminal, 'Schema public', 'sales');
    await choose(terminal, 'SSL mode', 'require');
    await answer(terminal, 'Password (not shown as you type; Enter alone: the saved one)');
    await answer(terminal, 'Test now?');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback()).toMatch(/^✓ passed {3}schema .* sales: /m);
    expect(terminal.scrollback()).toContain('✓ Changed schema');
    expect(await show()).toMatchObject({ schema: 'sales', lastTest: { status: 'passed' } });
    const tested = await jackfield(['connections', 'test', 'Orders', '--json'], { home, env });
    expect(tested.code, tested.stdout).toBe(0);
  });

  test('Enter all the way changes nothing and tests nothing', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const before = await show();
    const terminal = await edit();
    for (const field of ['Connection name', 'Host', 'Port', 'Database', 'Username', 'Schema']) {
      await answer(terminal, field);
    }
    await answer(terminal, 'SSL mode');
    await answer(terminal, 'Password');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback()).toContain('✓ Orders is like that already');
    expect(await show()).toEqual(before);
  });

  test('another name alone is saved without a test', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    await add('--name', 'Taken', '--no-password');
    const terminal = await edit();
    await answerInstead(terminal, 'Connection name', 'Taken');
    await terminal.waitFor('✗ there is a connection "Taken" already');
    await answerInstead(terminal, 'Connection name', 'Orders EU');
    for (const field of ['Host', 'Port', 'Database', 'Username', 'Schema', 'SSL mode', 'Password']) {
      await answer(terminal, field);
    }
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback()).not.toContain('Test now?');
    expect(await show('Orders EU')).toMatchObject({ name: 'Orders EU', secret: { kind: 'vault' } });
  });

  test('another host asks for the password again, once, and says why', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const terminal = await edit();
    await answer(terminal, 'Connection name');
    await answerInstead(terminal, 'Host', '127.0.0.1');
    for (const field of ['Port', 'Database', 'Username', 'Schema', 'SSL mode']) await answer(terminal, field);
    await answer(terminal, 'Password, again since it is not safe to send the saved one there', password);
    await answer(terminal, 'Test now?');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback().match(/^✓ Password/gm)).toHaveLength(1);
    expect(terminal.raw()).not.toContain(password);
    expect(await show()).toMatchObject({ host: '127.0.0.1', lastTest: { status: 'passed' } });
  });

  test('after a failed test something is changed, and nothing is saved before it passes', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const before = await show();
    const terminal = await edit();
    for (const field of ['Connection name', 'Host', 'Port']) await answer(terminal, field);
    await answerInstead(terminal, 'Database', 'no_such_database');
    for (const field of ['Username', 'Schema', 'SSL mode', 'Password', 'Test now?']) {
      await answer(terminal, field);
    }
    await terminal.waitFor(question('The test failed'));
    expect(await show()).toEqual(before);
    await choose(terminal, 'The test failed', 'Change');
    await terminal.waitFor(/^❯ Database {10}no_such_database$/m);
    terminal.press('enter');
    await answerInstead(terminal, 'Database', 'postgres');
    await choose(terminal, 'Change', 'Nothing more');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await show()).toMatchObject({ database: 'postgres', secret: { kind: 'vault' } });
  });

  test('Enter at the password keeps the saved one among the corrections too', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const terminal = await edit();
    for (const field of ['Connection name', 'Host', 'Port']) await answer(terminal, field);
    await answerInstead(terminal, 'Database', 'no_such_database');
    for (const field of ['Username', 'Schema', 'SSL mode', 'Password', 'Test now?']) {
      await answer(terminal, field);
    }
    await choose(terminal, 'The test failed', 'Change');
    await choose(terminal, 'Change', 'Password');
    await answer(terminal, 'Password (not shown as you type; Enter alone: as it was)');
    await choose(terminal, 'Change', 'Database');
    await answerInstead(terminal, 'Database', database.name);
    await choose(terminal, 'Change', 'Nothing more');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await show()).toMatchObject({ secret: { kind: 'vault' } });
    const tested = await jackfield(['connections', 'test', 'Orders', '--json'], { home, env });
    expect(tested.code, tested.stdout).toBe(0);
  });

  test('left after a failed test it stays as it was', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const before = await show();
    const terminal = await edit();
    for (const field of ['Connection name', 'Host', 'Port', 'Database', 'Username', 'Schema', 'SSL mode']) {
      await answer(terminal, field);
    }
    await answer(terminal, 'Password', 'wrong-4711');
    await answer(terminal, 'Test now?');
    await choose(terminal, 'The test failed', 'Leave');
    expect(await terminal.exit()).toEqual({ code: 1, signal: null });
    expect(terminal.screen()).toMatch(/Nothing was changed$/);
    expect(await show()).toEqual(before);
    const tested = await jackfield(['connections', 'test', 'Orders', '--json'], { home, env });
    expect(tested.code, 'the saved password is still the right one').toBe(0);
  });

  test('a reference is named as what stays, and is not read for it', async () => {
    await add('--name', 'Orders', '--password-ref', 'env:NOT_SET_HERE');
    const terminal = await edit();
    for (const field of ['Connection name', 'Host', 'Port', 'Database', 'Username']) {
      await answer(terminal, field);
    }
    await answerInstead(terminal, 'Schema', 'sales');
    await answer(terminal, 'SSL mode');
    await answer(terminal, 'Password (not shown as you type; Enter alone: env:NOT_SET_HERE)');
    await answer(terminal, 'Test now?', 'n');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await show()).toMatchObject({ schema: 'sales', secret: { kind: 'env' } });
  });

  test('what can only be shown escaped is kept as it is', async () => {
    await add('--name', 'Orders', '--no-password', '--schema', 'sales\u202e\tsecond');
    const terminal = await edit();
    await answer(terminal, 'Connection name');
    for (const field of ['Host', 'Port', 'Database', 'Username']) await answer(terminal, field);
    await answer(terminal, 'Schema sales\\u202e\\tsecond');
    await answer(terminal, 'SSL mode');
    await answer(terminal, 'Password (not shown as you type; Enter alone: none, as it is)');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await show()).toMatchObject({ schema: 'sales\u202e\tsecond' });
    expect(terminal.raw()).not.toContain('\u202e');
  });
});

describe('connections edit with flags', () => {
  test('asks for the password where the edit sends it elsewhere', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const args = ['connections', 'edit', 'Orders', '--host', '127.0.0.1', '--test'];
    const terminal = await openTerminal(args, { home, env });
    await answer(terminal, 'Password, again since it is not safe', password);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback()).toMatch(/^✓ Orders passed in/m);
  });
});

describe('connections duplicate, asked', () => {
  test('the name of the copy is asked for, and a taken one told beside it', async () => {
    await add('--name', 'Orders', '--password-env', 'ORDERS_PASSWORD');
    const terminal = await openTerminal(['connections', 'duplicate', 'Orders'], { home, env });
    await answer(terminal, 'Name of the copy', 'Orders');
    await terminal.waitFor('✗ there is a connection "Orders" already');
    await answerInstead(terminal, 'Name of the copy', 'Orders target');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await show('Orders target')).toMatchObject({ role: 'destination', secret: { kind: 'vault' } });
  });
});
