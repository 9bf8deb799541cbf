import { describe, expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import type { Discovery } from '../../src/metadata/discovery.ts';
import { discoverySchema } from '../../src/metadata/schema.ts';
import { parseCsv } from '../support/csv.ts';
import { newScript } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/** A shop's database: what a discovery has to get right, in small. */
const shop = `
  create schema sales;
  create type sales.mood as enum ('glad', 'cross');
  create table sales.customers (
    id bigint generated always as identity primary key,
    email varchar(254) not null unique,
    moods sales.mood[],
    credit numeric(10,2) default 0 not null check (credit >= 0)
  );
  comment on table sales.customers is 'who buys, or bought';
  comment on column sales.customers.email is 'lower-case, "quoted" in places';
  create table sales.order_lines (
    order_id bigint,
    line smallint,
    sku text collate "C",
    cents int,
    euros numeric generated always as (cents / 100.0) stored,
    primary key (order_id, line)
  );
  create table sales."Odd ""Name""" ("a,b" int, "select" timestamptz(3) default now());
  create table sales.orders (
    id bigint,
    placed date not null,
    customer_id bigint references sales.customers (id),
    primary key (id, placed)
  ) partition by range (placed);
  create table sales.orders_2025 partition of sales.orders for values from ('2025-01-01') to ('2026-01-01');
  create table sales.orders_2026 partition of sales.orders for values from ('2026-01-01') to ('2027-01-01');
  create table sales.refunds (
    id int primary key,
    order_id bigint,
    line smallint,
    constraint refunds_of_line foreign key (order_id, line) references sales.order_lines (order_id, line)
  );
  create view sales.debtors as select email from sales.customers where credit > 100;
  create materialized view sales.totals as select 1 as n;
  create index customers_lower on sales.customers (lower(email), credit);
  create table public.notes (note text);
  create table public.empty_table ();
  create table public.secrets (pin text);
  create schema closed;
  create table closed.salaries (cents int);
  create schema unused;
`;

describe.each(majors)('discover on PostgreSQL %i', (major) => {
  /** The shop as a reader sees it who may not see all of it. */
  async function discoverable() {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      ${shop}
      grant usage on schema sales, unused to ${role.name};
      grant select on all tables in schema sales to ${role.name};
      grant select on public.notes, public.empty_table to ${role.name};
    `);
    await server.run('analyze', database.name);
    const script = newScript().given({ stdin: role.password });
    await script.answer(connectionSchema)`connections add --role source --name Shop --host localhost
      --port ${server.port} --database ${database.name} --username ${role.name}
      --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    return { script, server, role };
  }

  function relation(discovery: Discovery, schema: string, name: string) {
    const found = discovery.schemas
      .find((it) => it.name === schema)
      ?.relations.find((it) => it.name === name);
    if (found === undefined) throw new Error(`${schema}.${name} was not discovered`);
    return found;
  }

  test('schemas, tables, columns, types and keys, and what is hidden', async () => {
    const { script } = await discoverable();

    const found = await script.answer(discoverySchema)`connections discover Shop`;

    expect(found.connection).toBe('Shop');
    expect(Date.now() - Date.parse(found.takenAt)).toBeLessThan(60_000);
    expect(found.server.version).toMatch(new RegExp(`^${major}\\.`));
    expect(found.server.tls?.verified).toBe('full');
    expect(
      found.schemas.map(({ name, relations }) => [name, relations.map((it) => [it.name, it.kind])]),
    ).toEqual([
      [
        'public',
        [
          ['empty_table', 'table'],
          ['notes', 'table'],
        ],
      ],
      [
        'sales',
        [
          ['Odd "Name"', 'table'],
          ['customers', 'table'],
          ['debtors', 'view'],
          ['order_lines', 'table'],
          // Its partitions are folded into it.
          ['orders', 'partitioned table'],
          ['refunds', 'table'],
          ['totals', 'materialized view'],
        ],
      ],
      ['unused', []],
    ]);
    // The schema closed; its salaries and public.secrets.
    expect(found.hidden).toEqual({ schemas: 1, relations: 2 });

    const customers = relation(found, 'sales', 'customers');
    expect(customers).toMatchObject({
      comment: 'who buys, or bought',
      primaryKey: { name: 'customers_pkey', columns: ['id'] },
      uniques: [{ name: 'customers_email_key', columns: ['email'] }],
      checks: [{ name: 'customers_credit_check', definition: expect.stringContaining('credit >=') }],
      foreignKeys: [],
      partitions: null,
    });
    expect(
      customers.columns.map(({ name, type, nullable, default: value, identity, comment }) => [
        name,
        type,
        nullable,
        value,
        identity,
        comment,
      ]),
    ).toEqual([
      ['id', 'bigint', false, null, 'always', null],
      ['email', 'character varying(254)', false, null, null, 'lower-case, "quoted" in places'],
      ['moods', 'sales.mood[]', true, null, null, null],
      ['credit', 'numeric(10,2)', false, '0', null, null],
    ]);
    expect(
      customers.indexes.map(({ name, unique, primary, columns }) => [name, unique, primary, columns]),
    ).toEqual([
      ['customers_email_key', true, false, ['email']],
      ['customers_lower', false, false, [null, 'credit']],
      ['customers_pkey', true, true, ['id']],
    ]);

    const lines = relation(found, 'sales', 'order_lines');
    expect(lines.primaryKey?.columns).toEqual(['order_id', 'line']);
    expect(lines.columns.find(({ name }) => name === 'euros')).toMatchObject({
      type: 'numeric',
      generated: 'stored',
      default: expect.stringContaining('cents'),
    });

    const orders = relation(found, 'sales', 'orders');
    expect(orders.partitions).toEqual({ key: 'RANGE (placed)', count: 2 });
    expect(orders.primaryKey?.columns).toEqual(['id', 'placed']);
    expect(orders.foreignKeys).toEqual([
      {
        name: 'orders_customer_id_fkey',
        columns: ['customer_id'],
        referencedSchema: 'sales',
        referencedTable: 'customers',
        referencedColumns: ['id'],
        deferrable: false,
        initiallyDeferred: false,
        onUpdate: 'no action',
        onDelete: 'no action',
        validated: true,
      },
    ]);
    expect(relation(found, 'sales', 'refunds').foreignKeys).toEqual([
      {
        name: 'refunds_of_line',
        columns: ['order_id', 'line'],
        referencedSchema: 'sales',
        referencedTable: 'order_lines',
        referencedColumns: ['order_id', 'line'],
        deferrable: false,
        initiallyDeferred: false,
        onUpdate: 'no action',
        onDelete: 'no action',
        validated: true,
      },
    ]);
    expect(relation(found, 'sales', 'Odd "Name"').columns.map(({ name, type }) => [name, type])).toEqual([
      ['a,b', 'integer'],
      ['select', 'timestamp(3) with time zone'],
    ]);
  });

  test('--schema, --table and --search narrow what is shown, not what is hidden', async () => {
    const { script } = await discoverable();
    const shown = async (...flags: string[]) => {
      const found = await script.answer(discoverySchema)`connections discover Shop ${flags}`;
      expect(found.hidden).toEqual({ schemas: 1, relations: 2 });
      return found.schemas.map(({ name, relations }) => [name, ...relations.map((it) => it.name)]);
    };

    expect(await shown('--schema', 'pub*')).toEqual([['public', 'empty_table', 'notes']]);
    expect(await shown('--schema', 'public', '--schema', 'unused')).toEqual([
      ['public', 'empty_table', 'notes'],
      ['unused'],
    ]);
    expect(await shown('--table', 'order*')).toEqual([['sales', 'order_lines', 'orders']]);
    expect(await shown('--table', 'sales.t?tals', '--table', 'notes')).toEqual([
      ['public', 'notes'],
      ['sales', 'totals'],
    ]);
    expect(await shown('--schema', 'sales', '--table', 'notes')).toEqual([]);
    // Names of tables and columns, and comments, whatever the case.
    expect(await shown('--search', 'EMAIL')).toEqual([['sales', 'customers', 'debtors']]);
    expect(await shown('--search', 'who buys')).toEqual([['sales', 'customers']]);
    expect(await shown('--search', 'nowhere')).toEqual([]);
  });

  test('CSV has a row a column, and the tree tells it to a person', async () => {
    const { script } = await discoverable();
    const found = await script.answer(discoverySchema)`connections discover Shop`;

    const csv = await script.jackfield`connections discover Shop --output csv`;
    const tree = await script.jackfield`connections discover Shop`;

    const rows = parseCsv(csv.stdout);
    const columns = found.schemas.flatMap(({ name: schema, relations }) =>
      relations.flatMap((it) =>
        it.columns.map((column) => [schema, it.name, it.kind, column.name, column.type]),
      ),
    );
    expect(
      rows
        .filter(({ column }) => column !== null)
        .map((row) => [row.schema, row.relation, row.kind, row.column, row.type]),
    ).toEqual(columns);
    // A table without columns keeps its line.
    expect(rows.filter(({ column }) => column === null)).toMatchObject([
      { relation: 'empty_table', type: null },
    ]);
    const keys = rows.filter(({ primaryKey }) => primaryKey !== null);
    expect(
      keys.filter(({ relation: name }) => name === 'order_lines').map((row) => [row.column, row.primaryKey]),
    ).toEqual([
      ['order_id', '1'],
      ['line', '2'],
    ]);
    expect(rows.find(({ column }) => column === 'email')).toMatchObject({
      nullable: 'false',
      comment: 'lower-case, "quoted" in places',
    });

    expect(tree.stdout).toContain(`
  customers  table
    who buys, or bought
    id      bigint                  PK not null identity always
    email   character varying(254)  not null – lower-case, "quoted" in places
    moods   sales.mood[]
    credit  numeric(10,2)           not null default 0
`);
    expect(tree.stdout).toContain('foreign key (order_id, line) → sales.order_lines (order_id, line)');
    expect(tree.stdout).toContain('by RANGE (placed), 2 partitions');
    expect(tree.stdout).toContain('Hidden: 1 schema and 2 relations that this user may not see.');
  });

  test('it works on a destination as well, and sees everything as the owner', async () => {
    const { script, server } = await discoverable();
    const owner = script.given({ stdin: server.superuser.password });
    await script.answer(connectionSchema)`connections duplicate Shop --name Target`;
    await owner.answer(
      connectionSchema,
    )`connections edit Target --username ${server.superuser.name} --password-stdin`;

    const found = await owner.answer(discoverySchema)`connections discover Target`;

    expect(found.connection).toBe('Target');
    expect(found.hidden).toEqual({ schemas: 0, relations: 0 });
    expect(found.schemas.map(({ name }) => name)).toEqual(['closed', 'public', 'sales', 'unused']);
    expect(relation(found, 'closed', 'salaries').columns).toHaveLength(1);
  });

  test('it leaves the last test as it is, and a refused password is exit 7', async () => {
    const { script, server, role } = await discoverable();
    const before = await script.saved();
    await script.answer(discoverySchema)`connections discover Shop`;
    await server.run(`alter role ${role.name} password 'another'`);

    // What was found before is still there.
    await script.answer(discoverySchema)`connections discover Shop`;
    const refused = await script.refused(7)`connections discover Shop --refresh`;

    expect(refused.code).toBe('password_refused');
    expect(refused.message).toContain(role.name);
    expect(await script.saved()).toEqual(before);
  });
});
