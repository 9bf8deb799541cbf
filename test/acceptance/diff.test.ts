import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { connectionSchema } from '../../src/connections/schema.ts';
import type { Diff } from '../../src/metadata/diff.ts';
import { diffSchema } from '../../src/metadata/diff-schema.ts';
import { parseCsv } from '../support/csv.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

const sales = `
  create schema sales;
  create type sales.mood as enum ('glad', 'cross');
  create table sales.customers (
    id bigint generated always as identity primary key,
    email varchar(254) not null unique,
    mood sales.mood default 'glad'
  );
  create table sales.orders (
    id bigint primary key,
    customer_id bigint references sales.customers (id),
    cents int not null check (cents >= 0)
  );
  create index orders_of_customer on sales.orders (customer_id);
`;

const kindsOf = ({ changes }: Diff) =>
  changes.map(({ kind, relation, column, name, breaking }) =>
    [breaking ? '!' : '', kind, relation, column ?? name].filter((it) => it !== null && it !== '').join(' '),
  );

describe.each(majors)('diff on PostgreSQL %i', (major) => {
  const server = serverFor(major);

  async function watched(sql: string, name = 'Shop', script: Script = newScript()) {
    const database = await server.createDatabase(sql);
    const given = script.given({ stdin: server.superuser.password });
    await given.answer(connectionSchema)`connections add --role source --name ${name} --host localhost
      --port ${server.port} --database ${database.name} --username ${server.superuser.name}
      --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    return { script, database, run: (statements: string) => server.run(statements, database.name) };
  }

  test('a schema is watched: nothing yet, what was changed, then nothing', async () => {
    const { script, run } = await watched(sales);

    const first = await script.answer(diffSchema)`connections diff Shop`;
    expect(first).toMatchObject({ from: null, changes: [] });
    expect((await script.answer(diffSchema)`connections diff Shop`).changes).toEqual([]);

    await run(`
      alter table sales.customers rename to clients;
      alter table sales.clients rename column email to mail;
      alter table sales.clients alter column mail type varchar(100);
      alter table sales.orders drop constraint orders_pkey;
      alter table sales.orders alter column cents type bigint;
      create table sales.refunds (id int);
      drop index sales.orders_of_customer;
    `);
    await run(`alter type sales.mood add value 'calm'`);
    // Nothing of this is structure.
    await run('insert into sales.refunds select generate_series(1, 1000)');
    await run('analyze');

    const drift = await script.answer(diffSchema, 1)`connections diff Shop`;
    expect(kindsOf(drift)).toEqual([
      'enum_label_added mood',
      '! relation_renamed clients',
      '! column_renamed clients mail',
      '! column_type_changed clients mail',
      '! replication_key_lost orders',
      'column_type_changed orders cents',
      '! primary_key_dropped orders orders_pkey',
      'index_dropped orders orders_of_customer',
      'relation_added refunds',
    ]);

    const cached = await script.jackfield`connections diff Shop --cached`;
    expect(cached.code).toBe(1);
    expect(cached.stdout).toContain(`sales.clients
  ~ relation renamed: customers → clients
      breaking: who reads or writes it by its former name fails
  ~ column renamed: email → mail
      breaking: who reads or writes it by its former name fails
  ~ column mail, type: character varying(254) → character varying(100)
      breaking: values that it could hold do not fit any more
`);
    expect(cached.stdout).toContain('9 changes, 5 breaking');
    const rows = parseCsv((await script.jackfield`connections diff Shop --cached --output csv`).stdout);
    expect(rows.map(({ kind }) => kind)).toEqual(drift.changes.map(({ kind }) => kind));

    const calm = await script.jackfield`connections diff Shop`;
    expect([calm.code, calm.stdout]).toEqual([
      0,
      expect.stringMatching(/^No drift in Shop since 20\S+Z \(.+\)\.\n$/),
    ]);
    const since = await script.answer(diffSchema, 1)`connections diff Shop --since ${first.to.takenAt}`;
    expect(kindsOf(since)).toEqual(kindsOf(drift));
    const narrow = await script.answer(diffSchema)`connections diff Shop --since 1 --table orders
      --ignore primary_key_* --ignore replication_key_lost --ignore index_* --fail-on breaking`;
    expect(kindsOf(narrow)).toEqual(['column_type_changed orders cents']);
    // A slip must not pass for a schema that is as it was.
    for (const slip of ['99', '2099-01-01']) {
      expect((await script.refused(2)`connections diff Shop --since ${slip}`).code).toBe('bad_value');
    }
    const far = await script.jackfield`connections diff Shop --since 2001-01-01`;
    expect([far.code, far.stderr]).toEqual([1, expect.stringContaining('nothing is kept of that time')]);
  });

  test('what a role may not see any more is told as such, and its SQL is left to the hand', async () => {
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create table notes (note text); grant select on notes to ${role.name};
    `);
    const script = newScript().given({ stdin: role.password });
    await script.answer(connectionSchema)`connections add --role source --name Reader --host localhost
      --port ${server.port} --database ${database.name} --username ${role.name}
      --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    await script.answer(diffSchema)`connections diff Reader`;
    await server.run(`revoke select on notes from ${role.name}`, database.name);

    const [change, ...others] = (await script.answer(diffSchema, 1)`connections diff Reader`).changes;

    expect(others).toEqual([]);
    expect(change).toMatchObject({ kind: 'relation_dropped', breaking: true, relation: 'notes' });
    expect(change?.reason).toContain('this user may not see it any more');
    expect(change?.sql).toEqual([expect.stringMatching(/^-- by hand: /)]);
  });

  test('a pipeline compares with a saved discovery, without any catalog', async () => {
    const { script, database, run } = await watched(sales);
    const baseline = join(script.directory, 'schema.json');
    writeFileSync(baseline, (await script.jackfield`connections discover Shop --json`).stdout);
    const file = join(script.directory, 'connections.yaml');
    const entry = {
      ...{ name: 'shop', role: 'source', host: 'localhost', port: server.port, database: database.name },
      ...{ username: server.superuser.name, sslMode: 'verify-full', sslRootCert: server.caFile },
      secret: 'env:SHOP_PASSWORD',
    };
    writeFileSync(file, stringify({ connections: [entry] }));
    const job = newScript().given({ env: { SHOP_PASSWORD: server.superuser.password } });

    const same = await job.answer(diffSchema)`connections diff --file ${file} shop --baseline ${baseline}`;
    expect(same).toMatchObject({ from: { connection: 'Shop', file: baseline }, to: { connection: 'shop' } });
    expect(same.changes).toEqual([]);

    await run(
      'alter table sales.orders rename to purchases; alter table sales.customers rename email to mail',
    );
    const drift = await job.answer(
      diffSchema,
      1,
    )`connections diff --file ${file} shop --baseline ${baseline}`;
    expect(kindsOf(drift)).toEqual(['! column_renamed customers mail', '! relation_renamed purchases']);
    expect(existsSync(job.home)).toBe(false);
    expect(kindsOf(await script.answer(diffSchema, 1)`connections diff Shop --baseline ${baseline}`)).toEqual(
      kindsOf(drift),
    );

    writeFileSync(baseline, readFileSync(file));
    const refused = await job.refused(2)`connections diff --file ${file} shop --baseline ${baseline}`;
    expect(refused.code).toBe('bad_baseline');
    const unknown = await job.refused(3)`connections diff --file ${file} other shop`;
    expect(unknown.code).toBe('no_such_connection');
  });

  test('a source is compared with what was loaded from it', async () => {
    const { script } = await watched(sales);
    await watched(
      `${sales.replaceAll('sales', 'landing')}
       alter table landing.orders drop constraint orders_customer_id_fkey;
       alter table landing.orders alter column cents type numeric(10,2);
       alter table landing.customers add column loaded_at timestamptz;
       create table public.jobs (id int);`,
      'Warehouse',
      script,
    );

    const diff = await script.answer(diffSchema, 1)`connections diff Shop Warehouse --map sales=landing`;

    expect(diff).toMatchObject({ from: { connection: 'Shop' }, to: { connection: 'Warehouse' } });
    expect(kindsOf(diff)).toEqual([
      'column_added customers loaded_at',
      '! column_type_changed orders cents',
      'foreign_key_dropped orders orders_customer_id_fkey',
      // Its constant is of another type now.
      'check_changed orders orders_cents_check',
    ]);
    const itself = await script.answer(diffSchema)`connections diff Shop Shop`;
    expect(itself.changes).toEqual([]);
    const columns = await script.answer(diffSchema)`connections diff Shop Warehouse --map sales=landing
      --table customers --fail-on breaking`;
    expect(kindsOf(columns)).toEqual(['column_added customers loaded_at']);
  });

  test('a server that is gone is exit 7, and what is kept is compared all the same', async () => {
    const { script, database } = await watched(sales);
    await script.answer(diffSchema)`connections diff Shop`;
    await database.drop();
    expect((await script.refused(7)`connections diff Shop`).code).toBe('no_such_database');
    expect(await script.answer(diffSchema)`connections diff Shop --cached`).toMatchObject({ from: null });
  });
});
