import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { relationDetailSchema } from '../../src/metadata/schema.ts';
import { parseCsv } from '../support/csv.ts';
import { type DiscoveredSource, discoveredSource } from '../support/discovered-source.ts';
import { majors, serverFor } from '../support/servers.ts';

const shop = `
  create schema app;
  create schema crm;
  create type app.status as enum ('placed', 'sent');
  create table crm.customers (id bigint primary key, email text not null unique);
  create table crm.notes (note text);
  create table app.notes (note text);
  create table crm.twice (a int);
  create schema third;
  create table third.twice (a int);
  create table app.orders (
    id bigint generated always as identity primary key,
    customer_id bigint not null references crm.customers (id) on delete cascade,
    status app.status default 'placed',
    total numeric(10,2) check (total >= 0)
  );
  create table app.lines (order_id bigint references app.orders (id), line int, primary key (order_id, line));
  create table app."Mixed" (a int);
  create index orders_open on app.orders (customer_id) where status = 'placed';
  comment on table app.orders is 'One row an order';
  comment on column app.orders.total is 'in euros';
  create view app.open_orders as select id from app.orders where status = 'placed';
  create function app.noted() returns trigger language plpgsql as 'begin return new; end';
  create trigger noted before update on app.orders for each row execute function app.noted();
  insert into crm.customers select n, n || '@example.com' from generate_series(1, 500) as n;
  insert into app.orders (customer_id) select n from generate_series(1, 500) as n;
`;

describe.each(majors)('one relation on PostgreSQL %i', (major) => {
  const server = serverFor(major);
  let source: DiscoveredSource;
  let reader: string;

  beforeAll(async () => {
    const role = await server.createRole();
    reader = role.name;
    source = await discoveredSource(
      server,
      `${shop} grant select on app.orders to ${reader}; grant update (total) on app.orders to ${reader} with grant option;`,
      'analyze',
    );
  });

  const detailOf = (...words: string[]) =>
    source.script.answer(relationDetailSchema)`connections discover Shop ${words}`;

  test('in full, for a person', async () => {
    const { stdout, stderr, code } = await source.script.jackfield`connections discover Shop app.orders`;
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(`app.orders  table, ~500 rows, read just now
One row an order

owner  postgres

COLUMN       KEY  TYPE           NULL      DEFAULT               COMMENT
id           PK   bigint         not null  identity always
customer_id       bigint         not null
status            app.status     null      'placed'::app.status
total             numeric(10,2)  null                            in euros

Primary key
  orders_pkey: (id)

Foreign keys
  orders_customer_id_fkey: (customer_id) → crm.customers (id) on delete cascade

Referenced by
  lines_order_id_fkey: app.lines (order_id) → (id)

Checks
  orders_total_check: CHECK ((total >= (0)::numeric))

Indexes
  orders_open: btree (customer_id) where (status = 'placed'::app.status)
  orders_pkey: btree (id), primary

Types
  app.status: enum ('placed', 'sent')
`);
  });

  test('as JSON it is the relation, where it is, and what refers to it', async () => {
    const detail = await detailOf('app.orders');
    expect(detail).toMatchObject({
      connection: 'Shop',
      schema: 'app',
      name: 'orders',
      details: null,
      foreignKeys: [{ referencedSchema: 'crm', referencedTable: 'customers' }],
      referencedBy: [{ schema: 'app', table: 'lines', columns: ['order_id'], referencedColumns: ['id'] }],
      types: [{ schema: 'app', name: 'status', labels: ['placed', 'sent'] }],
    });
    const yaml = await source.script.jackfield`connections discover Shop app.orders --output yaml`;
    expect(parse(yaml.stdout)).toEqual(detail);
  });

  test('as CSV, Markdown and a diagram of it and its neighbours', async () => {
    const shown = async (format: string) =>
      (await source.script.jackfield`connections discover Shop app.orders --output ${format}`).stdout;
    expect(parseCsv(await shown('csv'))).toMatchObject([
      { schema: 'app', relation: 'orders', number: '1', column: 'id', primaryKey: '1', identity: 'always' },
      { column: 'customer_id', references: 'crm.customers.id', nullable: 'false' },
      { column: 'status', default: "'placed'::app.status" },
      { column: 'total', comment: 'in euros' },
    ]);
    const markdown = await shown('markdown');
    expect(markdown).toContain('\n### orders\n');
    expect(markdown).toContain('| total | numeric(10,2) | yes |  |  | in euros |');
    expect(markdown).toContain(
      'Referenced by:\n\n- lines\\_order\\_id\\_fkey: app.lines (order\\_id) → (id)\n',
    );
    const diagram = await shown('mermaid');
    expect(diagram.match(/^ {2}"\S+" \{$/gm)).toEqual([
      '  "app.orders" {',
      '  "app.lines" {',
      '  "crm.customers" {',
    ]);
    expect(diagram).toContain('"crm.customers" ||--o{ "app.orders" : "customer_id"');
  });

  test("a name alone is the connection's schema's first, then the only one's", async () => {
    expect(await detailOf('notes')).toMatchObject({ schema: 'app' });
    expect(await detailOf('crm.notes')).toMatchObject({ schema: 'crm' });
    expect(await detailOf('customers')).toMatchObject({ schema: 'crm' });
    expect(await detailOf('APP.Orders')).toMatchObject({ schema: 'app', name: 'orders' });
    expect(await detailOf('Mixed')).toMatchObject({ name: 'Mixed' });
    expect(await detailOf('app."Mixed"')).toMatchObject({ name: 'Mixed' });

    const several = await source.script.refused(2)`connections discover Shop twice`;
    expect(several.code).toBe('ambiguous_relation');
    expect(several.message).toContain('crm.twice, third.twice');
    const folded = await source.script.refused(3)`connections discover Shop ${'app."Orders"'}`;
    expect(folded.code).toBe('no_such_relation');
    const near = await source.script.refused(3)`connections discover Shop ordres`;
    expect(near.message).toContain('did you mean app.orders');
  });

  test('--details: sizes, definitions, triggers, grants, and what the server counted', async () => {
    const { details } = await detailOf('app.orders', '--details');
    const [sizes] = await server.run(
      `select pg_total_relation_size('app.orders') as total, pg_indexes_size('app.orders') as indexes`,
      source.database,
    );
    expect(details?.sizes).toMatchObject({ total: Number(sizes?.total), indexes: Number(sizes?.indexes) });
    const { total = 0, table = 0, indexes = 0, toast = 0 } = details?.sizes ?? {};
    expect(table + indexes + toast).toBe(total);
    expect(details?.indexes.map(({ definition }) => definition)).toEqual([
      "CREATE INDEX orders_open ON app.orders USING btree (customer_id) WHERE (status = 'placed'::app.status)",
      'CREATE UNIQUE INDEX orders_pkey ON app.orders USING btree (id)',
    ]);
    expect(details?.triggers).toEqual([
      {
        name: 'noted',
        enabled: 'origin',
        definition:
          'CREATE TRIGGER noted BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.noted()',
      },
    ]);
    expect(details?.grants.filter(({ grantee }) => grantee === reader)).toEqual([
      { grantee: reader, grantor: 'postgres', privileges: ['SELECT'], grantable: false, column: null },
      { grantee: reader, grantor: 'postgres', privileges: ['UPDATE'], grantable: true, column: 'total' },
    ]);
    expect(details?.sequences).toMatchObject([{ name: 'orders_id_seq', column: 'id', identity: true }]);
    expect(Date.now() - Date.parse(details?.statistics?.lastAnalyze ?? '')).toBeLessThan(600_000);

    const text = await source.script.jackfield`connections discover Shop app.orders --details`;
    expect(text.stdout).toMatch(/\nsize {6}\d+ kB \(table \d+ kB, indexes \d+ kB, TOAST \d+/);
    expect(text.stdout).toContain(`\n  ${reader}: UPDATE on total with grant option, by postgres\n`);
    const view = await source.script.jackfield`connections discover Shop app.open_orders --details`;
    expect(view.stdout).toContain(`\nDefinition\n   SELECT `);
    const markdown = await source.script
      .jackfield`connections discover Shop app.open_orders --details --output markdown`;
    expect(markdown.stdout).toContain('Definition:\n\n```sql\n SELECT ');
  });

  test('--details of what is gone, or locked, says so', async () => {
    const { script, database } = await discoveredSource(
      server,
      'create schema app; create table app.gone (a int); create table app.busy (a int)',
    );
    await script.answer(relationDetailSchema)`connections discover Shop app.gone`;
    await server.run('drop table app.gone', database);
    const gone = await script.refused(7)`connections discover Shop app.gone --details`;
    expect(gone).toMatchObject({ code: 'relation_gone', message: 'app.gone is no longer in the database' });

    const locked = server.run(
      'begin; lock table app.busy in access exclusive mode; select pg_sleep(8); commit',
      database,
    );
    const busy = await script.refused(7)`connections discover Shop app.busy --details`;
    expect(busy).toMatchObject({
      code: 'relation_locked',
      message: expect.stringMatching(
        /^app\.busy is locked by process \d+.*, so that its size and definitions can't/,
      ),
    });
    // What is kept is shown without asking anybody.
    await script.answer(relationDetailSchema)`connections discover Shop app.busy`;
    await locked;
  });

  test('flags that make no sense together are refused before anything is dialled', async () => {
    const code = async (...words: string[]) =>
      (await source.script.refused(2)`connections discover Shop ${words}`).code;
    expect(await code('--details')).toBe('missing_relation');
    expect(await code('app.orders', '--search', 'x')).toBe('conflicting_flags');
    expect(await code('--explore', '--schema', 'x')).toBe('conflicting_flags');
    expect(await code('--explore')).toBe('conflicting_flags');
    const plain = await source.script.jackfield`connections discover Shop --explore`;
    expect([plain.code, plain.stderr]).toEqual([2, expect.stringContaining('--explore needs a terminal')]);
  });
});
