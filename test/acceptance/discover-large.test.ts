import { describe, expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import { discoverySchema, refreshResultListSchema } from '../../src/metadata/schema.ts';
import { askMetadata, until } from '../support/behind-our-back.ts';
import { startDoor } from '../support/door.ts';
import { newScript } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

/*
 * A catalog so large that two sessions with one snapshot read it at once.
 * The size of pg_attribute decides: few tables of the most columns are made soonest.
 */
const largeSchema = `
  do $$ begin for i in 1..90 loop
    execute format('create table wide_%s (%s)', i,
      (select string_agg(format('c%s int', n), ', ') from generate_series(1, 1600) n));
  end loop; end $$;
  create type mood as enum ('glad', 'cross');
  create table orders (id int primary key, mood mood default 'glad');
  create index orders_by_mood on orders (mood desc)`;

describe.each([12, 18] as const)('a large database on PostgreSQL %i', (major) => {
  test('is read whole by two sessions, and seen to hold still by one', async () => {
    const server = serverFor(major);
    const database = await server.createDatabase(largeSchema);
    const script = newScript().given({ stdin: server.superuser.password });
    await script.answer(connectionSchema)`connections add --role source --name large --host localhost
      --port ${server.port} --database ${database.name} --username ${server.superuser.name}
      --ssl-mode require --password-stdin --no-test`;

    const sessions = async () => {
      const [row] = await server.run(
        `select sessions from pg_stat_database where datname = '${database.name}'`,
      );
      return Number(row?.sessions);
    };
    // Counted since 14, and told a moment after a session's end.
    const counts = major >= 14;
    const before = counts ? await sessions() : 0;
    const found = await script.answer(discoverySchema)`connections discover large`;
    if (counts) await until('two sessions were counted', async () => (await sessions()) === before + 2);
    const [{ relations, types } = { relations: [], types: [] }] = found.schemas;
    expect(relations).toHaveLength(91);
    for (const { name, columns } of relations) {
      if (name === 'orders') continue;
      expect(columns).toHaveLength(1600);
      expect(columns[1599]).toMatchObject({ number: 1600, name: 'c1600', type: 'integer', nullable: true });
    }
    expect(relations.find(({ name }) => name === 'orders')).toMatchObject({
      columns: [{ name: 'id' }, { name: 'mood', type: 'public.mood', default: "'glad'::public.mood" }],
      primaryKey: { columns: ['id'] },
      indexes: [{ name: 'orders_by_mood', sortOrders: ['desc'] }, { name: 'orders_pkey' }],
    });
    expect(types).toMatchObject([{ name: 'mood', labels: ['glad', 'cross'] }]);

    const refresh = () => script.answer(refreshResultListSchema)`metadata refresh large`;
    // What two sessions put together is what one is told, so that nothing need be looked at but that.
    const fingerprint = () => askMetadata(script.home, 'select fingerprint from snapshots');
    const composed = fingerprint();
    expect(await refresh()).toMatchObject([{ status: 'unchanged' }]);
    expect(fingerprint()).toEqual(composed);
    await server.run('alter table wide_7 rename c1600 to last', database.name);
    expect(await refresh()).toMatchObject([{ status: 'refreshed' }]);
    expect(await refresh()).toMatchObject([{ status: 'unchanged' }]);
    const again = await script.answer(discoverySchema)`connections discover large --table wide_7`;
    expect(again.schemas[0]?.relations[0]?.columns[1599]).toMatchObject({ name: 'last' });
  });
});

test('a large database is read the same however the second session fares', async () => {
  const server = serverFor(18);
  const database = await server.createDatabase(largeSchema);
  const script = newScript();
  const discovered = async (name: string, role: { name: string; password: string }, port = server.port) => {
    await script
      .given({ stdin: role.password })
      .answer(connectionSchema)`connections add --role source --name ${name} --host localhost
        --port ${port} --database ${database.name} --username ${role.name}
        --ssl-mode require --password-stdin --no-test`;
    return await script.answer(discoverySchema)`connections discover ${name}`;
  };
  const lone = await server.createRole({ attributes: 'connection limit 1' });
  await server.run(`grant select on all tables in schema public to ${lone.name}`, database.name);
  const { schemas } = await discovered('lone', lone);
  expect(schemas[0]?.relations).toHaveLength(91);

  // Turned away, which is told when the first one has begun: a third one reads alone.
  const door = await startDoor(server, (connection) => (connection === 2 ? 'away' : 'in'));
  expect((await discovered('turned', server.superuser, door.port)).schemas).toEqual(schemas);
  expect(door.connections()).toBe(3);

  // What is read of columns before their relations are known waits for them, and so does the server.
  const late = await startDoor(server, (connection) => (connection === 2 ? 'late' : 'in'));
  expect((await discovered('late', server.superuser, late.port)).schemas).toEqual(schemas);
  expect(late.connections()).toBe(2);
});

test('of a large database nothing is kept of what may not be seen', async () => {
  const server = serverFor(18);
  const database = await server.createDatabase(largeSchema);
  const [most, few] = [await server.createRole(), await server.createRole()];
  await server.run(
    `grant select on all tables in schema public to ${most.name};
      revoke select on wide_9 from ${most.name};
      grant select on orders, wide_9 to ${few.name}`,
    database.name,
  );
  const script = newScript();
  for (const [role, hidden] of [
    [most, 1],
    [few, 89],
  ] as const) {
    await script
      .given({ stdin: role.password })
      .answer(connectionSchema)`connections add --role source --name ${role.name} --host localhost
        --port ${server.port} --database ${database.name} --username ${role.name}
        --ssl-mode require --password-stdin --no-test`;
    const found = await script.answer(discoverySchema)`connections discover ${role.name}`;
    expect(found.hidden).toEqual({ schemas: 0, relations: hidden });
    const [{ relations } = { relations: [] }] = found.schemas;
    expect(relations).toHaveLength(91 - hidden);
    expect(relations.filter(({ columns }) => columns.length === 1600)).toHaveLength(90 - hidden);
  }
  const parts = askMetadata(
    script.home,
    `select count(*) from relation_parts p where part <> 4 and not exists
      (select 1 from relations r where r.source = p.source and r.oid = p.oid)`,
  );
  expect(parts).toEqual([0]);
});
