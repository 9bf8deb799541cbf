import { connect, createServer, type Socket } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/connections/connection.ts';
import { sslModes } from '../../src/connections/vocabulary.ts';
import { Deadline } from '../../src/connectors/postgres/deadline.ts';
import { openSession } from '../../src/connectors/postgres/open-session.ts';
import { readTlsFiles } from '../../src/connectors/postgres/tls-files.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { anEndpoint, outcome, probeEndpoint } from '../support/endpoint.ts';
import {
  answerInTurn,
  honestAnswers,
  letInWithScram,
  type ServerScript,
  startHostileServer,
} from '../support/hostile-server.ts';
import { type OwnServer, startServer } from '../support/postgres.ts';
import { systemPsql } from '../support/psql.ts';
import { majors, serverFor } from '../support/servers.ts';

// Which of several hosts and addresses a session ends at, and what the server is told of itself.

const psql = await systemPsql();
if (typeof psql === 'string') {
  if (process.env.CI) throw new Error(`libpq can't be asked: ${psql}`);
  process.stderr.write(`skipped: hosts against psql (${psql})\n`);
}

const role = { name: 'roamer', password: 'roamer-51aa' } as const;
/** On the loopback, and nobody's: one port leads to another server there. */
const secondAddress = '127.0.0.2';

/** Takes what comes to the second address at this port. */
async function atSecondAddress(port: number, take: (socket: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    take(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, secondAddress, resolve);
  });
  afterwards(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });
}

function leadTo(port: number): (socket: Socket) => void {
  return (socket) => {
    const onward = connect(port, '127.0.0.1');
    onward.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  };
}

function at(server: { readonly port: number; readonly caFile: string }, fields: Partial<Endpoint> = {}) {
  return anEndpoint({
    host: '127.0.0.1',
    port: server.port,
    database: 'postgres',
    username: role.name,
    sslMode: 'verify-ca',
    sslRootCert: server.caFile,
    ...fields,
  });
}

const probe = (endpoint: Endpoint, timeoutMs = 10_000) =>
  probeEndpoint(endpoint, { password: role.password, timeoutMs });

/** The major version of the server that was reached, or where it failed. */
async function reached(endpoint: Endpoint): Promise<string> {
  const result = await probe(endpoint);
  return result.server?.version.split('.')[0] ?? outcome(result);
}

describe('of two hosts', () => {
  let readOnly: OwnServer;
  let readWrite: OwnServer;

  beforeAll(async () => {
    readOnly = await startServer({ major: 18 });
    afterwards(() => readOnly.stop());
    readWrite = await startServer({ major: 12, ca: readOnly.ca });
    afterwards(() => readWrite.stop());
    for (const server of [readOnly, readWrite]) await server.createRole(role);
    await readOnly.run(`alter role ${role.name} set default_transaction_read_only = on`);
  });

  test.each([
    ['any', '18'],
    ['read-write', '12'],
    ['read-only', '18'],
    ['primary', '18'],
    ['prefer-standby', '18'],
    ['standby', 'session: wrong_server_kind'],
  ])('target_session_attrs=%s leads to %s', async (target_session_attrs, expected) => {
    await atSecondAddress(readOnly.port, leadTo(readWrite.port));
    const host = `127.0.0.1,${secondAddress}`;
    expect(await reached(at(readOnly, { host, options: { target_session_attrs } }))).toBe(expected);

    if (typeof psql === 'string') return;
    const settings = {
      host,
      port: `${readOnly.port}`,
      dbname: 'postgres',
      user: role.name,
      password: role.password,
      sslmode: 'verify-ca',
      sslrootcert: readOnly.caFile,
      target_session_attrs,
    };
    const theirs = await psql.ask(settings, 'show server_version');
    expect(theirs?.split('.')[0] ?? 'session: wrong_server_kind').toBe(expected);
  });

  test('a dead one is passed over, and told', async () => {
    const host = `${secondAddress},127.0.0.1`;
    const result = await probe(at(readOnly, { host, options: { target_session_attrs: 'primary' } }));
    expect(result.server?.version).toMatch(/^18\./);
    expect(result.stages.find(({ stage }) => stage === 'connect')).toMatchObject({
      status: 'warned',
      code: 'connection_refused',
      message: expect.stringContaining(`${secondAddress}:${readOnly.port}`),
    });
  });

  test.each(['disable', 'prefer', 'require', 'verify-full'] as const)(
    'a silent one takes no longer than connect_timeout, with %s',
    async (sslMode) => {
      await atSecondAddress(readWrite.port, () => {});
      const began = performance.now();
      const host = `${secondAddress},127.0.0.1`;
      const result = await probe(at(readWrite, { host, sslMode, options: { connect_timeout: '1' } }), 20_000);
      expect(result.server?.version).toMatch(/^12\./);
      expect(result.stages.find(({ stage }) => stage === 'connect')?.code).toBe('server_silent');
      expect(performance.now() - began).toBeGreaterThan(900);
      expect(performance.now() - began).toBeLessThan(6000);
    },
  );

  test('connect_timeout ends the only one, before the deadline of the test', async () => {
    await atSecondAddress(readWrite.port, () => {});
    const began = performance.now();
    const options = { connect_timeout: '1' };
    const result = await probe(at(readWrite, { host: secondAddress, options }), 20_000);
    expect(outcome(result)).toBe('connect: server_silent');
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('a standby', () => {
  /** A server that says what it is when it is asked, and then answers a probe as a standby does. */
  const standby =
    (asked: number, password: string = role.password): ServerScript =>
    async (peer) => {
      await letInWithScram(password)(peer);
      const [begin, facts, ...others] = honestAnswers;
      const says = [{ standby: 't', ro: 'on' }];
      const ofStandby = facts.map((row) => ({ ...row, recovery: 't', read_only: 'on' }));
      await answerInTurn(peer, [...Array.from({ length: asked }, () => says), begin, ofStandby, ...others]);
    };

  test.each([
    ['standby', 1, 'warned'],
    ['prefer-standby', 1, 'warned'],
    ['read-only', 1, 'warned'],
    ['any', 0, 'warned'],
    ['primary', 1, 'session: wrong_server_kind'],
    ['read-write', 1, 'session: wrong_server_kind'],
  ] as const)('and target_session_attrs=%s', async (target_session_attrs, asked, expected) => {
    const server = await startHostileServer(standby(asked));
    const endpoint = anEndpoint({
      host: server.host,
      port: server.port,
      username: role.name,
      options: { target_session_attrs },
    });
    const result = await probe(endpoint);
    expect(server.mistakes()).toEqual([]);
    expect(outcome(result)).toBe(expected);
    expect(result.server?.recovery ?? null).toBe(expected === 'warned' ? true : null);
  });

  test('is preferred to a primary that comes before it', async () => {
    const server = serverFor(18);
    const roamer = await server.createRole();
    afterwards(() => roamer.drop());
    const fake = await startHostileServer(standby(1, roamer.password));
    await atSecondAddress(server.port, leadTo(fake.port));
    const endpoint = anEndpoint({
      host: `127.0.0.1,${secondAddress}`,
      port: server.port,
      database: 'postgres',
      username: roamer.name,
      options: { target_session_attrs: 'prefer-standby' },
    });
    const result = await probeEndpoint(endpoint, { password: roamer.password });
    expect(result.server).toMatchObject({ recovery: true, version: '16.4' });
  });
});

describe.each(majors)('PostgreSQL %i', (major) => {
  const server = serverFor(major);

  test('hostaddr is where it is dialled, host whom TLS checks', async () => {
    const own = await startServer({
      major,
      ca: server.ca,
      certificate: await issue({ ca: server.ca, hosts: ['db.example.test'] }),
    });
    afterwards(() => own.stop());
    await own.createRole(role);
    const options = { hostaddr: '127.0.0.1' };
    const full = { sslMode: 'verify-full', options } as const;

    const right = await probe(at(own, { ...full, host: 'db.example.test' }));
    const wrong = await probe(at(own, { ...full, host: 'other.example.test' }));
    const unchecked = await probe(at(own, { options, host: 'other.example.test' }));

    expect(right.server?.tls).toMatchObject({ verified: 'full', subject: 'db.example.test' });
    expect(outcome(wrong)).toBe('tls: tls_wrong_host');
    expect(unchecked.server?.tls).toMatchObject({ verified: 'ca' });
  });

  test.each(sslModes)('over its socket, %s means nothing', async (sslMode) => {
    const endpoint = anEndpoint({
      host: server.socketDirectory,
      port: server.port,
      database: 'postgres',
      username: server.superuser.name,
      sslMode,
      sslRootCert: '/nowhere/at/all.pem',
    });
    const result = await probeEndpoint(endpoint);
    expect(result.server).toMatchObject({ tls: null, version: expect.stringContaining(`${major}.`) });

    if (typeof psql === 'string') return;
    const settings = {
      host: endpoint.host,
      port: `${endpoint.port}`,
      dbname: 'postgres',
      user: endpoint.username,
    };
    const theirs = await psql.connect({ ...settings, sslmode: sslMode, sslrootcert: '/nowhere/at/all.pem' });
    expect(theirs.session).toBe('clear');
  });

  test('is told application_name and options', async () => {
    const roamer = await server.createRole();
    const told = async (options: Endpoint['options']) => {
      const endpoint = anEndpoint({
        host: 'localhost',
        port: server.port,
        database: 'postgres',
        username: roamer.name,
        sslMode: 'verify-full',
        sslRootCert: server.caFile,
        options,
      });
      const { session } = await openSession(
        {
          endpoint,
          secrets: { password: new Secret(roamer.password), sslKeyPassword: null },
          files: await readTlsFiles(endpoint),
          bounds: { maxMessage: 65_536, maxTotal: 65_536 },
        },
        new Deadline(10_000, new AbortController().signal),
      );
      try {
        return await session.queryRow(
          "select application_name, current_setting('work_mem') as work_mem, current_setting('datestyle') as datestyle from pg_stat_activity where pid = pg_backend_pid()",
        );
      } finally {
        session.close();
      }
    };

    const plain = await told({});
    expect(plain.application_name).toBe('jackfield');
    expect(await told({ fallback_application_name: 'nightly' })).toMatchObject({
      application_name: 'nightly',
    });
    expect(
      await told({
        application_name: 'tool',
        fallback_application_name: 'nightly',
        options: '-c work_mem=7MB -c datestyle=ISO,\\ DMY',
      }),
    ).toEqual({ application_name: 'tool', work_mem: '7MB', datestyle: 'ISO, DMY' });
    await roamer.drop();
  });
});
