import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openMetadata } from '../../src/catalog/metadata-store.ts';
import { endpointOf } from '../../src/connections/connection.ts';
import { secretsOf } from '../../src/connections/secrets-of.ts';
import type { ConnectionServices } from '../../src/connections/services.ts';
import { connectorRegistry } from '../../src/connectors/registry.ts';
import { discoverPastCache } from '../../src/metadata/discover.ts';
import type { Discovery } from '../../src/metadata/discovery.ts';
import { refreshMetadata } from '../../src/metadata/refresh.ts';
import { discoverySchema } from '../../src/metadata/schema.ts';
import { defaultSourceConfig } from '../../src/metadata/source-config.ts';
import { viewOf } from '../../src/metadata/view.ts';
import { discoveryJson } from '../../src/output/discovery-json.ts';
import { afterwards } from '../support/clean-up.ts';
import { aDraft } from '../support/connection-draft.ts';
import { inMemoryServices } from '../support/connection-services.ts';
import { newHome } from '../support/program.ts';
import { majors, serverFor } from '../support/servers.ts';

const shop = `
  create schema app;
  create type app.mood as enum ('glad', 'cross');
  create domain app.cents as int check (value >= 0);
  create function app.next_code() returns text language sql as $$ select 'x' $$;
  create function app.is_code(text) returns boolean immutable language sql as $$ select true $$;
  create sequence app.numbers;
  create table app.customers (id bigint primary key, name text not null, mood app.mood, moods app.mood[]);
  create table app.orders (
    id int primary key,
    customer bigint constraint of_customer references app.customers (id),
    total app.cents default 0,
    code text default app.next_code() check (app.is_code(code)),
    number bigint default nextval('app.numbers')
  );
  create index orders_by_total on app.orders (total) where total > 0;
  create table app.boxes (content app.customers);
  create table app.notes (note text);
  create table app.untouched (id int primary key, note text);
  create table app.parts (id int, day date) partition by range (day);
  create table app.parts_2025 partition of app.parts for values from ('2025-01-01') to ('2026-01-01');
  create view app.named as select id, name from app.customers;
  create schema other;
  create operator class app.by_text for type text using btree as operator 1 <, operator 2 <=, operator 3 =,
    operator 4 >=, operator 5 >, function 1 bttextcmp(text, text);
`;

/** What is done, of how many relations this has to be read, and whether it makes a snapshot. */
type Step = readonly [sql: string, read: number, makes?: 'nothing new'];

const steps = (reader: string, owner: string): readonly Step[] => [
  ['select 1', 0, 'nothing new'],
  ["insert into app.notes values ('a note')", 0, 'nothing new'],
  ['alter table app.notes rename to remarks', 1],
  ['alter table app.remarks rename column note to remark', 1],
  ['alter table app.remarks set schema other', 0],
  [`grant usage on schema other to ${reader}`, 1],
  ['alter table other.remarks set schema app', 1],
  ['alter table app.remarks add column at timestamptz default now()', 1],
  ['alter table app.remarks alter column at drop default', 1],
  ['alter table app.remarks alter column at type date', 1],
  ['alter table app.remarks alter column at set not null', 1],
  ['alter table app.remarks drop column at', 1],
  ["comment on table app.remarks is 'said'", 1],
  ["comment on column app.remarks.remark is 'what was said'", 1],
  ['comment on table app.remarks is null', 1],
  ['comment on column app.remarks.remark is null', 1],
  ["comment on schema app is 'the application'", 0, 'nothing new'],
  [`alter table app.remarks owner to ${owner}`, 1],
  [`alter role ${owner} rename to ${owner}_too`, 1],
  ["alter type app.mood add value 'bored'", 0],
  ["alter type app.mood rename value 'bored' to 'tired'", 0],
  // Columns of this type are written with its name: customers; not boxes, which is of the table's type.
  ['alter type app.mood rename to temper', 1],
  ['alter type app.temper set schema other', 1],
  ['alter type other.temper set schema app', 1],
  // The table and boxes; an order's key leads to it, and the view is as it was.
  ['alter table app.customers rename to clients', 3],
  ['alter table app.clients rename column id to number', 2],
  ['alter sequence app.numbers rename to counts', 1],
  ['alter function app.next_code() rename to new_code', 1],
  ['alter function app.is_code(text) rename to is_right', 1],
  ["create or replace function app.new_code() returns text language sql as 'select null'", 0, 'nothing new'],
  ['alter domain app.cents rename to pence', 1],
  ['alter domain app.pence add constraint few check (value < 1000)', 0],
  ['alter domain app.pence set not null', 0],
  ['create index clients_by_name on app.clients (lower(name))', 1],
  ['alter index app.clients_by_name rename to clients_name', 1],
  ['drop index app.clients_name', 1],
  ['create index clients_by_name on app.clients (name app.by_text desc)', 1],
  ['alter operator class app.by_text using btree rename to by_words', 1],
  ['drop index app.clients_by_name', 1],
  ['alter table app.orders add constraint few check (id < 100) not valid', 1],
  ['alter table app.orders validate constraint few', 1],
  ['alter table app.orders rename constraint few to a_few', 1],
  ['alter table app.orders drop constraint a_few', 1],
  ['alter table app.orders alter constraint of_customer deferrable', 1],
  ['alter table app.orders alter constraint of_customer deferrable initially deferred', 1],
  ['alter table app.orders drop constraint of_customer', 1],
  ['alter table app.orders replica identity full', 1],
  ['alter table app.orders enable row level security', 1],
  ['alter table app.orders set unlogged', 1],
  ["create table app.parts_2026 partition of app.parts for values from ('2026-01-01') to ('2027-01-01')", 1],
  ['alter table app.parts detach partition app.parts_2025', 2],
  [`grant select on app.parts_2025 to ${reader}`, 1, 'nothing new'],
  ['drop table app.parts_2025', 0],
  ['create table app.fresh (id serial primary key, mood app.temper)', 0],
  [`grant select (id) on app.fresh to ${reader}`, 1],
  [`revoke select (id) on app.fresh from ${reader}`, 0],
  [`revoke select on app.remarks from ${reader}`, 0],
  [`grant ${owner}_too to ${reader}`, 1],
  [`revoke ${owner}_too from ${reader}`, 0],
  ['drop view app.named', 0],
  ['create view app.named as select 1 as one', 0],
  ['drop type app.temper cascade', 1],
  // It was hidden, and counted.
  ['drop table app.fresh', 0],
  ['reindex table app.orders', 1, 'nothing new'],
  ['analyze app.orders', 0, 'nothing new'],
  [`revoke usage on schema other from ${reader}`, 0],
  ['alter schema app rename to shop', 5],
  ['drop schema shop cascade', 0],
];

test.each(majors)(
  'on PostgreSQL %i a refresh finds after any change what a reading of the whole finds, and reads what was changed',
  { timeout: 180_000 },
  async (major) => {
    const server = serverFor(major);
    const [reader, owner] = [await server.createRole(), await server.createRole()];
    const database = await server.createDatabase(
      `${shop}; grant usage on schema app to ${reader.name}; grant select on all tables in schema app to ${reader.name}`,
    );
    afterwards(() => database.drop());
    const { services, saved } = await connected(server.port, database.name, reader);
    const signal = new AbortController().signal;
    const limits = { timeoutMs: 20_000, signal };
    const connector = await services.connectors.load(saved.connector);
    const secrets = await secretsOf(services, saved);
    const about = { connection: saved.name, endpoint: endpointOf(saved), secrets };
    const refresh = async () => {
      let read = 0;
      const onProgress = (relations: number) => {
        read = relations;
      };
      const { snapshot, changed } = await refreshMetadata(services, saved, {
        ...limits,
        config: defaultSourceConfig,
        onProgress,
      });
      const view = viewOf(await services.metadata(), snapshot, {
        connection: saved.name,
        filter: { schemas: [], tables: [], search: null },
      });
      let json = '';
      for await (const chunk of discoveryJson(view)) json += chunk;
      return { changed, read, found: structureOf(discoverySchema.parse(JSON.parse(json))) };
    };
    let former = (await refresh()).found;

    for (const [sql, expected, makes] of steps(reader.name, owner.name)) {
      await server.run(sql, database.name);
      const { changed, read, found } = await refresh();
      const whole = structureOf((await discoverPastCache(connector, about, limits)).discovery);
      expect.soft(found, sql).toEqual(whole);
      expect.soft([sql, changed ? 'a snapshot' : 'nothing new']).toEqual([sql, makes ?? 'a snapshot']);
      expect.soft([sql, read]).toEqual([sql, expected]);
      if (changed) expect(found, sql).not.toEqual(former);
      former = found;
    }
  },
);

/** All but when it was read, and the estimates, which are those of the last time that a table was read. */
function structureOf({ schemas, hidden }: Discovery): unknown {
  const relations = (of: Discovery['schemas'][number]) =>
    of.relations.map((relation) => ({ ...relation, estimatedRows: null }));
  return { hidden, schemas: schemas.map((schema) => ({ ...schema, relations: relations(schema) })) };
}

async function connected(port: number, database: string, role: { name: string; password: string }) {
  const home = newHome();
  const store = openMetadata({ home, isAtWork: () => true });
  afterwards(() => store.close());
  const memory = inMemoryServices();
  memory.variables.set('env:READER', role.password);
  const services: ConnectionServices = {
    ...memory,
    connectors: connectorRegistry,
    metadata: async () => store,
  };
  const saved = await memory.inCatalog.add(
    randomUUID(),
    aDraft({
      host: 'localhost',
      port,
      database,
      username: role.name,
      sslMode: 'require',
      password: { kind: 'env', reference: 'env:READER' },
    }),
  );
  return { services, saved };
}
