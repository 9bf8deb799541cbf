import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, StageResult } from '../../src/connections/connection.ts';
import type { ProbeResult } from '../../src/connections/connector.ts';
import { createCa, type Issued, issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { anEndpoint, outcome, type ProbeOptions, probeEndpoint } from '../support/endpoint.ts';
import {
  answerInTurn,
  auth,
  errorResponse,
  type HostileServer,
  honestAnswers,
  int32,
  keyData,
  message,
  type Row,
  ready,
  type ServerScript,
  startHostileServer,
} from '../support/hostile-server.ts';
import { startServer } from '../support/postgres.ts';
import { majors } from '../support/servers.ts';

// What a server, a pooler or something else says, and what the probe makes of it: cause and fix.

let certificate: Issued;

beforeAll(async () => {
  certificate = await issue({ ca: await createCa(), hosts: ['127.0.0.1'] });
});

const ref = 'abcdefghijklmnopqrst';
const hosts = {
  own: '127.0.0.1',
  neon: 'ep-cool-darkness-123456.eu-central-1.aws.neon.tech',
  neonPooler: 'ep-cool-darkness-123456-pooler.eu-central-1.aws.neon.tech',
  supabase: `db.${ref}.supabase.co`,
  supavisor: 'aws-0-eu-central-1.pooler.supabase.com',
  rds: 'shop.abcdefghijkl.eu-west-1.rds.amazonaws.com',
  azure: 'shop.postgres.database.azure.com',
  digitalOcean: 'shop-do-user-1-0.b.db.ondigitalocean.com',
} as const;

interface Visit {
  readonly server: HostileServer;
  readonly result: ProbeResult;
  readonly outcome: string;
  /** The rung that failed. */
  readonly failed: StageResult | undefined;
}

/** Probes a scripted server under any host name: `hostaddr` leads to the loopback. */
async function visit(
  script: ServerScript,
  fields: Partial<Endpoint> = {},
  options: ProbeOptions = {},
): Promise<Visit> {
  const server = await startHostileServer(script);
  const { host = server.host } = fields;
  const result = await probeEndpoint(
    anEndpoint({
      username: 'loader',
      database: 'shop',
      ...fields,
      host,
      port: server.port,
      options: { hostaddr: server.host, ...fields.options },
    }),
    options,
  );
  expect(server.mistakes()).toEqual([]);
  const failed = result.stages.find(({ status }) => status === 'failed');
  return { server, result, outcome: outcome(result), failed };
}

/** Refuses whoever comes, before any question. */
const refuses =
  (sqlstate: string, words: string): ServerScript =>
  async (peer) => {
    await peer.startUp();
    peer.write(errorResponse(sqlstate, words));
    peer.end();
  };

/** Lets in whoever comes, and answers like an honest server, save for what is given. */
const letsIn =
  (answers: readonly (readonly Row[] | Buffer)[] = honestAnswers): ServerScript =>
  async (peer) => {
    await peer.startUp();
    peer.write(auth.ok, keyData, ready);
    await answerInTurn(peer, answers);
  };

const noEntry = 'no pg_hba.conf entry for host "203.0.113.9", user "loader", database "shop"';

describe('a refusal', () => {
  test.each<
    [
      sqlstate: string,
      words: string,
      outcome: string,
      fix: RegExp,
      host?: string,
      username?: string,
      sentence?: RegExp,
    ]
  >([
    // Neon
    [
      '08P01',
      'Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support or pass the endpoint ID',
      'authenticate: neon_endpoint_missing',
      /host name that Neon console → Connect shows.*--option options=endpoint=ep-…$/,
    ],
    [
      '08P01',
      'Endpoint ID is not specified.',
      'authenticate: neon_endpoint_missing',
      /sslsni=0 off.*--option options=endpoint=ep-cool-darkness-123456$/,
      hosts.neonPooler,
    ],
    [
      'XX000',
      'Control plane request failed: endpoint is disabled',
      'authenticate: neon_endpoint_unknown',
      /Neon console → Connect/,
      hosts.neon,
    ],
    [
      '08P01',
      'connection is insecure (try using `sslmode=require`)',
      'tls: tls_required',
      /--ssl-mode require/,
      hosts.neon,
    ],
    [
      'XX000',
      'This IP address 203.0.113.9 is not allowed to connect to this endpoint.',
      'authenticate: address_not_allowed',
      /Neon console → Settings → Networking → IP Allow/,
      hosts.neon,
    ],
    [
      '08P01',
      'unsupported startup parameter in options: search_path',
      'session: pooler_parameter_refused',
      /--host ep-cool-darkness-123456\.eu-central-1\.aws\.neon\.tech,/,
      hosts.neonPooler,
    ],
    // Supabase
    [
      'XX000',
      'Tenant or user not found',
      'authenticate: supavisor_user_unknown',
      /the user is postgres\.<project ref>/,
      hosts.supavisor,
      'postgres',
      /the user "postgres" names no project/,
    ],
    [
      'XX000',
      '(ENOTFOUND) tenant/user postgres.abc not found',
      'authenticate: supavisor_user_unknown',
      /each region has a host of its own/,
      hosts.supavisor,
      'postgres.abc',
      /knows no project of the user "postgres\.abc" on this host/,
    ],
    [
      'XX000',
      'Authentication error, reason: :something_new',
      'authenticate: supavisor_user_unknown',
      /Supabase dashboard → Connect/,
      hosts.supavisor,
      'postgres',
    ],
    [
      'XX000',
      'Authentication error, reason: :something_new',
      'session: server_refused',
      /server’s own words/,
      hosts.supavisor,
      'postgres.abc',
    ],
    [
      'XX000',
      'SSL connection is required',
      'tls: tls_required',
      /--ssl-mode require/,
      hosts.supavisor,
      'postgres.abc',
    ],
    [
      'XX000',
      'Address not in tenant allow_list: {203, 0, 113, 9}',
      'authenticate: address_not_allowed',
      /Network Restrictions/,
      hosts.supavisor,
      'postgres.abc',
    ],
    [
      'XX000',
      'MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size',
      'session: pooler_full',
      /Supabase dashboard/,
      hosts.supavisor,
      'postgres.abc',
    ],
    // PgBouncer
    ['08P01', 'no such database: shop', 'database: pooler_database_unknown', /\[databases\]/],
    ['08P01', 'no such user: loader', 'authenticate: pooler_user_unknown', /auth_file/],
    ['08P01', 'SSL required', 'tls: tls_required', /--ssl-mode require/],
    // What the server behind it said, under PgBouncer's SQLSTATE.
    ['08P01', 'database "shop" does not exist', 'database: no_such_database', /--database/],
    ['08P01', 'sorry, too many clients already', 'session: too_many_connections', /close idle sessions/],
    ['08P01', 'the database system is starting up', 'session: cannot_connect_now', /wait until/],
    ['08P01', `${noEntry}, SSL off`, 'session: pooler_server_unreachable', /in the pooler’s settings/],
    ['08P01', 'SASL authentication failed', 'authenticate: password_refused', /jackfield connections edit/],
    ['08P01', 'bouncer config error', 'session: pooler_misconfigured', /PgBouncer’s log/],
    [
      '08P01',
      'unsupported startup parameter: options',
      'session: pooler_parameter_refused',
      /ignore_startup_parameters/,
    ],
    ['08P01', 'no more connections allowed (max_client_conn)', 'session: pooler_full', /max_client_conn/],
    [
      '08P01',
      'server login has been failing, try again later (server_login_retry)',
      'session: pooler_server_unreachable',
      /PgBouncer’s log/,
    ],
    [
      '42P05',
      'prepared statement "s1" already exists',
      'session: pooler_prepared_statement',
      /pool_mode = session/,
    ],
    [
      '26000',
      'prepared statement "s1" does not exist',
      'session: pooler_prepared_statement',
      /session pooler \(port 5432\)/,
      hosts.supavisor,
      'postgres.abc',
    ],
    [
      '08P01',
      'channel binding required but not supported',
      'authenticate: channel_binding_missing',
      /--host ep-cool-darkness-123456\.eu-central-1\.aws\.neon\.tech, or use --option channel_binding=prefer/,
      hosts.neonPooler,
    ],
    // pg_hba.conf, and what providers have in its place
    ['28000', `${noEntry}, no encryption`, 'authenticate: no_pg_hba_entry', /--ssl-mode require$/],
    ['28000', `${noEntry}, SSL off`, 'authenticate: no_pg_hba_entry', /--ssl-mode require$/, hosts.azure],
    [
      '28000',
      `${noEntry}, SSL encryption`,
      'authenticate: no_pg_hba_entry',
      /add a pg_hba\.conf entry \(or allow-list/,
    ],
    [
      '28000',
      `${noEntry}, SSL on`,
      'authenticate: no_pg_hba_entry',
      /Azure portal → the server → Networking/,
      hosts.azure,
    ],
    ['28000', `${noEntry}, SSL on`, 'authenticate: no_pg_hba_entry', /security group/, hosts.rds],
    [
      '28000',
      'no pg_hba.conf entry for replication connection from host "203.0.113.9", user "loader", SSL encryption',
      'authenticate: no_pg_hba_entry',
      /the database "replication"/,
    ],
    // Reading changes
    [
      '42501',
      'must be superuser or replication role to start walsender',
      'session: replication_denied',
      /ALTER ROLE loader REPLICATION;/,
    ],
    [
      '42501',
      'permission denied to start WAL sender',
      'session: replication_denied',
      /GRANT rds_replication TO loader;/,
      hosts.rds,
    ],
    [
      '55000',
      'can no longer get changes from replication slot "jackfield"',
      'session: slot_lost',
      /new snapshot/,
    ],
    [
      '55000',
      'can no longer access replication slot "jackfield"',
      'session: slot_lost',
      /max_slot_wal_keep_size/,
    ],
    [
      '58P01',
      'requested WAL segment 000000010000000000000001 has already been removed',
      'session: slot_lost',
      /new snapshot/,
    ],
    // SQLSTATE alone
    [
      '28P01',
      'password authentication failed for user "loader"',
      'authenticate: password_refused',
      /^check the user and password in Neon console → Connect, then: jackfield connections edit/,
      hosts.neon,
    ],
    ['28000', 'role "loader" is not permitted to log in', 'authenticate: role_refused', /may log in/],
    ['3D000', 'database "shop" does not exist', 'database: no_such_database', /--database/],
    [
      '42501',
      'permission denied for database "shop"',
      'database: database_connect_denied',
      /GRANT CONNECT ON DATABASE shop TO loader;/,
    ],
    ['53300', 'sorry, too many clients already', 'session: too_many_connections', /close idle sessions/],
    ['57P03', 'the database system is starting up', 'session: cannot_connect_now', /wait until/],
    ['XX000', 'what nobody has ever said', 'session: server_refused', /own words/],
  ])('%s "%s" is %s', async (sqlstate, words, expected, fix, host, username = 'loader', sentence) => {
    const seen = await visit(refuses(sqlstate, words), { ...(host && { host }), username });

    expect(seen.outcome).toBe(expected);
    expect(seen.failed?.fix).toMatch(fix);
    if (sentence) expect(seen.failed?.message).toMatch(sentence);
    expect(seen.server.visits).toBe(1);
  });

  test.each(['allow', 'prefer'] as const)(
    'for want of TLS leads from the clear to TLS, never the other way (%s)',
    async (sslMode) => {
      const seen = await visit(
        async (peer) => {
          const { code } = await peer.readPacket();
          if (code === 80877103) {
            peer.write(Buffer.from('S'));
            await peer.handshake(certificate);
            await peer.startUp();
          }
          peer.write(errorResponse('08P01', 'SSL required'));
          peer.end();
        },
        { sslMode },
      );
      expect(seen.outcome).toBe('tls: tls_required');
      expect(seen.server.visits).toBe(sslMode === 'allow' ? 2 : 1);
    },
  );

  test('is quoted, and chooses nothing but a sentence of ours', async () => {
    const seen = await visit(refuses('08P01', 'no such database: \u001b[31mrun `rm -rf /`'));
    expect(seen.failed).toMatchObject({
      code: 'pooler_database_unknown',
      message: expect.stringContaining('no such database: \u001b[31mrun'),
      fix: expect.not.stringContaining('rm -rf'),
    });
  });
});

describe('a question that is refused in a session', () => {
  const refusal = (sqlstate: string, words: string) => Buffer.concat([errorResponse(sqlstate, words), ready]);

  test.each([
    ['42P05', 'prepared statement "x" already exists', 'session: pooler_prepared_statement'],
    ['08P01', 'query_wait_timeout', 'session: pooler_full'],
    // It means a denied CONNECT at start-up only.
    ['42501', 'permission denied for view pg_settings', 'session: server_refused'],
  ])('%s "%s" is %s', async (sqlstate, words, expected) => {
    const seen = await visit(letsIn([refusal(sqlstate, words)]));
    expect(seen.outcome).toBe(expected);
  });
});

describe('what is not PostgreSQL', () => {
  /** A greeting of MySQL's protocol 10 whose first byte, its length, is given. */
  const mysql = (length: number) =>
    Buffer.concat([Buffer.from([length, 0, 0, 0, 10]), Buffer.from('8.0.36\0'), Buffer.alloc(length - 8, 1)]);
  const says =
    (bytes: Buffer): ServerScript =>
    async (peer) => {
      peer.write(bytes);
      await peer.left;
    };

  test.each<[string, Buffer, RegExp]>([
    // The letters J, N, S, E and R, all but the first of which PostgreSQL's messages begin with too.
    ...[74, 78, 83, 69, 82].map((length): [string, Buffer, RegExp] => [
      `MySQL (${length} bytes)`,
      mysql(length),
      /MySQL or MariaDB/,
    ]),
    [
      'MySQL that lets nobody in',
      Buffer.from("G\0\0\0\xffj\x04Host '10.0.0.1' is not allowed to connect to this MySQL server", 'latin1'),
      /MySQL or MariaDB/,
    ],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), /an SSH server/],
    ['SMTP', Buffer.from('220 mail.example.com ESMTP\r\n'), /mail or FTP/],
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /a web server/],
    ['Redis', Buffer.from('-ERR unknown command\r\n'), /Redis/],
    ['TLS alone', Buffer.from([0x15, 3, 3, 0, 2, 2, 10]), /speaks TLS from the first byte/],
  ])('%s is told by its first words, with and without a request for TLS', async (_what, bytes, peer) => {
    for (const sslMode of ['disable', 'require'] as const) {
      const seen = await visit(says(bytes), { sslMode });
      expect(seen.outcome).toBe('connect: not_postgresql');
      expect(seen.failed?.message).toMatch(peer);
      expect(seen.failed?.fix).toContain('5432');
      expect(seen.server.received().includes('SCRAM')).toBe(false);
    }
  });

  test('an HTTP server of Node’s', async () => {
    const web = createHttpServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    afterwards(() => void web.close());
    const { port } = web.address() as AddressInfo;
    for (const sslMode of ['disable', 'prefer', 'require'] as const) {
      const result = await probeEndpoint(anEndpoint({ host: '127.0.0.1', port, sslMode }));
      expect(outcome(result)).toBe('connect: not_postgresql');
      expect(result.stages[1]?.message).toContain('but a web server (HTTP)');
    }
  });

  test.each<[string, ServerScript, string]>([
    ['stays silent', (peer) => peer.left, 'connect: server_silent'],
    ['closes at once', (peer) => peer.end(), 'connect: connection_closed'],
    [
      'closes once it knows who comes',
      async (peer) => {
        await peer.startUp();
        peer.end();
      },
      'connect: connection_closed',
    ],
  ])('one that %s', async (_what, script, expected) => {
    const seen = await visit(script, {}, { timeoutMs: 500 });
    expect(seen.outcome).toBe(expected);
    expect(seen.failed?.fix).toContain('check that the port is PostgreSQL’s');
  });

  test('PostgreSQL’s own first words are taken for none of these', async () => {
    // An error of 255 bytes, and a SASL request of ten: their lengths stand where MySQL has its version.
    const long = errorResponse('XX000', 'x'.repeat(255 - errorResponse('XX000', '').length + 1));
    expect(long.readInt32BE(1)).toBe(255);
    const error = await visit(async (peer) => {
      await peer.startUp();
      peer.write(long);
      peer.end();
    });
    expect(error.outcome).toBe('session: server_refused');
    const request = message('R', int32(10), 'x\0');
    expect(request.readInt32BE(1)).toBe(10);
    const sasl = await visit(async (peer) => {
      await peer.startUp();
      peer.write(request);
      await peer.left;
    });
    expect(sasl.outcome).toBe('authenticate: auth_method_unsupported');
  });
});

test('a password that is missing is told before any driver complains', async () => {
  for (const request of [auth.cleartext, auth.sasl('SCRAM-SHA-256')]) {
    const seen = await visit(async (peer) => {
      await peer.startUp();
      peer.write(request);
      await peer.left;
    });
    expect(seen.outcome).toBe('authenticate: password_missing');
    expect(seen.failed?.message).not.toContain('must be a string');
  }
});

test('a server without TLS is told, with the one case in which that is right', async () => {
  const seen = await visit(
    async (peer) => {
      await peer.readPacket();
      peer.write(Buffer.from('N'));
      await peer.left;
    },
    { sslMode: 'require' },
  );
  expect(seen.outcome).toBe('tls: tls_not_supported');
  expect(seen.failed?.fix).toContain('only for a trusted network: --ssl-mode disable');
});

describe('a port on which nothing listens', () => {
  test.each([
    [hosts.own, /listen_addresses/],
    [hosts.digitalOcean, /DigitalOcean control panel.*its port is 25060/],
    [hosts.supabase, /Supabase dashboard → Connect.*6543 for the transaction pooler/],
    [hosts.rds, /AWS console → RDS.*not paused or stopped.*its port is 5432/],
  ])('of %s', async (host, fix) => {
    const result = await probeEndpoint(anEndpoint({ host, port: 1, options: { hostaddr: '127.0.0.1' } }));
    expect(outcome(result)).toBe('connect: connection_refused');
    expect(result.stages[1]?.fix).toMatch(fix);
  });
});

describe('several hosts of which some are dead', () => {
  test('are reached, and all the dead are told', async () => {
    const server = await startHostileServer(letsIn());
    const result = await probeEndpoint(
      anEndpoint({ host: '127.0.0.2,127.0.0.3,127.0.0.1', port: server.port }),
    );
    expect(result.status).toBe('warned');
    expect(result.stages[1]).toMatchObject({
      stage: 'connect',
      status: 'warned',
      code: 'connection_refused',
      message: `reached another way, but nothing listens on 127.0.0.2:${server.port}; nothing listens on 127.0.0.3:${server.port}`,
    });
    expect(result.stages.slice(2).map(({ status }) => status)).toEqual(Array(6).fill('passed'));
  });

  test('of names too, whose rung is the one below', async () => {
    const server = await startHostileServer(letsIn());
    const result = await probeEndpoint(
      anEndpoint({ host: 'nowhere.invalid,127.0.0.3,127.0.0.1', port: server.port }),
    );
    expect(result.stages.slice(0, 2)).toMatchObject([
      { stage: 'resolve', status: 'warned', code: 'dns_not_found' },
      { stage: 'connect', status: 'passed' },
    ]);
    expect(result.stages[0]?.message).toMatch(
      /nowhere\.invalid does not exist.*nothing listens on 127\.0\.0\.3/,
    );
  });
});

describe('the provider of a session', () => {
  const [begin, facts, privileges] = honestAnswers;
  const honest = (version: Row, others: Row) => [
    begin,
    facts.map((row) => ({ ...row, ...version, ...others })),
    privileges,
  ];

  test.each([
    [hosts.neon, {}, { prefixes: 'rds' }, 'neon'],
    [hosts.own, { version_text: 'PostgreSQL 15.2-YB-2.25.0.0-b0 on x86_64' }, {}, 'yugabytedb'],
    [hosts.own, { version_text: 'CockroachDB CCL v24.1.0' }, { roles: 'doadmin' }, 'cockroachdb'],
    [hosts.own, {}, { prefixes: 'cloudsql', roles: 'cloudsqlsuperuser' }, 'cloudsql'],
    [hosts.own, {}, { prefixes: 'rds', roles: 'rds_superuser' }, 'rds'],
    [hosts.own, {}, { roles: 'tsdbadmin', extensions: 'timescaledb' }, 'timescale'],
    [hosts.own, {}, { roles: 'avnadmin', extensions: 'timescaledb' }, 'aiven'],
    [hosts.own, {}, { extensions: 'timescaledb' }, 'timescale'],
    [hosts.own, {}, { extensions: 'citus' }, 'citus'],
    [hosts.own, {}, {}, 'self-hosted'],
  ])('%s with %o and %o is %s', async (host, version, others, provider) => {
    const seen = await visit(letsIn(honest(version, others)), { host });
    expect(seen.result.server?.provider).toBe(provider);
  });

  test.each(majors)(
    'PostgreSQL %i tells by roles and settings, where its host tells nothing',
    async (major) => {
      const server = await startServer({ major });
      afterwards(() => server.stop());
      const role = await server.createRole();
      const provider = async () => {
        const at = { host: 'localhost', port: server.port, username: role.name, database: 'postgres' };
        const result = await probeEndpoint(anEndpoint(at), { password: role.password });
        return result.server?.provider;
      };

      expect(await provider()).toBe('self-hosted');
      await server.run('create role doadmin');
      expect(await provider()).toBe('digitalocean');
      // Neon's stands before it in the order of telling.
      await server.run('create role neon_superuser');
      expect(await provider()).toBe('neon');
      // Settings stand before roles.
      await server.run("alter database postgres set azure.extensions = 'pgcrypto'");
      expect(await provider()).toBe('azure');
      await server.run('create schema heroku_ext');
      expect(await provider()).toBe('heroku');
    },
  );

  test('and that another process answers than the one that was promised', async () => {
    const direct = await visit(letsIn(honest({ backend: '4711' }, {})));
    const pooled = await visit(letsIn(honest({ backend: '4712' }, {})));
    const session = ({ result }: Visit) => result.stages.find(({ stage }) => stage === 'session')?.message;
    expect(session(direct)).toBe('PostgreSQL 16.4');
    expect(session(pooled)).toBe('PostgreSQL 16.4; through a pooler or proxy');
  });
});

describe('Neon asleep', () => {
  const asleep = refuses('XX000', "Couldn't connect to compute node");
  const wakesAfter =
    (refusals: number, refusal = asleep): ServerScript =>
    (peer) =>
      peer.visit < refusals ? refusal(peer) : letsIn()(peer);

  test('is tried again until it woke up, which is told', async () => {
    const seen = await visit(wakesAfter(2));
    expect(seen.outcome).toBe('passed');
    expect(seen.server.visits).toBe(3);
    const session = seen.result.stages.find(({ stage }) => stage === 'session');
    expect(session?.message).toBe('PostgreSQL 16.4; it was asleep, and woke up after 3 tries');
    // Half a second, then a second: spent on the rung that made it wait.
    expect(session?.durationMs).toBeGreaterThan(1450);
    expect(session?.durationMs).toBeLessThan(5000);
    for (const rung of seen.result.stages.slice(0, 3)) expect(rung.durationMs).toBeLessThan(1000);
  });

  test('is given up before the deadline where no time is left for another try', async () => {
    const started = performance.now();
    const seen = await visit(asleep, {}, { timeoutMs: 1800 });
    expect(seen.outcome).toBe('session: neon_asleep');
    expect(seen.server.visits).toBe(3);
    expect(performance.now() - started).toBeLessThan(2800);
    expect(seen.failed?.message).toMatch(/did not wake up in 3 tries: Couldn't connect to compute node/);
    expect(seen.failed?.fix).toContain('--timeout');
  });

  test('is left alone when its quota is used up', async () => {
    const quota = 'Your account or project has exceeded the compute time quota. Upgrade your plan.';
    for (const sqlstate of ['XX000', '53300']) {
      const seen = await visit(refuses(sqlstate, quota), { host: hosts.neon });
      expect(seen.outcome).toBe('session: neon_quota_exceeded');
      expect(seen.failed?.fix).toContain('Neon console → Billing');
      expect(seen.server.visits).toBe(1);
    }
  });

  test('may also say that it starts up, which is waited for on a host of Neon’s alone', async () => {
    const startingUp = refuses('57P03', 'the database system is starting up');
    const neon = await visit(wakesAfter(1, startingUp), { host: hosts.neon });
    expect(neon.outcome).toBe('passed');
    expect(neon.server.visits).toBe(2);
    const other = await visit(wakesAfter(1, startingUp));
    expect(other.outcome).toBe('session: cannot_connect_now');
    expect(other.server.visits).toBe(1);
  });

  test('another refusal after it woke up ends the waiting', async () => {
    const seen = await visit((peer) =>
      peer.visit === 0 ? asleep(peer) : refuses('28P01', 'password authentication failed')(peer),
    );
    expect(seen.outcome).toBe('authenticate: password_refused');
    expect(seen.server.visits).toBe(2);
  });

  test('an interruption is not waited out', async () => {
    const interruption = new AbortController();
    const started = performance.now();
    const probing = visit(asleep, {}, { signal: interruption.signal, timeoutMs: 20_000 });
    setTimeout(() => interruption.abort(), 800);
    await expect(probing).rejects.toMatchObject({ code: 'interrupted' });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
