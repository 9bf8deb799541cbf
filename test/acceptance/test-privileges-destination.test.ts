import { describe, test } from 'vitest';
import { expectSituation, type Situation } from '../support/privilege-situation.ts';
import { majors, serverFor } from '../support/servers.ts';

const loader = { role: 'destination' } as const;
const table = (name: string, schema = 'shop') => ({ schema, name });
const all = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE';

const situations: Situation[] = [
  {
    ...loader,
    what: 'a schema of its own',
    setUp:
      'create schema shop authorization <user>; create table shop.t (id serial); alter table shop.t owner to <user>;',
    says: ['passed', 'passed'],
    schemaMessage: 'shop: 1 table',
    message: 'may create tables and write the one table there',
    fix: [],
  },
  {
    ...loader,
    what: 'a superuser may do all',
    superuser: true,
    setUp: `create schema shop; create table shop.t (id int);
      alter table shop.t enable row level security, force row level security;`,
    says: ['passed', 'passed'],
    fix: [],
  },
  {
    ...loader,
    what: 'the schema is there, and CREATE on the database is nothing it needs',
    setUp: 'create schema shop; grant usage, create on schema shop to <user>;',
    says: ['passed', 'passed'],
    message: 'may create tables',
    fix: [],
  },
  {
    ...loader,
    what: 'the schema is to be made',
    schema: 'New "one"',
    setUp: 'grant create on database <database> to <user>;',
    says: ['passed', 'passed'],
    schemaMessage: 'the schema "New ""one""" does not exist yet, and "<user>" may create it',
    message: 'may create the schema',
    fix: [],
  },
  {
    ...loader,
    what: 'the schema can not be made',
    schema: 'New "one"',
    userName: 'Loader of "New"',
    setUp: '',
    says: [['failed', 'no_such_schema'], 'skipped'],
    schemaMessage: 'there is no schema "New ""one""" in the database <database>',
    message: 'there is no schema to look at',
    fix: ['CREATE SCHEMA "New ""one""" AUTHORIZATION <user>;'],
  },
  {
    ...loader,
    what: 'a wrong schema and a missing grant',
    setUp: 'revoke temporary on database <database> from public;',
    says: [
      ['failed', 'no_such_schema'],
      ['warned', 'temporary_denied'],
    ],
    message: '"<user>" may not make temporary tables, which merging loads often use',
    fix: ['CREATE SCHEMA shop AUTHORIZATION <user>;', 'GRANT TEMPORARY ON DATABASE <database> TO <user>;'],
  },
  {
    ...loader,
    what: 'nothing is granted',
    setUp: `create schema shop; create table shop.t (id int); revoke temporary on database <database> from public;`,
    says: ['passed', ['failed', 'create_denied']],
    message:
      `"<user>" lacks USAGE, CREATE on the schema shop; lacks ${all} on the one table (t), which merging and a ` +
      'full reload need; may not make temporary tables, which merging loads often use',
    fix: [
      'GRANT USAGE, CREATE ON SCHEMA shop TO <user>;',
      `GRANT ${all} ON shop.t TO <user>;`,
      'GRANT TEMPORARY ON DATABASE <database> TO <user>;',
    ],
  },
  {
    ...loader,
    what: 'USAGE alone is missing',
    setUp: 'create schema shop; grant create on schema shop to <user>;',
    says: ['passed', ['failed', 'usage_denied']],
    message: '"<user>" lacks USAGE on the schema shop',
    fix: ['GRANT USAGE ON SCHEMA shop TO <user>;'],
  },
  {
    ...loader,
    what: 'INSERT alone is not enough to merge, and what is lacking is granted, no more',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.t (id int); grant select, insert, truncate on shop.t to <user>;
      create table shop.columns (id int); grant select, insert, delete, truncate on shop.columns to <user>;
      grant update (id) on shop.columns to <user>;
      create table shop.fine (id int); grant ${all} on shop.fine to <user>;`,
    says: ['passed', ['warned', 'write_partial']],
    message: '"<user>" lacks UPDATE, DELETE on 2 of the 3 tables (columns, t), which merging needs',
    fix: ['GRANT UPDATE, DELETE ON shop.columns, shop.t TO <user>;'],
  },
  {
    ...loader,
    what: 'each privilege counts by itself',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.no_select (); grant insert, update, delete, truncate on shop.no_select to <user>;
      create table shop.no_insert (); grant select, update, delete, truncate on shop.no_insert to <user>;
      create table shop.no_update (); grant select, insert, delete, truncate on shop.no_update to <user>;
      create table shop.no_delete (); grant select, insert, update, truncate on shop.no_delete to <user>;
      create table shop.no_truncate (); grant select, insert, update, delete on shop.no_truncate to <user>;`,
    says: ['passed', ['warned', 'write_partial']],
    message:
      `"<user>" lacks ${all} on 5 of the 5 tables (no_delete, no_insert, no_select, no_truncate, no_update), ` +
      'which merging and a full reload need',
    fix: [
      `GRANT ${all} ON shop.no_delete, shop.no_insert, shop.no_select, shop.no_truncate, shop.no_update TO <user>;`,
    ],
  },
  {
    ...loader,
    what: 'all but TRUNCATE',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.t (id int); grant select, insert, update, delete on shop.t to <user>;`,
    says: ['passed', ['warned', 'write_partial']],
    message: '"<user>" lacks TRUNCATE on the one table (t), which a full reload needs',
    fix: ['GRANT TRUNCATE ON shop.t TO <user>;'],
  },
  {
    ...loader,
    what: 'more tables than are named, and views and partitions, which are nothing to load',
    setUp: `create schema shop; grant usage, create on schema shop to <user>; create view shop.v as select 1 as n;
      create table shop.p (id int) partition by range (id);
      create table shop.p_1 partition of shop.p for values from (1) to (9); grant ${all} on shop.p to <user>;
      do $$ begin for i in 1..6 loop execute format('create table shop.t%s (id int)', i); end loop; end $$;`,
    says: ['passed', ['warned', 'write_partial']],
    schemaMessage: 'shop: 7 tables',
    message: `"<user>" lacks ${all} on 6 of the 7 tables (t1, t2, t3, t4, t5 and 1 more), which merging and a full reload need`,
    fix: [`GRANT ${all} ON ALL TABLES IN SCHEMA shop TO <user>;`],
  },
  {
    ...loader,
    what: 'tables of others can be written, which is enough',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.t (id int); grant ${all} on shop.t to <user>;`,
    says: ['passed', 'passed'],
    message: 'may create tables and write the one table there, though not alter 1 that it does not own',
    fix: [],
  },
  {
    ...loader,
    what: 'a serial draws from its sequence as the user, an identity does not',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create schema "Else"; create sequence "Else"."Numbers";
      create table shop.s (id serial, n bigint default nextval('"Else"."Numbers"'));
      create table shop.i (id int generated always as identity); create sequence shop.of_none;
      create table shop.u (id serial); grant update on sequence shop.u_id_seq to <user>;
      grant ${all} on all tables in schema shop to <user>;`,
    says: ['passed', ['warned', 'sequence_denied']],
    message: '"<user>" may not draw from "Else"."Numbers", s_id_seq, which fill columns',
    fix: ['GRANT USAGE ON SEQUENCE "Else"."Numbers", shop.s_id_seq TO <user>;'],
  },
  {
    ...loader,
    what: 'row-level security, forced on the owner too',
    setUp: `create schema shop authorization <user>; create table shop."T" (id int); create table shop.owned (id int);
      alter table shop."T" owner to <user>; alter table shop.owned owner to <user>;
      alter table shop."T" enable row level security, force row level security;
      alter table shop.owned enable row level security;`,
    says: ['passed', ['failed', 'row_security_active']],
    message: '"<user>" is held by row-level security on 1 of the 2 tables ("T")',
    fix: ['ALTER ROLE <user> BYPASSRLS;'],
  },
  {
    ...loader,
    what: 'listed tables are all there: no CREATE is a warning',
    schema: 'not there',
    setUp: `create schema shop; grant usage on schema shop to <user>; create table shop.others (id int);
      create table shop.t (id int); grant ${all} on shop.t to <user>;`,
    tables: [table('t')],
    says: ['passed', ['warned', 'no_new_tables']],
    schemaMessage: 'shop: 1 table',
    message: '"<user>" lacks CREATE on the schema shop, which new tables need',
    fix: ['GRANT CREATE ON SCHEMA shop TO <user>;'],
  },
  {
    ...loader,
    what: 'a listed table is to be made, and may be',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.t (id int); grant ${all} on shop.t to <user>;`,
    tables: [table('t'), table('T')],
    says: ['passed', 'passed'],
    schemaMessage: 'shop: 1 table; not there yet: shop."T"',
    message: 'may create tables and write the one table there, though not alter 1 that it does not own',
    fix: [],
  },
  {
    ...loader,
    what: 'a listed table is to be made, and may not be; another may not be merged into; each in its schema',
    setUp: `create schema shop; create schema "Other"; grant usage on schema shop to <user>;
      create table shop.t (id int); grant ${all} on shop.t to <user>;
      create table "Other".t (id int); grant select on "Other".t to <user>;`,
    tables: [table('t'), table('new'), table('t', 'Other')],
    says: ['passed', ['failed', 'usage_denied']],
    message:
      '"<user>" lacks USAGE, CREATE on the schema "Other"; lacks CREATE on the schema shop; ' +
      'lacks INSERT, UPDATE, DELETE, TRUNCATE on 1 of the 2 tables ("Other".t), which merging and a full reload need',
    fix: [
      'GRANT USAGE, CREATE ON SCHEMA "Other" TO <user>;',
      'GRANT CREATE ON SCHEMA shop TO <user>;',
      'GRANT INSERT, UPDATE, DELETE, TRUNCATE ON "Other".t TO <user>;',
    ],
  },
  {
    ...loader,
    what: 'a listed table that can not be merged into',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.t (id serial); alter table shop.t enable row level security;`,
    tables: [table('t')],
    says: ['passed', ['failed', 'write_denied']],
    message:
      `"<user>" lacks ${all} on the one table (shop.t), which merging and a full reload need; is held by ` +
      'row-level security on the one table (shop.t); may not draw from shop.t_id_seq, which fills a column',
    fix: [
      `GRANT ${all} ON shop.t TO <user>;`,
      'ALTER ROLE <user> BYPASSRLS;',
      'GRANT USAGE ON SEQUENCE shop.t_id_seq TO <user>;',
    ],
  },
  {
    ...loader,
    what: 'a listed table that can be merged into, and not truncated',
    setUp: `create schema shop; grant usage, create on schema shop to <user>;
      create table shop.t (id int); grant select, insert, update, delete on shop.t to <user>;`,
    tables: [table('t')],
    says: ['passed', ['warned', 'write_partial']],
    fix: ['GRANT TRUNCATE ON shop.t TO <user>;'],
  },
  {
    ...loader,
    what: 'listed tables whose names are taken',
    setUp: `create schema shop authorization <user>; create view shop.v as select 1 as n; create sequence shop.s;
      create table shop.t (id int); alter table shop.t owner to <user>; create index i on shop.t (id);`,
    tables: [table('v'), table('s'), table('i'), table('t')],
    says: [['failed', 'not_a_table'], 'passed'],
    schemaMessage: 'what is there by the name of shop.i, shop.s, shop.v is no table',
  },
  {
    ...loader,
    what: 'schemas of listed tables are to be made, and may not be',
    setUp: 'create schema shop authorization <user>;',
    tables: [table('t'), table('t', 'a'), table('t', 'B')],
    says: [['failed', 'no_such_schema'], 'passed'],
    schemaMessage: 'there is no schema "B", a in the database <database>',
    message: 'may create tables',
    fix: ['CREATE SCHEMA "B" AUTHORIZATION <user>;', 'CREATE SCHEMA a AUTHORIZATION <user>;'],
  },
];

describe.each(majors)('a destination on PostgreSQL %i', (major) => {
  test.each(situations)('$what', async (situation) => {
    await expectSituation(serverFor(major), situation);
  });
});
