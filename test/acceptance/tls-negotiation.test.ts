import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/connections/connection.ts';
import { createCa, issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { type ClientHello, readClientHello } from '../support/client-hello.ts';
import { anEndpoint, probeEndpoint } from '../support/endpoint.ts';
import { startHostileServer } from '../support/hostile-server.ts';
import { type Major, specialRoles, startServer, type TestServer } from '../support/postgres.ts';
import { systemPsql } from '../support/psql.ts';
import { majors, serverFor } from '../support/servers.ts';
import { kindOfSession } from '../support/tls-matrix.ts';

// What is said before and in the handshake: versions, the way it begins, the name of the server.

const psql = await systemPsql();
if (typeof psql === 'string') {
  if (process.env.CI) throw new Error(`libpq can't be asked: ${psql}`);
  process.stderr.write(`skipped: server names sent by psql (${psql})\n`);
}

const { tlsOnly: role } = specialRoles;

function at(server: TestServer, options: Endpoint['options'], fields: Partial<Endpoint> = {}): Endpoint {
  return anEndpoint({
    host: 'localhost',
    port: server.port,
    database: 'postgres',
    username: role.name,
    sslMode: 'verify-full',
    sslRootCert: server.caFile,
    options,
    ...fields,
  });
}

async function probe(endpoint: Endpoint) {
  const result = await probeEndpoint(endpoint, { password: role.password });
  const rung = result.stages.find(({ stage }) => stage === 'tls');
  return { ended: kindOfSession(result), rung, protocol: result.server?.tls?.protocol ?? null };
}

async function serverWith(major: Major, versions: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await startServer({ major, settings: versions });
  afterwards(() => server.stop());
  return server;
}

describe.each(majors)('TLS versions and PostgreSQL %i', (major) => {
  test('are what both sides allow, and none in common is told as that', async () => {
    const server = await serverWith(major, { ssl_max_protocol_version: 'TLSv1.2' });

    expect(await probe(at(server, {}))).toMatchObject({ ended: 'TLS', protocol: 'TLSv1.2' });
    expect(await probe(at(server, { ssl_min_protocol_version: 'TLSv1.3' }))).toMatchObject({
      ended: 'tls: tls_version_refused',
      rung: {
        message: expect.stringMatching(/^this connection and the server have no TLS version in common \(/),
        fix: expect.stringContaining('ssl_min_protocol_version'),
      },
    });
    // Of allow and prefer the way into the clear stays open, as it does for libpq.
    const prefer = at(
      server,
      { ssl_min_protocol_version: 'TLSv1.3' },
      { sslMode: 'prefer', username: specialRoles.md5.name },
    );
    const result = await probeEndpoint(prefer, { password: specialRoles.md5.password });
    expect(kindOfSession(result)).toBe('clear');
  });

  test('a newest version of ours that the server finds too old', async () => {
    const server = await serverWith(major, { ssl_min_protocol_version: 'TLSv1.3' });
    expect(await probe(at(server, {}))).toMatchObject({ ended: 'TLS', protocol: 'TLSv1.3' });
    expect((await probe(at(server, { ssl_max_protocol_version: 'TLSv1.2' }))).ended).toBe(
      'tls: tls_version_refused',
    );
  });

  test('below 1.2 are used where they are asked for by name, with a warning', async () => {
    const server = await serverWith(major, {
      ssl_min_protocol_version: 'TLSv1',
      ssl_max_protocol_version: 'TLSv1.1',
    });
    expect((await probe(at(server, {}))).ended).toBe('tls: tls_version_refused');
    const old = await probe(at(server, { ssl_min_protocol_version: 'TLSv1.1' }));
    expect(old).toMatchObject({ ended: 'TLS', protocol: 'TLSv1.1', rung: { code: 'tls_old' } });
  });
});

describe('sslnegotiation=direct', () => {
  const direct = { sslnegotiation: 'direct' };

  test('works with PostgreSQL 18', async () => {
    expect(await probe(at(serverFor(18), direct))).toMatchObject({ ended: 'TLS', protocol: 'TLSv1.3' });
  });

  test('fails at once with PostgreSQL 12, and says what to do', async () => {
    const began = performance.now();
    const { ended, rung } = await probe(at(serverFor(12), direct));
    expect(ended).toBe('tls: tls_direct_refused');
    expect(rung?.message).toMatch(/^the server does not take TLS without asking first/);
    expect(rung?.fix).toContain('--option sslnegotiation=postgres');
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('is not gone on with where the server does not agree on the protocol (ALPACA)', async () => {
    const ca = await createCa();
    const { certPem: cert, keyPem: key } = await issue({ ca, hosts: ['localhost'] });
    let received = 0;
    const other = createServer({ cert, key }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        received += chunk.length;
      });
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    afterwards(() => void other.close());
    const endpoint = anEndpoint({
      host: 'localhost',
      port: (other.address() as AddressInfo).port,
      sslMode: 'verify-full',
      sslRootCert: ca.certFile,
      options: { ...direct, hostaddr: '127.0.0.1' },
    });
    expect((await probe(endpoint)).ended).toBe('tls: tls_direct_refused');
    expect(received).toBe(0);
  });
});

describe('the first message of TLS', () => {
  /** A server that looks at it, and hangs up. */
  async function lookout(direct = false) {
    const seen: ClientHello[] = [];
    const server = await startHostileServer(async (peer) => {
      if (!direct) {
        await peer.readPacket();
        peer.write(Buffer.from('S'));
      }
      seen.push(await readClientHello(peer));
      peer.end();
    });
    return { seen, server };
  }

  const cases: readonly [what: string, host: string, options: Record<string, string>, name: string | null][] =
    [
      ['holds the name of the host', 'db.example.test', { hostaddr: '127.0.0.1' }, 'db.example.test'],
      ['holds no address', '127.0.0.1', {}, null],
      ['holds no name with sslsni=0', 'db.example.test', { hostaddr: '127.0.0.1', sslsni: '0' }, null],
      [
        'holds the name with sslsni=1',
        'db.example.test',
        { hostaddr: '127.0.0.1', sslsni: '1' },
        'db.example.test',
      ],
    ];

  test.each(cases)('%s', async (_what, host, options, serverName) => {
    const { seen, server } = await lookout();
    await probe(anEndpoint({ host, port: server.port, sslMode: 'require', options }));
    expect(seen).toEqual([{ serverName, protocols: [] }]);
    expect(server.mistakes()).toEqual([]);

    if (typeof psql === 'string') return;
    await psql.connect({ host, port: `${server.port}`, sslmode: 'require', ...options });
    expect(seen[1]).toEqual(seen[0]);
  });

  test('comes without asking with sslnegotiation=direct, and names the protocol', async () => {
    const { seen, server } = await lookout(true);
    const options = { hostaddr: '127.0.0.1', sslnegotiation: 'direct' };
    await probe(anEndpoint({ host: 'db.example.test', port: server.port, sslMode: 'require', options }));
    expect(seen).toEqual([{ serverName: 'db.example.test', protocols: ['postgresql'] }]);
  });
});
