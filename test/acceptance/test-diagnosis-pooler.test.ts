import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import type { Endpoint } from '../../src/connections/connection.ts';
import { createCa, issue } from '../support/certificates.ts';
import { anEndpoint, outcome, probeEndpoint } from '../support/endpoint.ts';
import { type PgBouncerOptions, startPgBouncer } from '../support/pgbouncer.ts';
import { freePort } from '../support/postgres.ts';
import { majors, serverFor } from '../support/servers.ts';

// A real PgBouncer in front of a real server.

describe.each(majors)('PgBouncer in front of PostgreSQL %i', (major) => {
  /** A database that a role may read and write, and a PgBouncer that knows both by their own names. */
  async function pooled(options: Partial<PgBouncerOptions> = {}) {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create table orders (id bigint primary key);
      grant all on orders to ${role.name};
      grant create on schema public to ${role.name};
    `);
    const pooler = await startPgBouncer({
      databases: { [database.name]: `host=127.0.0.1 port=${server.port}` },
      users: [role],
      ...options,
    });
    return { server, role, database, pooler };
  }

  async function probe(
    { pooler, role, database }: Awaited<ReturnType<typeof pooled>>,
    fields: Partial<Endpoint> = {},
    options: Parameters<typeof probeEndpoint>[1] = {},
  ) {
    const at = { host: pooler.host, port: pooler.port, username: role.name, database: database.name };
    const result = await probeEndpoint(anEndpoint({ ...at, ...fields }), {
      password: role.password,
      ...options,
    });
    const failed = result.stages.find(({ status }) => status === 'failed');
    const session = result.stages.find(({ stage }) => stage === 'session');
    return { result, outcome: outcome(result), failed, session, log: pooler.log() };
  }

  test.each(['transaction', 'session'] as const)(
    'pool_mode %s carries the whole ladder, and is told from no pooler',
    async (poolMode) => {
      const all = await pooled({ poolMode, settings: { default_pool_size: '2' } });
      // More at once than the pool has connections, so that sessions do change servers.
      const seen = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          probe(all, {}, { role: index % 2 === 0 ? 'source' : 'destination' }),
        ),
      );
      for (const { outcome, session, log } of seen) {
        expect(outcome, log).toBe('passed');
        expect(session?.message).toMatch(/^PostgreSQL \d+\.\d+; through a pooler or proxy$/);
      }
      const direct = await probe(all, { host: '127.0.0.1', port: all.server.port });
      expect(direct.session?.message).toMatch(/^PostgreSQL \d+\.\d+$/);
    },
  );

  test('a parameter it does not pass on', async () => {
    const all = await pooled();
    const seen = await probe(all, { options: { options: '-c statement_timeout=90000' } });
    expect(seen.outcome).toBe('session: pooler_parameter_refused');
    expect(seen.failed?.message).toMatch(/unsupported startup parameter.*options/);
    expect(seen.failed?.fix).toContain('take the option off');
    const without = await pooled({ settings: { ignore_startup_parameters: 'options' } });
    expect((await probe(without, { options: { options: '-c statement_timeout=90000' } })).outcome).toBe(
      'passed',
    );
  });

  test('a database it does not know', async () => {
    const seen = await probe(await pooled(), { database: 'nowhere' });
    expect(seen.outcome).toBe('database: pooler_database_unknown');
    expect(seen.failed?.fix).toContain('[databases]');
  });

  test('a database it knows and the server does not', async () => {
    const server = serverFor(major);
    const seen = await probe(await pooled({ databases: { nowhere: `host=127.0.0.1 port=${server.port}` } }), {
      database: 'nowhere',
    });
    expect(seen.outcome, seen.log).toBe('database: no_such_database');
  });

  test('a user it does not know, which it hides, and a password that is wrong', async () => {
    const all = await pooled();
    const unknown = await probe(all, { username: 'nobody_here' });
    expect(unknown.outcome, unknown.log).toBe('authenticate: password_refused');
    const wrong = await probe(all, {}, { password: 'wrong' });
    expect(wrong.outcome, wrong.log).toBe('authenticate: password_refused');
  });

  test('TLS that it asks for', async () => {
    const certificate = await issue({ ca: await createCa(), hosts: ['127.0.0.1'] });
    const all = await pooled({ certificate });
    const clear = await probe(all, { sslMode: 'disable' });
    expect(clear.outcome, clear.log).toBe('tls: tls_required');
    for (const sslMode of ['allow', 'prefer', 'require'] as const) {
      const seen = await probe(all, { sslMode });
      expect(seen.outcome, seen.log).toBe('passed');
      expect(seen.result.server?.tls).not.toBeNull();
    }
  });

  test('channel binding, which it does not offer', async () => {
    const certificate = await issue({ ca: await createCa(), hosts: ['127.0.0.1'] });
    const seen = await probe(await pooled({ certificate }), {
      sslMode: 'require',
      options: { channel_binding: 'require' },
    });
    expect(seen.outcome).toBe('authenticate: channel_binding_missing');
    expect(seen.failed?.fix).toContain('directly instead of through the pooler');
  });

  test('more clients than it takes', async () => {
    const all = await pooled({ settings: { max_client_conn: '1' } });
    const { host, port } = all.pooler;
    const { name: user, password } = all.role;
    // The place may be taken by who looked whether it listens, for a moment.
    const other = await vi.waitFor(async () => {
      const client = new pg.Client({ host, port, user, password, database: all.database.name });
      await client.connect();
      return client;
    }, 5000);

    const full = await probe(all);
    await other.end();
    await vi.waitFor(async () => expect((await probe(all)).outcome).toBe('passed'), 5000);

    expect(full.outcome, full.log).toBe('session: pooler_full');
    expect(full.failed?.fix).toContain('max_client_conn');
  });

  test('a server behind it that is down', async () => {
    const all = await pooled({
      databases: { shop: `host=127.0.0.1 port=${await freePort()}` },
      settings: { client_login_timeout: '1' },
    });

    const told = await probe(all, { database: 'shop' });
    const silent = await probe(all, { database: 'shop' }, { timeoutMs: 300 });

    expect(told.outcome, told.log).toBe('session: pooler_server_unreachable');
    expect(told.failed?.message).toContain('server down');
    expect(silent.outcome).toBe('authenticate: auth_timeout');
    expect(silent.failed?.fix).toContain('a pooler whose server is down');
  });

  test('a server behind it that does not take its password', async () => {
    const all = await pooled();
    await all.server.run(`alter role ${all.role.name} password 'another'`);

    const seen = await probe(all);

    expect(seen.outcome, seen.log).toBe('session: pooler_server_unreachable');
    expect(seen.failed?.message).toContain('password authentication failed for user');
    expect(seen.failed?.fix).toContain('password in the pooler’s settings');
  });
});
