import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/connections/connection.ts';
import type { ProbeResult } from '../../src/connections/connector.ts';
import { issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { anEndpoint, probeEndpoint } from '../support/endpoint.ts';
import {
  answerInTurn,
  honestAnswers,
  letInWithScram,
  type Row,
  startHostileServer,
} from '../support/hostile-server.ts';
import { type OwnServer, specialRoles, startServer, type TestServer } from '../support/postgres.ts';
import { rung, setTheScene } from '../support/privilege-situation.ts';
import { majors, serverFor } from '../support/servers.ts';

/** What is set for a role or a database, what the rung session says of it, and the statements that mend it. */
interface Setting {
  readonly what: string;
  readonly role?: Role;
  readonly userName?: string;
  readonly attributes?: string;
  readonly setUp?: string;
  readonly says: readonly ['warned' | 'failed', string];
  /** After `PostgreSQL 16.4: `. */
  readonly message: string;
  readonly fix: readonly string[];
}

const settings: Setting[] = [
  {
    what: 'a short statement_timeout of the role',
    setUp: "alter role <user> set statement_timeout = '30s'",
    says: ['warned', 'short_statement_timeout'],
    message: 'statements are cut off after 30000 ms',
    fix: ['ALTER ROLE <user> IN DATABASE <database> SET statement_timeout = 0;'],
  },
  {
    what: 'a short statement_timeout of the role in the database, which is stronger than that of the role',
    userName: 'Impatient "r"',
    setUp:
      'alter role <user> in database <database> set statement_timeout = 1; alter role <user> set statement_timeout = 0',
    says: ['warned', 'short_statement_timeout'],
    message: 'statements are cut off after 1 ms',
    fix: ['ALTER ROLE <user> IN DATABASE <database> SET statement_timeout = 0;'],
  },
  {
    what: 'a connection limit of the role, of which its own session has one',
    attributes: 'connection limit 2',
    says: ['warned', 'few_connections_left'],
    message: "only 1 connection is left of the user's 2",
    fix: ['ALTER ROLE <user> CONNECTION LIMIT 12;'],
  },
  {
    what: 'a connection limit of the database',
    setUp: 'alter database <database> connection limit 1',
    says: ['warned', 'few_connections_left'],
    message: "no connection is left of the database's 1",
    fix: ['ALTER DATABASE <database> CONNECTION LIMIT 11;'],
  },
  {
    what: 'a destination whose user is read-only by default, and is cut off: both at once',
    role: 'destination',
    setUp: `alter role <user> set default_transaction_read_only = on; alter role <user> set statement_timeout = '9s'`,
    says: ['failed', 'destination_read_only'],
    message: 'sessions are read-only; statements are cut off after 9000 ms',
    fix: [
      'ALTER ROLE <user> IN DATABASE <database> SET default_transaction_read_only = off;',
      'ALTER ROLE <user> IN DATABASE <database> SET statement_timeout = 0;',
    ],
  },
  {
    what: 'a destination whose database is read-only by default',
    role: 'destination',
    setUp: 'alter database <database> set default_transaction_read_only = on',
    says: ['failed', 'destination_read_only'],
    message: 'sessions are read-only',
    fix: ['ALTER ROLE <user> IN DATABASE <database> SET default_transaction_read_only = off;'],
  },
];

describe.each(majors)('the session on PostgreSQL %i', (major) => {
  test.each(settings)('$what', async ({ what, role = 'source', setUp = '', says, message, fix, ...user }) => {
    const server = serverFor(major);
    const grants = 'create schema shop; create table shop.t (id int); alter schema shop owner to <user>;';
    const owned = `${grants} alter table shop.t owner to <user>;`;
    const scene = await setTheScene(server, {
      what,
      role,
      setUp: owned,
      says: ['passed', 'passed'],
      ...user,
    });
    if (setUp !== '') await server.run(scene.named(setUp), scene.database);

    const first = await scene.probe();

    const session = rung(first, 'session');
    expect([session.status, session.code]).toEqual(says);
    expect(session.message).toBe(`PostgreSQL ${first.server?.version}: ${message}`);
    expect(session.fix).toBe(scene.named(fix.join('\n')));
    // What the session lacks hides nothing of the rungs after it.
    expect([rung(first, 'schema').status, rung(first, 'privileges').status]).toEqual(['passed', 'passed']);
    // From another database: in one that is read-only by default nobody can alter a role.
    await server.run(session.fix ?? '');
    await expect.poll(async () => rung(await scene.probe(), 'session').status).toBe('passed');
  });

  test('a source may be read-only, and a time-out of a minute is long enough', async () => {
    const server = serverFor(major);
    const scene = await setTheScene(server, {
      what: '',
      role: 'source',
      setUp: `alter role <user> set default_transaction_read_only = on; alter role <user> set statement_timeout = '60s';
        create schema shop; create table shop.t (id int); grant usage on schema shop to <user>;
        grant select on shop.t to <user>;`,
      says: ['passed', 'passed'],
    });
    expect((await scene.probe()).status).toBe('passed');
  });

  test('a test asks, in a READ ONLY transaction, and does nothing else', async () => {
    const server = serverFor(major);
    for (const role of ['source', 'destination'] as const) {
      const scene = await setTheScene(server, {
        what: '',
        role,
        setUp: `create schema shop authorization <user>; create table shop.t (id serial);
          alter role <user> set log_statement = 'all';`,
        tables: [
          { schema: 'shop', name: 't' },
          { schema: 'shop', name: 'new' },
        ],
        says: ['passed', 'passed'],
      });
      await scene.probe();

      const statements = await statementsOf(server, scene.user);
      const [begin = '', ...others] = statements.map((statement) => statement.replaceAll(/\s+/g, ' '));
      expect(begin).toMatch(
        /^BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp;/,
      );
      expect(begin).not.toMatch(/(?:^|; ?)(?:COMMIT|END|SET(?! LOCAL))\b/);
      expect(others).toHaveLength(2);
      for (const statement of others) expect(statement).toMatch(/^(?:SELECT|WITH) /);
      for (const statement of statements) {
        expect(statement).not.toMatch(
          /\b(?:INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE \w+ |DROP|nextval|setval|lock)\b/,
        );
      }
    }
  });
});

/** The statements that the sessions of a user ran, as the server logged them. */
async function statementsOf(server: TestServer, user: string): Promise<string[]> {
  // An entry starts with its time; what follows in it may be several lines, which a tab starts.
  const entries = (text: string) => text.split(/^(?=\d{4}-\d\d-\d\d )/m);
  const ended = async () => {
    const log = entries(await readFile(server.logFile, 'utf8'));
    return log.some(
      (entry) => entry.includes(`disconnection: session time`) && entry.includes(`user=${user} `),
    );
  };
  await expect.poll(ended, { timeout: 5000 }).toBe(true);
  const log = entries(await readFile(server.logFile, 'utf8'));
  const pidOf = (entry: string) => /\[(\d+)\]/.exec(entry)?.[1];
  const pids = log.filter((entry) => entry.includes(`authorized: user=${user} `)).map(pidOf);
  expect(pids).toHaveLength(1);
  return log.flatMap((entry) => {
    const said = /LOG:\s+(?:statement|execute [^:]+): ([\s\S]*)/.exec(entry)?.[1];
    return said !== undefined && pids.includes(pidOf(entry)) ? [said] : [];
  });
}

describe('a server of its own', () => {
  async function started(options: Omit<Parameters<typeof startServer>[0], 'major'>): Promise<OwnServer> {
    const server = await startServer({ major: 18, ...options });
    afterwards(() => server.stop());
    return server;
  }

  test('a password that is sent as MD5, until it is kept for SCRAM', async () => {
    const server = await started({});
    const { name, password } = specialRoles.md5;
    const endpoint = anEndpoint({
      host: '127.0.0.1',
      port: server.port,
      username: name,
      database: 'postgres',
    });

    const authenticate = rung(await probeEndpoint(endpoint, { password }), 'authenticate');

    expect(authenticate).toMatchObject({ status: 'warned', code: 'password_md5' });
    expect(authenticate.fix?.split('\n')).toEqual([
      'in psql:',
      "SET password_encryption = 'scram-sha-256';",
      `\\password ${name}`,
    ]);
    await server.run(`set password_encryption = 'scram-sha-256'; alter role ${name} password '${password}'`);
    const kept = rung(await probeEndpoint(endpoint, { password }), 'authenticate');
    expect(kept).toMatchObject({ status: 'passed', message: 'scram-sha-256' });
  });

  test('a connection limit of the server that is nearly reached', async () => {
    const server = await started({
      settings: { max_connections: '8', superuser_reserved_connections: '3', max_wal_senders: '0' },
    });
    const role = await server.createRole();
    const endpoint = anEndpoint({
      host: '127.0.0.1',
      port: server.port,
      username: role.name,
      database: 'postgres',
    });

    const result = await probeEndpoint(endpoint, { password: role.password });

    expect(rung(result, 'session')).toMatchObject({
      status: 'warned',
      code: 'few_connections_left',
      message: `PostgreSQL ${result.server?.version}: only 4 connections are left of the server's 5`,
      fix: 'raise max_connections, or close idle sessions, before a job needs them',
    });
  });

  test('a certificate that expires soon', async () => {
    const server = await started({});
    const role = await server.createRole();
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 + 3_600_000);
    const base = { port: server.port, username: role.name, database: 'postgres', host: 'localhost' };
    const tls = async (notAfter: Date, sslMode: 'require' | 'verify-full') => {
      const certificate = await issue({ ca: server.ca, hosts: ['localhost'], notAfter });
      await server.useCertificate(certificate);
      const root = sslMode === 'require' ? null : server.caFile;
      const endpoint = anEndpoint({ ...base, sslMode, sslRootCert: root });
      const { status, code, message } = rung(
        await probeEndpoint(endpoint, { password: role.password }),
        'tls',
      );
      return [status, code, message];
    };
    const soon = (words: string) => ['warned', 'tls_expires_soon', `the server's certificate ${words}`];

    expect(await tls(inDays(29), 'verify-full')).toEqual(soon('expires in 29 days'));
    expect(await tls(inDays(1), 'require')).toEqual(soon('expires in 1 day'));
    expect(await tls(inDays(-2), 'require')).toEqual(soon('has expired'));
    expect(await tls(inDays(31), 'verify-full')).toEqual([
      'passed',
      null,
      'TLSv1.3, certificate verified for localhost',
    ]);
  });
});

describe('a server that says what it likes', () => {
  /** An honest server whose answers are changed in places. */
  async function saying(
    changed: { facts?: Row; privileges?: Row },
    role: Role = 'source',
  ): Promise<ProbeResult> {
    const [begin, [facts = {}], [privileges = {}]] = honestAnswers;
    // Not all is open, so that a source asks on.
    const firstLook = role === 'source' && changed.privileges ? [[{ ...privileges, open: 'f' }]] : [];
    const server = await startHostileServer(async (peer) => {
      await letInWithScram('secret')(peer);
      await answerInTurn(peer, [
        begin,
        [{ ...facts, ...changed.facts }],
        ...firstLook,
        [{ ...privileges, ...changed.privileges }],
      ]);
    });
    const { host, port } = server;
    return probeEndpoint(anEndpoint({ host, port, username: 'loader' }), { password: 'secret', role });
  }
  const standby = { facts: { recovery: 't', read_only: 'on' } };

  test('a source is warned of, a destination fails, and all other rungs are looked at', async () => {
    const source = await saying(standby);
    expect(source.status).toBe('warned');
    expect(rung(source, 'session')).toMatchObject({
      code: 'source_standby',
      message: 'PostgreSQL 16.4, a standby: it may lag behind',
    });
    const privileges = { database_temporary: 'f' };
    const destination = await saying({ ...standby, privileges }, 'destination');
    expect(rung(destination, 'session')).toMatchObject({
      status: 'failed',
      code: 'destination_standby',
      message: 'PostgreSQL 16.4, a standby: nothing can be written here',
    });
    expect(rung(destination, 'schema').status).toBe('passed');
    expect(rung(destination, 'privileges').code).toBe('temporary_denied');
  });

  test.each([
    ['a name without a schema', { closed_count: '1', closed_first: '[["orders"]]' }],
    ['a name that is a number', { closed_count: '1', closed_first: '[["shop", 1]]' }],
    ['no list', { closed_count: '1', closed_first: '{"shop": "orders"}' }],
    ['no JSON', { schemas: '[' }],
    ['a schema without a name', { schemas: '[[null, true, true, true, 0]]' }],
    ['a schema that is none', { schemas: '["public"]' }],
  ])('an answer with %s is no answer', async (_what, privileges) => {
    const { stages } = await saying({ privileges });
    expect(stages.at(-2)).toMatchObject({ status: 'failed', code: 'protocol_violation' });
    expect(stages.at(-1)).toMatchObject({ status: 'skipped', message: 'not reached: schema failed' });
  });

  test('names of its own are quoted in the statements', async () => {
    const name = 'orders TO x; DROP TABLE y; --';
    const { stages } = await saying({
      privileges: {
        current_user: 'z; --',
        relations: '2',
        closed_count: '1',
        closed_first: JSON.stringify([['public', name]]),
      },
    });
    expect(stages.at(-1)?.fix).toBe(`GRANT SELECT ON public."${name}" TO "z; --";`);
  });
});
