import { beforeAll, describe, expect, test } from 'vitest';
import { type DiscoveredSource, discoveredSource } from '../support/discovered-source.ts';
import { question } from '../support/questions.ts';
import { majors, serverFor } from '../support/servers.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../support/terminal.ts';

const shop = `
  create schema app;
  create schema crm;
  create table crm.customers (id int primary key, email text);
  create table app.orders (id int primary key, customer_id int references crm.customers (id), note text);
  create table app.lines (order_id int references app.orders (id), line int);
  create table app."Odd ""Name""" (a int);
  create schema "e\x1b[31mvil";
  create table "e\x1b[31mvil"."two\nlines" ("c\x1b[31mvil" text);
  comment on table app.lines is 'what was bought';
  insert into crm.customers select n, 'someone' || n || '@example.com' from generate_series(1, 30) as n;
  insert into app.orders values (7, 1, E'clear \\x1b[2J the screen');
  create materialized view app.stale as select 1 as n with no data;
`;

/** The line that the pointer stands on. */
const chosen = (label: string) => new RegExp(`^❯ ${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'm');

describe.each(majors)('the explorer on PostgreSQL %i', (major) => {
  const server = serverFor(major);
  let source: DiscoveredSource;

  beforeAll(async () => {
    source = await discoveredSource(server, shop);
  });

  function open(words: readonly string[] = [], options: Partial<TerminalOptions> = {}): Promise<Terminal> {
    const { home, env } = source.script;
    return openTerminal(['connections', 'discover', 'Shop', '--explore', ...words], {
      home,
      env,
      ...options,
    });
  }

  /** Types at this list until the pointer stands on a line that begins so, and takes it. */
  async function take(terminal: Terminal, list: string, label: string, typed = label): Promise<void> {
    await terminal.waitFor(question(list));
    terminal.type(typed);
    await terminal.waitFor(chosen(label));
    terminal.press('enter');
  }

  test('from schemas to a relation, along a foreign key and back, by keyboard alone', async () => {
    const terminal = await open();
    const schemas = await terminal.waitFor(question('Shop: schema'));
    expect(schemas).toMatch(/^❯ app +4 relations$/m);
    expect(schemas).toMatch(/^ {2}crm +1 relation$/m);
    expect(schemas).toContain('Esc leave');
    await take(terminal, 'Shop: schema', 'app');
    const list = await terminal.waitFor(question('Relation of app'));
    expect(list).toMatch(/^ {2}lines +table 2 columns – what was bought$/m);
    // A comment is searched too.
    await take(terminal, 'Relation of app', 'lines', 'bought');
    await terminal.waitFor(/lines_order_id_fkey: \(order_id\) → app\.orders \(id\)/);
    await take(terminal, 'app.lines', 'Follow a foreign key', 'Follow');
    await terminal.waitFor(/orders_customer_id_fkey/);
    await take(terminal, 'app.orders', 'Follow a foreign key', 'Follow');
    await terminal.waitFor(question('crm.customers'));
    await take(terminal, 'crm.customers', 'Referenced by', 'Ref');
    await terminal.waitFor(question('app.orders'));
    // There and back: one step each.
    for (const before of ['crm.customers', 'app.orders', 'app.lines', 'Relation of app', 'Shop: schema']) {
      terminal.press('escape');
      await terminal.waitFor(question(before));
    }
    terminal.press('escape');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  });

  test('is drawn anew when the terminal is resized, without a key', async () => {
    const terminal = await open();
    await take(terminal, 'Shop: schema', 'app');
    await terminal.waitFor('Esc back · 4');
    terminal.resize(40, 20);
    await terminal.waitFor(
      /^\? Relation of app\n❯ [^\n]*\n {2}lines [^\n]*…\n[\s\S]*^type to search[^\n]*…$/m,
    );
    terminal.resize(100, 30);
    await terminal.waitFor(/what was bought\n[\s\S]*Esc back · 4$/);
    terminal.press('ctrl-c');
    expect(await terminal.exit()).toEqual({ code: 130, signal: null });
  });

  test('sample rows, details and the name to copy', async () => {
    const terminal = await open(['orders']);
    await take(terminal, 'app.orders', 'Sample rows', 'Sam');
    const sample = await terminal.waitFor('1 row');
    expect(sample).toMatch(/^id +customer_id +note$/m);
    expect(sample).toContain('clear \\x1b[2J the screen');
    await take(terminal, 'app.orders', 'Details', 'Det');
    await terminal.waitFor('CREATE UNIQUE INDEX orders_pkey');
    await take(terminal, 'app.orders', 'Copy its name', 'Copy');
    await terminal.waitFor('"app"."orders"');
    const copied = /\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/.exec(terminal.raw());
    expect(Buffer.from(copied?.[1] ?? '', 'base64').toString()).toBe('"app"."orders"');
    await take(terminal, 'app.orders', 'Another schema', 'Another');
    await take(terminal, 'Shop: schema', 'Leave');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  });

  test('names of a stranger are shown, and never obeyed', async () => {
    const terminal = await open();
    await take(terminal, 'Shop: schema', 'e\\x1b[31mvil', 'vil');
    await take(terminal, 'Relation of e\\x1b[31mvil', 'two\\nlines', 'two');
    await terminal.waitFor('c\\x1b[31mvil');
    await take(terminal, 'e\\x1b[31mvil.two\\nlines', 'Sample rows', 'Sam');
    await terminal.waitFor('0 rows');
    await take(terminal, 'e\\x1b[31mvil.two\\nlines', 'Copy its name', 'Copy');
    await terminal.waitFor('"two\\nlines"');
    expect(terminal.raw()).not.toContain('\u001b[31mvil');
    terminal.press('ctrl-c');
    expect((await terminal.exit()).code).toBe(130);
  });

  test('a name that has to be quoted', async () => {
    const terminal = await open(['app."Odd ""Name"""']);
    await take(terminal, 'app.Odd "Name"', 'Sample rows', 'Sam');
    await terminal.waitFor('0 rows');
    await take(terminal, 'app.Odd "Name"', 'Copy its name', 'Copy');
    await terminal.waitFor('"app"."Odd ""Name"""');
    terminal.press('ctrl-c');
    expect((await terminal.exit()).code).toBe(130);
  });

  test('what the server refuses is shown, and the explorer goes on', async () => {
    const terminal = await open(['app.stale']);
    await take(terminal, 'app.stale', 'Sample rows', 'Sam');
    await terminal.waitFor('has not been populated');
    await server.run('drop materialized view app.stale', source.database);
    await take(terminal, 'app.stale', 'Details', 'Det');
    await terminal.waitFor('app.stale is no longer in the database');
    await take(terminal, 'app.stale', 'Refresh', 'Refresh');
    await terminal.waitFor('app.stale is no longer there');
    // The step before it.
    await terminal.waitFor(question('Shop: schema'));
    terminal.press('escape');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    await server.run('create materialized view app.stale as select 1 as n with no data', source.database);
  });

  test('Ctrl-C anywhere is exit 130 and leaves a terminal that works', async () => {
    const places: [string, (terminal: Terminal) => Promise<unknown>][] = [
      ['the schemas', (terminal) => terminal.waitFor(question('Shop: schema'))],
      [
        'a list that was searched',
        async (terminal) => {
          await take(terminal, 'Shop: schema', 'app');
          await terminal.waitFor(question('Relation of app'));
          terminal.type('ord');
          await terminal.waitFor(/1 of \d/);
        },
      ],
      [
        'a relation',
        async (terminal) => {
          await take(terminal, 'Shop: schema', 'app');
          await take(terminal, 'Relation of app', 'orders');
          await terminal.waitFor(question('app.orders'));
        },
      ],
    ];
    for (const [where, goThere] of places) {
      const terminal = await open();
      await goThere(terminal);
      terminal.press('ctrl-c');
      expect(await terminal.exit(), where).toEqual({ code: 130, signal: null });
      const [lastCursorChange] = [...terminal.raw().matchAll(/\u001b\[\?25([hl])/g)].slice(-1);
      expect(lastCursorChange?.[1] ?? 'h', where).toBe('h');
    }
  });

  test('Ctrl-C while rows are waited for', async () => {
    const { database } = source;
    const slow = 'create or replace view app.slow as select pg_sleep(60)::text as slept';
    await server.run(slow, database);
    const terminal = await open(['app.slow', '--refresh']);
    await take(terminal, 'app.slow', 'Sample rows', 'Sam');
    for (let active = 0; active === 0; ) {
      const [row] = await server.run(
        `select count(*)::int as active from pg_stat_activity where datname = '${database}' and query like '%"slow" limit%' and state = 'active' and pid <> pg_backend_pid()`,
      );
      active = Number(row?.active);
    }
    terminal.press('ctrl-c');
    expect(await terminal.exit()).toEqual({ code: 130, signal: null });
    await server.run('drop view app.slow', database);
  });
});

test('10,000 relations: the list answers each key at once, and so do --search and one relation', async () => {
  const server = serverFor(18);
  const many = `do $$ begin for n in 1..10000 loop execute format('create table app.t%s (a int)', n);
    if n % 1000 = 0 then commit; end if; end loop; end $$`;
  const source = await discoveredSource(server, 'create schema app', many);
  const { home, env } = source.script;
  const terminal = await openTerminal(['connections', 'discover', 'Shop', '--explore'], { home, env });
  await terminal.waitFor(question('Shop: schema'), 60_000);
  terminal.press('enter');
  await terminal.waitFor(question('Relation of app'), 30_000);
  const started = performance.now();
  for (const [typed, count] of [
    ['t77', '111 of 10000'],
    ['7', '11 of 10000'],
    ['7', '1 of 10000'],
  ] as const) {
    terminal.type(typed);
    await terminal.waitFor(count);
  }
  for (let step = 0; step < 10; step += 1) terminal.press('backspace');
  await terminal.waitFor('· 10000');
  for (let step = 0; step < 20; step += 1) terminal.press('page-down');
  // A key takes some milliseconds; on a machine that is busy with others still far less than a wait.
  expect(performance.now() - started).toBeLessThan(5_000);
  const screen = terminal.screen();
  expect(screen.split('\n').length).toBeLessThan(30);
  terminal.press('ctrl-c');
  expect((await terminal.exit()).code).toBe(130);

  for (const words of [['--search', 'T7777'], ['t7777']]) {
    const asked = performance.now();
    const { stdout } = await source.script.jackfield`connections discover Shop ${words}`;
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(stdout).toContain('t7777');
    expect(stdout).not.toContain('t7778');
  }
}, 180_000);
