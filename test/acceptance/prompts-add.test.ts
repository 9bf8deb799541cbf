import { beforeAll, describe, expect, test } from 'vitest';
import { jackfield, newHome } from '../support/program.ts';
import { answer, answerInstead, choose, question } from '../support/questions.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

// What a person at a terminal sees and types while a connection is added.

const server = serverFor(18);
const password = 'Söme p@ss/word %41 "quoted" 4711';
let role: { name: string };
let database: { name: string };
let env: Record<string, string>;

beforeAll(async () => {
  env = keyFileEnv();
  role = await server.createRole({ password });
  database = await server.createDatabase(
    `create table orders (id bigint primary key); grant select on orders to ${role.name}`,
  );
});

/** The flags of all that is needed but the password. */
const flags = (name = 'Orders') => [
  ...['--role', 'source', '--name', name, '--host', server.host, '--port', String(server.port)],
  ...['--database', database.name, '--username', role.name],
];

const namesIn = async (home: string) => {
  const listed = await jackfield(['connections', 'list', '--json'], { home });
  return listed.json<{ name: string }[]>().map(({ name }) => name);
};

/** The questions that were answered, in order, each up to its answer. */
const asked = (terminal: Terminal) =>
  [...terminal.scrollback().matchAll(/^✓ (.*?)(?: {2}|$)/gm)].map(([, line = '']) => line);

describe('connections add, asked step by step', () => {
  test('goes through role, connector and every field, tests live and saves', async () => {
    const home = newHome();
    const terminal = await openTerminal(['connections', 'add'], { home, env, columns: 80, rows: 24 });
    await choose(terminal, 'Role', 'Source');
    await choose(terminal, 'Connector', 'Self-hosted');
    await answer(terminal, 'Connection URL');
    await answer(terminal, 'Connection name', 'Orders');
    await answer(terminal, 'Host', server.host);
    await answer(terminal, 'Port (5432)', String(server.port));
    await answer(terminal, 'Database (postgres)', database.name);
    await answer(terminal, 'Username', role.name);
    await answer(terminal, 'Password', password);
    await answer(terminal, 'Schema (public)');
    await choose(terminal, 'SSL mode', 'require');
    await answer(terminal, 'Test now? (Y/n)');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });

    expect(asked(terminal)).toEqual([
      'Role Source',
      'Connector Self-hosted PostgreSQL',
      'Connection URL none',
      'Connection name Orders',
      'Host localhost',
      `Port ${server.port}`,
      `Database ${database.name}`,
      `Username ${role.name}`,
      'Password given',
      'Schema public',
      'SSL mode require',
      'Test now? Yes',
      ...Array(8).fill('passed'),
      expect.stringMatching(/^Orders passed in /),
      'Saved source Orders',
    ]);
    expect(terminal.scrollback()).toMatch(/^✓ passed {3}authenticate .* scram-sha-256$/m);
    expect(terminal.raw()).not.toContain(password);

    const shown = await jackfield(['connections', 'show', 'Orders', '--json'], { home });
    expect(shown.json()).toMatchObject({
      role: 'source',
      host: server.host,
      port: server.port,
      database: database.name,
      username: role.name,
      schema: 'public',
      sslMode: 'require',
      secret: { kind: 'vault' },
      lastTest: { status: 'passed' },
    });
    const tested = await jackfield(['connections', 'test', 'Orders', '--json'], { home, env });
    expect(tested.code, tested.stderr).toBe(0);
  });

  test("proposes the provider's defaults, and says what it needs", async () => {
    const terminal = await openTerminal(['conn', 'add', '--role', 'destination'], { home: newHome(), env });
    await terminal.waitFor(question('Connector'));
    terminal.type('Neon');
    expect(await terminal.waitFor('needs a role that may create in the schema')).toContain(
      '❯ Neon · PostgreSQL',
    );
    terminal.press('enter');
    await answer(terminal, 'Connection URL');
    await answer(terminal, 'Connection name', 'Warehouse');
    await answer(terminal, 'Host', 'ep-nameless-lab-1.us-east-2.aws.neon.tech');
    await answer(terminal, 'Port (5432)');
    await answer(terminal, 'Database (neondb)');
    await answer(terminal, 'Username', 'neondb_owner');
    await answer(terminal, 'Password');
    await answer(terminal, 'Schema (public)');
    await terminal.waitFor(question('SSL mode'));
    expect(terminal.screen()).toContain('❯ require');
  });

  test('takes a pasted URL that nobody sees, and asks for the rest alone', async () => {
    const home = newHome();
    const url = `postgresql://${role.name}:${encodeURIComponent(password)}@${server.host}:${server.port}/${database.name}?sslmode=verify-full&sslrootcert=${server.caFile}`;
    const terminal = await openTerminal(['conn', 'add', '--role', 'source'], { home, env, columns: 160 });
    await choose(terminal, 'Connector', 'Self-hosted');
    await terminal.waitFor(question('Connection URL (not shown as you type'));
    terminal.type(url);
    await terminal.waitFor(question('Connection URL (typed, not shown)'));
    terminal.press('enter');
    await terminal.waitFor(question('Connection name'));
    expect(terminal.screen()).toContain(
      `✓ Connection URL ${server.host}:${server.port}/${database.name}, user ${role.name}, SSL mode verify-full, with a password`,
    );
    await answer(terminal, 'Connection name', 'Orders');
    await answer(terminal, 'Schema');
    await answer(terminal, 'Test now?');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback()).toMatch(/passed {3}tls .* certificate verified for localhost/);
    for (const hidden of [password, encodeURIComponent(password), url, 'postgresql://']) {
      expect(terminal.raw()).not.toContain(hidden);
    }
  });

  test('tells what is wrong with a URL beside it, without showing it', async () => {
    const terminal = await openTerminal(['connections', 'add', '--role', 'source'], { home: newHome(), env });
    await choose(terminal, 'Connector', 'Self-hosted');
    await answer(terminal, 'Connection URL', 'mysql://root:canary-4711@db/shop');
    await terminal.waitFor("✗ the URL can't be used: it does not start with postgresql://");
    await answer(
      terminal,
      'Connection URL',
      'postgresql://u:canary-4711@db/shop?sslrootcert=/nowhere/ca.crt',
    );
    await terminal.waitFor('✗ the root certificate /nowhere/ca.crt can not be read');
    await answer(terminal, 'Connection URL');
    await terminal.waitFor(question('Connection name'));
    expect(terminal.raw()).not.toContain('canary');
  });

  test('shows that something was typed into a hidden field, but not how much', async () => {
    const terminal = await openTerminal(['connections', 'add', ...flags()], { home: newHome(), env });
    const before = await terminal.waitFor(question('Password (not shown as you type; Enter alone: none)'));
    /** What the terminal is sent while this is typed, and removed again. */
    const bytesFor = async (typed: string) => {
      const start = terminal.raw().length;
      terminal.type(typed);
      await terminal.waitFor(question('Password (typed, not shown)'));
      terminal.press('ctrl-u');
      expect(await terminal.waitFor(question('Password (not shown'))).toBe(before);
      return terminal.raw().slice(start);
    };
    const forTwo = await bytesFor('xy');
    expect(await bytesFor('far more than forty characters, all unseen')).toBe(forTwo);
  });

  test('asks for what flags left out, and nothing else', async () => {
    const home = newHome();
    const terminal = await openTerminal(
      [
        ...['connections', 'add', '--name', 'Orders', '--port', String(server.port)],
        ...[
          '--database',
          database.name,
          '--username',
          role.name,
          '--ssl-mode',
          'require',
          '--schema',
          'public',
        ],
      ],
      { home, env: { ...env, ORDERS: password } },
    );
    await choose(terminal, 'Role', 'Destination');
    await answer(terminal, 'Host', server.host);
    await answer(terminal, 'Password', password);
    await answer(terminal, 'Test now?', 'n');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(asked(terminal)).toEqual([
      'Role Destination',
      'Host localhost',
      'Password given',
      'Test now? No',
      'Saved destination Orders',
    ]);
  });

  test('asks for the password alone where that is all that is missing', async () => {
    const home = newHome();
    const terminal = await openTerminal(['connections', 'add', ...flags()], { home, env });
    await answer(terminal, 'Password', password);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(asked(terminal)).toEqual(['Password given', 'Saved source Orders']);
    const tested = await jackfield(['connections', 'test', 'Orders', '--json'], { home, env });
    expect(tested.code, tested.stdout).toBe(0);
  });

  test('says what is wrong with a name, a host, a port beside the field', async () => {
    const home = newHome();
    await jackfield(['connections', 'add', ...flags('Orders'), '--no-password'], { home });
    const terminal = await openTerminal(['connections', 'add', '--role', 'source', '--url-env', 'BARE'], {
      home,
      env: { ...env, BARE: 'postgresql://app@/shop?sslmode=disable' },
    });
    await answer(terminal, 'Connection name');
    await terminal.waitFor('✗ the name is empty');
    await answer(terminal, 'Connection name', 'Orders ');
    await terminal.waitFor('✗ there is a connection "Orders" already');
    await answerInstead(terminal, 'Connection name', '--orders');
    await terminal.waitFor('✗ the name starts with "-", as flags do');
    await answerInstead(terminal, 'Connection name', 'Orders 2');
    await answer(terminal, 'Host', 'db example');
    await terminal.waitFor('✗ the host holds a character that no host name has');
    await answerInstead(terminal, 'Host', 'db.example');
    await answer(terminal, 'Port', '70000');
    await terminal.waitFor('✗ a number from 1 to 65535');
    await answerInstead(terminal, 'Port', '5433');
    await terminal.waitFor(question('Password'));
    expect(terminal.screen()).toContain('✓ Port 5433');
  });

  test('asks for the root certificate where the SSL mode needs one', async () => {
    const home = newHome();
    const terminal = await openTerminal(['connections', 'add', '--role', 'source', '--url-env', 'URL'], {
      home,
      env: {
        ...env,
        URL: `postgresql://${role.name}:${encodeURIComponent(password)}@${server.host}:${server.port}/${database.name}`,
      },
    });
    await answer(terminal, 'Connection name', 'Orders');
    await answer(terminal, 'Schema');
    await choose(terminal, 'SSL mode', 'verify-ca');
    await answer(terminal, 'Root certificate', 'system');
    await terminal.waitFor("✗ the system's root certificates need sslmode verify-full");
    await answerInstead(terminal, 'Root certificate', '/nowhere/ca.crt');
    await terminal.waitFor('✗ the root certificate /nowhere/ca.crt can not be read (ENOENT)');
    await answerInstead(terminal, 'Root certificate', server.caFile);
    await answer(terminal, 'Test now?');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await namesIn(home)).toEqual(['Orders']);
  });

  test('does not ask what contradicts itself to be completed', async () => {
    const terminal = await openTerminal(
      ['connections', 'add', '--ssl-mode', 'require', '--ssl-root-cert', 'system'],
      { home: newHome(), env },
    );
    expect(await terminal.exit()).toEqual({ code: 2, signal: null });
    expect(terminal.scrollback()).not.toContain('?');
  });
});

describe('a test that fails before saving', () => {
  /** Fills the form in with a wrong password, up to the question what to do. */
  const failFirst = async (home: string): Promise<Terminal> => {
    const terminal = await openTerminal(
      ['connections', 'add', '--role', 'source', '--url-env', 'URL', '--schema', 'public'],
      {
        home,
        env: {
          ...env,
          URL: `postgresql://${role.name}:wrong-4711@${server.host}:${server.port}/${database.name}?sslmode=require`,
        },
      },
    );
    await answer(terminal, 'Connection name', 'Orders');
    await answer(terminal, 'Test now?');
    const screen = await terminal.waitFor(question('The test failed'));
    expect(screen).toMatch(/^✗ failed {3}authenticate .* refused the password/m);
    expect(screen).toMatch(/^✗ Orders failed in .*, at authenticate$/m);
    // It is not saved yet, so that it can't be edited either.
    expect(screen).not.toContain('connections edit');
    return terminal;
  };

  test('something is changed, it is tested again and saved', async () => {
    const home = newHome();
    const terminal = await failFirst(home);
    await choose(terminal, 'The test failed', 'Change');
    // The cursor stands on what the failure points to.
    await terminal.waitFor(/^❯ Password/m);
    terminal.press('enter');
    await answer(terminal, 'Password', password);
    await terminal.waitFor(/^❯ Nothing more: test again/m);
    terminal.press('enter');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.scrollback()).toMatch(/^✓ Orders passed in/m);
    expect(terminal.raw()).not.toContain(password);
    expect(terminal.raw()).not.toContain('wrong-4711');
    const tested = await jackfield(['connections', 'test', 'Orders', '--json'], { home, env });
    expect(tested.code, tested.stdout).toBe(0);
  });

  test('fields stand there to be edited', async () => {
    const terminal = await failFirst(newHome());
    await choose(terminal, 'The test failed', 'Change');
    await choose(terminal, 'Change', 'Database');
    await terminal.waitFor(question(`Database ${database.name}`));
    terminal.press('home');
    terminal.type('x');
    terminal.press('enter');
    const menu = await terminal.waitFor(/^❯ Nothing more/m);
    expect(menu).toMatch(new RegExp(`^ {2}Database +x${database.name}$`, 'm'));
  });

  test('the cause is mended elsewhere, and it is tested again as it is', async () => {
    const home = newHome();
    const terminal = await failFirst(home);
    await server.run(`alter role ${role.name} password 'wrong-4711'`);
    try {
      await choose(terminal, 'The test failed', 'Test again');
      expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    } finally {
      await server.run(`alter role ${role.name} password '${password}'`);
    }
    expect(await namesIn(home)).toEqual(['Orders']);
  });

  test('it is saved all the same', async () => {
    const home = newHome();
    const terminal = await failFirst(home);
    await choose(terminal, 'The test failed', 'Save anyway');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    const shown = await jackfield(['connections', 'show', 'Orders', '--json'], { home });
    expect(shown.json()).toMatchObject({ secret: { kind: 'vault' }, lastPassedAt: null });
  });

  test('it is left, and nothing is saved', async () => {
    const home = newHome();
    const terminal = await failFirst(home);
    await choose(terminal, 'The test failed', 'Leave');
    expect(await terminal.exit()).toEqual({ code: 1, signal: null });
    expect(terminal.screen()).toMatch(/Nothing was saved$/);
    expect(await namesIn(home)).toEqual([]);
  });

  test('with flags alone its ladder is shown once', async () => {
    const home = newHome();
    const terminal = await openTerminal(['connections', 'add', ...flags(), '--test'], { home, env });
    await answer(terminal, 'Password', 'wrong-4711');
    expect(await terminal.exit()).toEqual({ code: 1, signal: null });
    expect(terminal.scrollback().match(/failed {3}authenticate/g)).toHaveLength(1);
    expect(await namesIn(home)).toEqual([]);
  });
});
