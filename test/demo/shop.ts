import type { TestServer } from '../support/postgres.ts';

/** What the demo connects to: where, as whom, and what an administrator can do about it. */
export interface Shop {
  /** `DATABASE_URL` of the source, read-only; it holds the password. */
  readonly readerUrl: string;
  readonly loaderPassword: string;
  /** The statement that the loader lacks at first. */
  readonly grant: string;
  applyGrant(): Promise<void>;
}

const shopSql = `
create schema crm;
create table crm.customers (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text not null,
  country char(2) not null,
  created_at timestamptz not null default now()
);
comment on table crm.customers is 'Everybody who ever ordered';
comment on column crm.customers.email is 'As typed; unique in lower case';
create table crm.addresses (
  customer_id bigint not null references crm.customers,
  kind text not null check (kind in ('billing', 'shipping')),
  street text not null,
  city text not null,
  primary key (customer_id, kind)
);

create schema sales;
create type sales.order_status as enum ('placed', 'paid', 'shipped', 'cancelled');
create table sales.products (
  sku varchar(20) primary key,
  title text not null,
  price numeric(10, 2) not null check (price > 0)
);
create table sales.orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references crm.customers,
  status sales.order_status not null default 'placed',
  placed_at timestamptz not null
);
comment on table sales.orders is 'One row an order; its lines are in order_lines';
create index orders_by_customer on sales.orders (customer_id, placed_at);
create table sales.order_lines (
  order_id bigint not null references sales.orders,
  line_no smallint not null,
  sku varchar(20) not null references sales.products,
  quantity integer not null,
  primary key (order_id, line_no)
);
create table sales.events (
  order_id bigint not null,
  happened_at timestamptz not null,
  payload jsonb not null,
  primary key (order_id, happened_at)
) partition by range (happened_at);
create table sales.events_2025 partition of sales.events for values from ('2025-01-01') to ('2026-01-01');
create table sales.events_2026 partition of sales.events for values from ('2026-01-01') to ('2027-01-01');
create view sales.revenue_by_day as
  select date_trunc('day', o.placed_at) as day, sum(l.quantity * p.price) as revenue
  from sales.orders o
  join sales.order_lines l on l.order_id = o.id
  join sales.products p using (sku)
  where o.status <> 'cancelled'
  group by 1;

insert into crm.customers (email, name, country, created_at)
  select 'customer' || n || '@example.com', 'Customer ' || n, (array['DE', 'FR', 'JP', 'BR'])[n % 4 + 1],
    timestamptz '2025-01-01' + n * interval '1 hour'
  from generate_series(1, 500) n;
insert into crm.addresses
  select id, 'billing', id || ' Main Street', 'Springfield' from crm.customers;
insert into sales.products select 'SKU-' || n, 'Product ' || n, n + 0.99 from generate_series(1, 40) n;
insert into sales.orders (customer_id, status, placed_at)
  select n % 500 + 1, (enum_range(null::sales.order_status))[n % 4 + 1],
    timestamptz '2025-06-01' + n * interval '10 minutes'
  from generate_series(1, 2000) n;
insert into sales.order_lines
  select id, line_no, 'SKU-' || ((id + line_no) % 40 + 1), line_no from sales.orders, generate_series(1, 3) line_no;
insert into sales.events
  select id, placed_at, jsonb_build_object('status', status) from sales.orders;
analyze;

grant usage on schema crm, sales to shop_reader;
grant select on all tables in schema crm, sales to shop_reader;
grant select on all sequences in schema crm, sales to shop_reader;
`;

const warehouseSql = `
create schema landing;
create table landing.loads (
  id bigint generated always as identity primary key,
  loaded_at timestamptz not null default now(),
  row_count bigint not null
);
grant usage on schema landing to warehouse_loader;
alter table landing.loads owner to warehouse_loader;
`;

/**
 * Fills a server: the database `shop` with a role that may read it, and the database `warehouse` with
 * a role that is to load into its schema `landing`, where it lacks CREATE.
 * @param rootCertificate the file that the URL names as the server's root certificate
 */
export async function openShop(server: TestServer, rootCertificate: string): Promise<Shop> {
  const reader = await server.createRole({ name: 'shop_reader' });
  const loader = await server.createRole({ name: 'warehouse_loader' });
  await Promise.all([
    server.run('create database shop').then(() => server.run(shopSql, 'shop')),
    server.run('create database warehouse').then(() => server.run(warehouseSql, 'warehouse')),
  ]);
  const parameters = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: rootCertificate });
  const grant = 'GRANT CREATE ON SCHEMA landing TO warehouse_loader;';
  return {
    readerUrl: `postgresql://${reader.name}:${reader.password}@${server.host}:${server.port}/shop?${parameters}`,
    loaderPassword: loader.password,
    grant,
    applyGrant: async () => {
      await server.run(grant, 'warehouse');
    },
  };
}
