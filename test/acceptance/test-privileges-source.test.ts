import { describe, test } from 'vitest';
import { expectSituation, type Situation } from '../support/privilege-situation.ts';
import { majors, serverFor } from '../support/servers.ts';

/** 63 bytes of UTF-8, the longest that a name can be. */
const longest = `${'ü'.repeat(31)}x`;
const weird = 'Weird "na;me"';

const reader = { role: 'source' } as const;
const table = (name: string, schema = 'shop') => ({ schema, name });

const situations: Situation[] = [
  {
    ...reader,
    what: 'all is granted, by way of PUBLIC and a group that is inherited',
    setUp: `create schema shop; create table shop.orders (id int); create table shop.items (id int);
      create role <database>_group in role pg_monitor; grant <database>_group to <user>;
      grant usage on schema shop to public; grant select on shop.orders to public;
      grant select on shop.items to <database>_group;`,
    says: ['passed', 'passed'],
    schemaMessage: 'shop: 2 relations',
    message: 'all 2 relations are readable',
    fix: [],
  },
  {
    ...reader,
    what: 'a role that inherits nothing has nothing of its group',
    attributes: 'noinherit',
    setUp: `create schema shop; create table shop.orders (id int); create role <database>_group;
      grant usage on schema shop to <database>_group; grant select on shop.orders to <database>_group;
      grant <database>_group to <user>;`,
    says: ['passed', ['failed', 'select_denied']],
    message: '"<user>" may not read the one relation (orders); may not use the schema shop',
    fix: ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO <user>;', 'GRANT USAGE ON SCHEMA shop TO <user>;'],
  },
  {
    ...reader,
    what: 'a superuser may do all',
    superuser: true,
    setUp: `create schema shop; create table shop.orders (id serial);
      alter table shop.orders enable row level security, force row level security;`,
    says: ['passed', 'passed'],
    fix: [],
  },
  {
    ...reader,
    what: 'nothing is granted',
    setUp: 'create schema shop; create table shop.orders (id int); create view shop.recent as select 1 as n;',
    says: ['passed', ['failed', 'select_denied']],
    message: '"<user>" may not read 2 of the 2 relations (orders, recent); may not use the schema shop',
    fix: ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO <user>;', 'GRANT USAGE ON SCHEMA shop TO <user>;'],
  },
  {
    ...reader,
    what: 'USAGE alone is missing',
    setUp: 'create schema shop; create table shop.orders (id int); grant select on shop.orders to <user>;',
    says: ['passed', ['failed', 'usage_denied']],
    message: '"<user>" may not use the schema shop',
    fix: ['GRANT USAGE ON SCHEMA shop TO <user>;'],
  },
  {
    ...reader,
    what: 'some tables are closed, of some only columns are open, and all columns one by one are a table',
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.a (id int); create table shop.b (id int, pin text); create table shop.c (id int, x int);
      create materialized view shop.d as select 1 as n; create table shop.e (); grant select on shop.e to <user>;
      grant select (id) on shop.b to <user>; grant select (id), select (x) on shop.c to <user>;`,
    says: ['passed', ['warned', 'select_partial']],
    message:
      '"<user>" may not read 2 of the 5 relations (a, d); may read only some columns of 1 of the 5 relations (b)',
    fix: ['GRANT SELECT ON shop.a, shop.d TO <user>;', 'GRANT SELECT ON shop.b TO <user>;'],
  },
  {
    ...reader,
    what: 'only columns are open',
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.a (id int, pin text); grant select (id) on shop.a to <user>;`,
    says: ['passed', ['warned', 'select_partial']],
    message: '"<user>" may read only some columns of the one relation (a)',
    fix: ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO <user>;'],
  },
  {
    ...reader,
    what: 'more are closed than are named',
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.a (id int); grant select on shop.a to <user>;
      do $$ begin for i in 1..8 loop execute format('create table shop.t%s (id int)', i); end loop; end $$;`,
    says: ['passed', ['warned', 'select_partial']],
    message: '"<user>" may not read 8 of the 9 relations (t1, t2, t3, t4, t5 and 3 more)',
    fix: ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO <user>;'],
  },
  {
    ...reader,
    what: "a partition's own privileges do not matter",
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.orders (id int) partition by range (id);
      create table shop.orders_1 partition of shop.orders for values from (1) to (9);
      grant select on shop.orders to <user>;`,
    says: ['passed', 'passed'],
    schemaMessage: 'shop: 1 relation',
    fix: [],
  },
  {
    ...reader,
    what: 'what an extension brought is its own affair',
    setUp: `create schema shop; grant usage on schema shop to <user>; create table shop.orders (id int);
      grant select on shop.orders to <user>;
      create table shop.of_extension (id int); alter extension plpgsql add table shop.of_extension;`,
    says: ['passed', 'passed'],
    schemaMessage: 'shop: 1 relation',
    fix: [],
  },
  {
    ...reader,
    what: 'sequences of serial and identity columns, and others',
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.a (id serial); create table shop.b (id int generated always as identity);
      create sequence shop."Of none"; create sequence shop.open; grant select on shop.open to <user>;
      grant select on all tables in schema shop to <user>;`,
    says: ['passed', ['warned', 'sequence_denied']],
    message: '"<user>" may not read 3 of the 4 sequences ("Of none", a_id_seq, b_id_seq)',
    fix: ['GRANT SELECT ON SEQUENCE shop."Of none", shop.a_id_seq, shop.b_id_seq TO <user>;'],
  },
  {
    ...reader,
    what: 'row-level security, of which a policy lets no less through',
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.a (id int); create table shop."B" (id int); create table shop.owned (id int);
      alter table shop.a enable row level security; alter table shop."B" enable row level security;
      alter table shop.owned enable row level security; alter table shop.owned owner to <user>;
      create policy open on shop.a using (true); grant select on shop.a, shop."B" to <user>;`,
    says: ['passed', ['warned', 'rows_filtered']],
    message: '"<user>" may be shown only some rows of 2 of the 3 relations ("B", a), by row-level security',
    fix: ['ALTER ROLE <user> BYPASSRLS;'],
  },
  {
    ...reader,
    what: 'names that have to be quoted',
    schema: weird,
    userName: `${longest.slice(0, 27)} "Röle"`,
    setUp: `create schema "Weird ""na;me"""; create table "Weird ""na;me"""."__proto__" (id int);
      create table "Weird ""na;me"""."${longest}" (id int); create table "Weird ""na;me"""."select" (id int);
      create table "Weird ""na;me"""."UPPER" (id int); create table "Weird ""na;me""".open (id int);
      grant select on "Weird ""na;me""".open to <user>;`,
    says: ['passed', ['failed', 'usage_denied']],
    fix: [
      'GRANT USAGE ON SCHEMA "Weird ""na;me""" TO <user>;',
      `GRANT SELECT ON "Weird ""na;me"""."UPPER", "Weird ""na;me""".__proto__, "Weird ""na;me"""."select", "Weird ""na;me"""."${longest}" TO <user>;`,
    ],
  },
  {
    ...reader,
    what: 'the schema is another in upper case',
    schema: 'Shop',
    setUp: 'create schema shop; create table shop.orders (id int); grant usage on schema shop to <user>;',
    says: [['failed', 'no_such_schema'], 'skipped'],
    schemaMessage: 'there is no schema "Shop" in the database <database>',
    message: 'there is no schema to look at',
  },
  {
    ...reader,
    what: 'a schema whose name is too long is not the one that it would be cut to',
    schema: `${longest}yz`,
    setUp: `create schema "${longest}"; create table "${longest}".orders (id int);`,
    says: [['failed', 'no_such_schema'], 'skipped'],
  },
  {
    ...reader,
    what: 'all that is in the schema is an extension’s',
    setUp: `create schema shop; grant usage on schema shop to <user>; create table shop.t (id int);
      grant select on shop.t to <user>; alter extension plpgsql add table shop.t;`,
    says: [['warned', 'schema_empty'], 'passed'],
    schemaMessage: 'the schema shop has no tables',
    message: 'there is nothing to read yet',
  },
  {
    ...reader,
    what: 'the schema is empty',
    setUp: 'create schema shop; grant usage on schema shop to <user>;',
    says: [['warned', 'schema_empty'], 'passed'],
    schemaMessage: 'the schema shop has no tables',
    message: 'there is nothing to read yet',
  },
  {
    ...reader,
    what: 'of listed tables, those alone are judged, in their own schemas',
    schema: 'not there',
    setUp: `create schema shop; create schema "Other"; grant usage on schema shop, "Other" to <user>;
      create table shop.orders (id serial); create table shop.closed (id serial); create view "Other".v as select 1 as n;
      grant select on shop.orders, "Other".v to <user>; grant select on sequence shop.orders_id_seq to <user>;`,
    tables: [table('orders'), table('v', 'Other'), table('orders')],
    says: ['passed', 'passed'],
    schemaMessage: '"Other", shop: 2 relations that pipelines name',
    fix: [],
  },
  {
    ...reader,
    what: 'of listed tables, a wrong schema, a missing table, grants of three kinds: all at once',
    setUp: `create schema shop; create schema closed; grant usage on schema shop to <user>;
      create table shop.orders (id serial); create table shop.lines (id int, pin text); create table closed.t (id int);
      create table shop.others (id int); alter table shop.lines enable row level security;
      grant select (id) on shop.lines to <user>; grant select on closed.t to <user>; create index an_index on shop.others (id);`,
    tables: [
      table('orders'),
      table('lines'),
      table('Orders'),
      table('an_index'),
      table('t', 'closed'),
      table('x', 'nowhere'),
      table('y', 'nowhere'),
    ],
    says: [
      ['failed', 'no_such_schema'],
      ['failed', 'select_denied'],
    ],
    schemaMessage:
      'there is no schema nowhere in the database <database>; there is no table shop."Orders", shop.an_index',
    message:
      '"<user>" may not read 1 of the 3 relations (shop.orders); may not use the schema closed; ' +
      'may read only some columns of 1 of the 3 relations (shop.lines); ' +
      'may be shown only some rows of 1 of the 3 relations (shop.lines), by row-level security; ' +
      'may not read the one sequence (shop.orders_id_seq)',
  },
  {
    ...reader,
    what: 'of listed tables, each of more than are said is granted, and no other',
    setUp: `create schema shop; grant usage on schema shop to <user>; create table shop.private (id int);
      do $$ begin for i in 1..7 loop execute format('create table shop.t%s (id int)', i); end loop; end $$;`,
    tables: [1, 2, 3, 4, 5, 6, 7].map((n) => table(`t${n}`)),
    says: ['passed', ['failed', 'select_denied']],
    message:
      '"<user>" may not read 7 of the 7 relations (shop.t1, shop.t2, shop.t3, shop.t4, shop.t5 and 2 more)',
    fix: ['GRANT SELECT ON shop.t1, shop.t2, shop.t3, shop.t4, shop.t5, shop.t6, shop.t7 TO <user>;'],
  },
  {
    ...reader,
    what: 'a listed partition is judged by itself, and its grants are its own',
    setUp: `create schema shop; grant usage on schema shop to <user>;
      create table shop.orders (id int) partition by range (id);
      create table shop.orders_1 partition of shop.orders for values from (1) to (9);
      grant select on shop.orders to <user>;`,
    tables: [table('orders'), table('orders_1')],
    says: ['passed', ['failed', 'select_denied']],
    message: '"<user>" may not read 1 of the 2 relations (shop.orders_1)',
    fix: ['GRANT SELECT ON shop.orders_1 TO <user>;'],
  },
  {
    ...reader,
    what: 'an empty list is no list',
    tables: [],
    setUp: 'create schema shop; create table shop.orders (id int); grant usage on schema shop to <user>;',
    says: ['passed', ['failed', 'select_denied']],
    fix: ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO <user>;'],
  },
];

describe.each(majors)('a source on PostgreSQL %i', (major) => {
  test.each(situations)('$what', async (situation) => {
    await expectSituation(serverFor(major), situation);
  });
});
