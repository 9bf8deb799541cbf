import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionSchema } from '../../src/connections/schema.ts';
import { afterwards } from './clean-up.ts';
import type { TestServer } from './postgres.ts';
import { newScript, type Script } from './script.ts';

/** A script with a source `shop`, whose user owns its tables and may replicate. */
export interface CdcSource {
  readonly script: Script;
  readonly server: TestServer;
  readonly database: string;
  readonly role: { readonly name: string; readonly password: string };
  /** Runs SQL in the database, as the superuser. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** As the owner of the tables: the application. */
  asOwner(text: string): Promise<void>;
  /** The catalog of another machine, with the same connection. */
  another(name?: string): Promise<Script>;
  /** What is on the server under the default names: `publication`, `slot`. */
  traces(): Promise<string[]>;
  /** Begins a transaction that has written, in another database: a slot is not made before `end`. */
  openTransaction(): Promise<{ readonly pid: number; end(): Promise<void> }>;
}

const shopTables = `
  create schema sales;
  create table sales.orders (id int primary key, note text);
  create table sales.lines (order_id int, n int);
  create table sales.parts (id int, at date not null, primary key (id, at)) partition by range (at);
  create table sales.parts_2020 partition of sales.parts for values from ('2020-01-01') to ('2021-01-01');
  create table sales.parts_2021 partition of sales.parts for values from ('2021-01-01') to ('2022-01-01');
`;

/** @param tables SQL that the user who owns them runs */
export async function cdcSource(server: TestServer, tables = shopTables): Promise<CdcSource> {
  const role = await server.createRole({ attributes: 'replication' });
  const { name: database } = await server.createDatabase(`grant create on schema public to ${role.name}`);
  await server.run(`grant create on database ${database} to ${role.name}`);
  const asOwner = async (text: string) => {
    await server.run(`set role ${role.name}; ${text}`, database);
  };
  await asOwner(tables);
  const connect = async (script: Script, name: string) => {
    await script.given({ stdin: role.password }).answer(connectionSchema)`connections add --role source
      --name ${name} --host localhost --port ${server.port} --database ${database} --username ${role.name}
      --schema sales --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
    return script;
  };
  const script = await connect(newScript(), 'shop');
  // What a test leaves would be in the way of the next one.
  afterwards(async () => {
    await server.run(
      `select pg_terminate_backend(active_pid) from pg_replication_slots where database = '${database}' and active`,
    );
    await untilTrue(
      server,
      `select not exists (select from pg_replication_slots
      where database = '${database}' and active) as yes`,
    );
    await server.run(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = '${database}'`,
    );
  });
  return {
    script,
    server,
    database,
    role,
    asOwner,
    sql: (text) => server.run(text, database),
    another: (name = 'shop') => connect(newScript(), name),
    async traces() {
      const publications = await server.run('select pubname as name from pg_publication', database);
      const slots = await server.run(
        `select slot_name as name from pg_replication_slots where database = '${database}'`,
      );
      return [
        ...publications.map(({ name }) => `publication ${name}`),
        ...slots.map(({ name }) => `slot ${name}`),
      ];
    },
    async openTransaction() {
      const client = new pg.Client({
        host: server.socketDirectory,
        port: server.port,
        user: server.superuser.name,
        database: 'postgres',
        password: () => server.superuser.password,
        application_name: 'nightly batch',
      });
      client.on('error', () => {});
      await client.connect();
      await client.query('begin; select txid_current()');
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const end = () => client.end().catch(() => {});
      afterwards(end);
      return { pid: rows[0]?.pid ?? 0, end };
    },
  };
}

/** Waits until the server says so. @param sql answers one row with a column `yes` */
export async function untilTrue(server: TestServer, sql: string, database?: string): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(30)) {
    const [row] = await server.run(sql, database);
    if (row?.yes === true) return;
  }
  throw new Error(`it was not so in time: ${sql}`);
}
