import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import { jackfield, newHome } from '../support/program.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

const server = serverFor(18);
let env: Record<string, string>;
let database: string;
let role: { readonly name: string; readonly password: string };

beforeAll(async () => {
  env = keyFileEnv();
  role = await server.createRole();
  ({ name: database } = await server.createDatabase(`
    create table orders (id int, note text);
    insert into orders values (1, 'first'), (2, null);
    create index orders_by_note on orders (note text_pattern_ops desc);
    create view named as select id from orders where note is not null;
    grant select on orders, named to ${role.name};
  `));
});

/** A home with the source Orders in it. */
async function homeWithOrders(): Promise<string> {
  const home = newHome();
  const words = ['connections', 'add', '--role', 'source', '--name', 'Orders', '--host', 'localhost'];
  const place = ['--port', String(server.port), '--database', database, '--username', role.name];
  const tls = ['--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile, '--password-stdin'];
  const added = await jackfield([...words, ...place, ...tls], { home, env, stdin: role.password });
  expect(added.code, added.stderr).toBe(0);
  return home;
}

async function openPrompt(home: string, words: readonly string[] = [], more: Record<string, string> = {}) {
  const terminal = await openTerminal(['connections', 'query', 'Orders', ...words], {
    home,
    env: { ...env, ...more },
  });
  await terminal.waitFor(/^Orders=> *$/m);
  return terminal;
}

async function type(terminal: Terminal, line: string): Promise<void> {
  terminal.type(line);
  await terminal.waitFor(line.slice(-20));
  terminal.press('enter');
}

async function leave(terminal: Terminal): Promise<void> {
  terminal.press('ctrl-d');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
}

test('statements of several lines, errors, and what is read-only', async () => {
  const terminal = await openPrompt(await homeWithOrders());
  expect(terminal.screen()).toContain('Orders, read-only; \\? for help, \\q to leave');
  await type(terminal, 'select id, note');
  await terminal.waitFor(/^Orders-> *$/m);
  await type(terminal, "from orders where note <> ';' or note is null order by id;");
  await terminal.waitFor(/^id {2}note\n 1 {2}first\n 2 {2}∅\n2 rows$/m);
  await type(terminal, 'select nothing;');
  await terminal.waitFor('column "nothing" does not exist');
  await terminal.waitFor(/^ {2}select nothing;\n {9}\^$/m);
  await type(terminal, "insert into orders values (3, 'x');");
  await terminal.waitFor('read-only transaction (25006)');
  await type(terminal, 'commit; select 41 + 1 as after;');
  await terminal.waitFor('ended the read-only transaction');
  // The next statement has a transaction of its own.
  await type(terminal, 'select 7 * 6 as answer;');
  await terminal.waitFor(/^answer\n {4}42$/m);
  await type(terminal, '\\nonsense');
  await terminal.waitFor('there is no command \\nonsense');
  await type(terminal, '\\q');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  expect(await server.run('select count(*)::int as n from orders', database)).toEqual([{ n: 2 }]);
});

test('a session that the server ended is followed by another one', async () => {
  const terminal = await openPrompt(await homeWithOrders());
  await type(terminal, 'select pg_terminate_backend(pg_backend_pid());');
  await terminal.waitFor('(57P01)');
  expect(terminal.screen()).toContain('→ run it again');
  await type(terminal, 'select 41 + 1 as first;');
  await terminal.waitFor(/^first\n +42$/m);
  expect(terminal.screen()).toContain('the connection was lost; this is a new one');
  const idle = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role.name}'`;
  await server.run(idle);
  await type(terminal, 'select 42 + 1 as second;');
  await terminal.waitFor(/^second\n +43$/m);
  await leave(terminal);
});

test('while a server that says nothing is dialled there is a sign of life', async () => {
  const home = newHome();
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  afterwards(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const words = ['connections', 'add', '--role', 'source', '--name', 'silent', '--host', '127.0.0.1'];
  const more = ['--port', String(port), '--database', 'd', '--username', 'u', '--no-password'];
  expect((await jackfield([...words, ...more], { home, env })).code).toBe(0);
  const terminal = await openTerminal(['connections', 'query', 'silent'], { home, env });
  await terminal.waitFor('connecting to silent');
  terminal.press('ctrl-c');
  expect(await terminal.exit()).toEqual({ code: 130, signal: null });
  expect(terminal.screen()).not.toContain('connecting');
});

test('Ctrl-C drops what is typed, and cancels what runs without leaving', async () => {
  const terminal = await openPrompt(await homeWithOrders());
  await type(terminal, 'select 1 +');
  await terminal.waitFor(/^Orders-> *$/m);
  terminal.type('dropped');
  await terminal.waitFor('dropped');
  terminal.press('ctrl-c');
  await terminal.waitFor(/\^C\nOrders=> *$/);
  await type(terminal, 'select pg_sleep(60) as canary_prompt;');
  const sleeping = async () =>
    (
      await server.run(
        `select count(*)::int as n from pg_stat_activity where query like '%canary_prompt%'
          and state = 'active' and pid <> pg_backend_pid()`,
      )
    )[0]?.n;
  await until('it runs on the server', async () => (await sleeping()) === 1);
  terminal.press('ctrl-c');
  await terminal.waitFor(/canary_prompt;\n.*interrupted\nOrders=> *$/);
  expect(await sleeping()).toBe(0);
  await type(terminal, "select 'still ' || 'here' as s;");
  await terminal.waitFor('still here');
  await leave(terminal);
});

test('history is kept for the owner alone, without passwords, until it is switched off', async () => {
  const home = await homeWithOrders();
  const file = join(home, 'query-history');
  const first = await openPrompt(home);
  await type(first, 'select 1 as one');
  await first.waitFor(/^Orders-> *$/m);
  await type(first, ', 2 as two;');
  await first.waitFor(/^1 row$/m);
  await type(first, "alter role nobody_here password 'canary-4711';");
  await first.waitFor('(25006)');
  first.press('up');
  await first.waitFor(/^Orders=> select 1 as one , 2 as two;$/m);
  first.press('ctrl-c');
  await leave(first);
  expect(readFileSync(file, 'utf8')).toBe('select 1 as one , 2 as two;\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const second = await openPrompt(home);
  second.press('up');
  await second.waitFor('select 1 as one , 2 as two;');
  second.press('enter');
  await second.waitFor(/^ {2}1 {4}2$/m);
  await leave(second);

  for (const [words, more] of [
    [['--no-history'], {}],
    [[], { JACKFIELD_QUERY_HISTORY: 'off' }],
  ] as const) {
    const silent = await openPrompt(home, words, more);
    await type(silent, 'select 5 as unkept;');
    await silent.waitFor(/^1 row$/m);
    await leave(silent);
  }
  expect(readFileSync(file, 'utf8')).not.toContain('unkept');
});

test('names are completed from the cached metadata', async () => {
  const home = await homeWithOrders();
  const discovered = await jackfield(['connections', 'discover', 'Orders', '--json'], { home, env });
  expect(discovered.code, discovered.stderr).toBe(0);
  const terminal = await openPrompt(home);
  terminal.type('select orders.no');
  terminal.press('tab');
  await terminal.waitFor(/^Orders=> select orders\.note/m);
  await type(terminal, ' from orders;');
  await terminal.waitFor('first');
  await leave(terminal);
});

test('keywords are completed, and a table of rows stops at a screenful', async () => {
  const terminal = await openPrompt(await homeWithOrders());
  terminal.type('sel');
  terminal.press('tab');
  await terminal.waitFor(/^Orders=> select/m);
  await type(terminal, ' generate_series(1, 5000) as n;');
  await terminal.waitFor('… the first 200 rows; --limit 0 shows all');
  await leave(terminal);
});

test('\\d shows what was discovered, one relation as discover does', async () => {
  const home = await homeWithOrders();
  const terminal = await openPrompt(home);
  await type(terminal, '\\d');
  await terminal.waitFor(
    /^RELATION +KIND +ROWS +COLUMNS +COMMENT\npublic\.named +view +– +1\npublic\.orders +table/m,
  );
  await terminal.waitFor(/^Orders=> *$/m);
  await type(terminal, '\\d orders;');
  await terminal.waitFor(/^Indexes\n {2}orders_by_note: btree \(note text_pattern_ops desc\)$/m);
  await type(terminal, '\\dv na*');
  await terminal.waitFor('\\dv na*');
  await terminal.waitFor(/^public\.named +view .*\n\n1 schema, 1 relation/m);
  await type(terminal, '\\d+ named');
  await terminal.waitFor(/^Definition\n +SELECT id\n/m);
  await type(terminal, '\\d oders');
  await terminal.waitFor('there is no relation "oders" in Orders; did you mean public.orders?');
  await type(terminal, '\\dz');
  await terminal.waitFor('there is no command \\dz');
  await type(terminal, '\\?');
  await terminal.waitFor(/one of them in full/);
  await type(terminal, 'select 6 * 7 as answer;');
  await terminal.waitFor(/^answer\n {4}42$/m);
  await leave(terminal);
});

test('Up on the oldest entry stays there', async () => {
  const terminal = await openPrompt(await homeWithOrders());
  for (const n of [11, 12]) {
    await type(terminal, `select ${n} as n;`);
    await terminal.waitFor(new RegExp(`^ ?${n}$`, 'm'));
  }
  for (let times = 0; times < 4; times += 1) terminal.press('up');
  await terminal.waitFor(/^Orders=> select 11 as n;$/m);
  terminal.press('down');
  await terminal.waitFor(/^Orders=> select 12 as n;$/m);
  terminal.press('up');
  terminal.press('up');
  terminal.type(' select 13 as m;');
  await terminal.waitFor(/^Orders=> select 11 as n; select 13 as m;$/m);
  terminal.press('enter');
  await terminal.waitFor(/^ ?13$/m);
  await leave(terminal);
});

test('the editor gets a file of its own, and what is written is run', async () => {
  const home = await homeWithOrders();
  const seen = join(dirname(home), 'seen');
  const editor = join(dirname(home), 'editor.sh');
  writeFileSync(
    editor,
    `#!/bin/sh
{ echo "$1"; stat -c %a "$1" "$(dirname "$1")"; cat "$1"; env; } > '${seen}'
printf "select 'from the editor' as s;" > "$1"
exit \${EDITOR_CODE:-0}
`,
    { mode: 0o700 },
  );
  const words = ['connections', 'query', 'Orders', '--editor'];
  const terminal = await openTerminal(words, { home, env: { ...env, VISUAL: '', EDITOR: editor } });
  await terminal.waitFor('from the editor');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  const [file = '', fileMode, directoryMode, ...rest] = readFileSync(seen, 'utf8').split('\n');
  expect([fileMode, directoryMode]).toEqual(['600', '700']);
  expect(rest.join('\n')).toContain('-- Orders, read-only');
  expect(rest.join('\n')).not.toContain('JACKFIELD_');
  expect(existsSync(file)).toBe(false);

  const cancelled = await openTerminal(words, { home, env: { ...env, EDITOR: editor, EDITOR_CODE: '1' } });
  expect(await cancelled.exit()).toEqual({ code: 130, signal: null });
  expect(cancelled.raw()).not.toContain('from the editor');
});
