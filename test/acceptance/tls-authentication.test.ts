import { beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/connections/connection.ts';
import { issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { anEndpoint, probeEndpoint } from '../support/endpoint.ts';
import { specialRoles, startServer, type TestServer } from '../support/postgres.ts';
import { newestPsql } from '../support/psql.ts';
import { majors, serverFor } from '../support/servers.ts';
import {
  compare,
  differingModes,
  isWeaker,
  kindOfSession,
  type Row,
  type Situation,
} from '../support/tls-matrix.ts';

// What is done with the channel once it is there: bound to the password, and kept from methods that a
// connection does not want.

interface Known {
  readonly name: string;
  readonly password: string;
}

function at(server: TestServer, { name }: Known, fields: Partial<Endpoint> = {}): Endpoint {
  return anEndpoint({
    host: 'localhost',
    port: server.port,
    database: 'postgres',
    username: name,
    sslMode: 'verify-full',
    sslRootCert: server.caFile,
    ...fields,
  });
}

describe.each(majors)('channel_binding=require on PostgreSQL %i', (major) => {
  const server = serverFor(major);
  const options = { channel_binding: 'require' };
  const probe = async (
    role: Known,
    fields: Partial<Endpoint> = {},
    password: string | null = role.password,
  ) => kindOfSession(await probeEndpoint(at(server, role, { options, ...fields }), { password }));

  test('binds SCRAM to the channel', async () => {
    expect(await probe(specialRoles.tlsOnly)).toBe('TLS');
    expect(await probe(specialRoles.tlsOnly, { sslMode: 'require', sslRootCert: null })).toBe('TLS');
  });

  test('takes nothing that does not bind', async () => {
    expect(await probe(specialRoles.md5)).toBe('authenticate: auth_method_refused');
    expect(await probe(specialRoles.clearText)).toBe('authenticate: auth_method_refused');
    expect(await probe(specialRoles.trusted)).toBe('authenticate: channel_binding_missing');
    expect(await probe(specialRoles.trusted, {}, null)).toBe('authenticate: channel_binding_missing');
  });

  test('does not do without TLS', async () => {
    for (const sslMode of ['allow', 'prefer'] as const) {
      const role = await server.createRole();
      const result = await probeEndpoint(at(server, role, { options, sslMode }), { password: role.password });
      expect(kindOfSession(result)).toBe('TLS');
      await role.drop();
    }
    expect(await probe(specialRoles.plainOnly, { sslMode: 'prefer' })).toMatch(/^authenticate: /);
  });
});

test.each(['SHA-384', 'SHA-512'] as const)(
  'the channel is bound whatever hash the certificate is signed with: %s',
  async (hash) => {
    const server = await startServer({ major: 18 });
    afterwards(() => server.stop());
    await server.useCertificate(await issue({ ca: server.ca, hosts: ['localhost'], hash }));
    const role = specialRoles.tlsOnly;
    const endpoint = at(server, role, { options: { channel_binding: 'require' } });
    expect(kindOfSession(await probeEndpoint(endpoint, { password: role.password }))).toBe('TLS');
  },
);

const psql = await newestPsql();
if (typeof psql === 'string') process.stderr.write(`skipped: require_auth against libpq 18 (${psql})\n`);

describe.skipIf(typeof psql === 'string').each(majors)('require_auth on PostgreSQL %i', (major) => {
  const wanted = [
    'scram-sha-256',
    'md5',
    'password',
    'none',
    'gss',
    'none,scram-sha-256',
    'md5,scram-sha-256',
    'password,md5',
    '!none',
    '!scram-sha-256',
    '!md5',
    '!password',
    '!password,!md5',
    '!none,!md5,!password',
  ];
  const { tlsOnly, md5, clearText, trusted } = specialRoles;
  let rows: Row[] = [];

  beforeAll(async () => {
    if (typeof psql === 'string') return;
    const server = serverFor(major);
    const situations = [tlsOnly, md5, clearText, trusted].flatMap((role) =>
      wanted.map(
        (require_auth): Situation => ({
          server: role.name,
          client: require_auth,
          endpoint: at(server, role, { options: { require_auth } }),
          password: role.password,
          modes: ['verify-full'],
        }),
      ),
    );
    rows = await compare(psql, situations);
  });

  test('lets in whom libpq 18 lets in, and nobody else', () => {
    expect(rows).toHaveLength(4 * wanted.length);
    expect(rows.flatMap(({ cells }) => cells).filter(isWeaker)).toEqual([]);
    expect(rows.filter((row) => differingModes(row).length > 0)).toEqual([]);
    const sessions = rows.flatMap(({ cells }) => cells.map(({ ours }) => ours));
    expect(new Set(sessions)).toEqual(new Set(['TLS', 'authenticate: auth_method_refused']));
  });
});

/** SASLprep changes some of them and refuses others, which are then used as they are (RFC 4013). */
const passwords = {
  plain: 'a "plain" one, with = and \\',
  'blanks that are no spaces': 'no\u00a0break\u3000space',
  'what maps to nothing': 'soft\u00adhyphen\u200d',
  'what NFKC writes otherwise': '\ufb01ne \u2168 \uff21',
  'a letter and its accent apart': 'cafe\u0301',
  'a control character, which is refused': 'bell\u0007\u00a0',
  'both directions, which is refused': '\u0627a\u00a0',
  'what Unicode 3.2 did not know, which is refused': '\u0221\ufb01 \u{1f600}',
};

describe.each(majors)('a password on PostgreSQL %i is what libpq takes it for', (major) => {
  const server = serverFor(major);

  test.each(Object.entries(passwords))('%s', async (_what, password) => {
    const psql = await newestPsql();
    if (typeof psql === 'string') throw new Error(psql);
    const role = await server.createRole();
    afterwards(() => role.drop());
    await server.run(`alter role ${role.name} password E'${password.replace(/[\\']/g, '\\$&')}'`);
    const ours = (given: string) => probeEndpoint(at(server, role), { password: given });
    const asked = {
      host: 'localhost',
      port: String(server.port),
      dbname: 'postgres',
      user: role.name,
      sslmode: 'verify-full',
      sslrootcert: server.caFile,
    };
    expect(await psql.connect({ ...asked, password })).toMatchObject({ session: 'TLS' });
    expect(kindOfSession(await ours(password))).toBe('TLS');
    expect(kindOfSession(await ours(`${password}x`))).toBe('authenticate: password_refused');
  });
});
