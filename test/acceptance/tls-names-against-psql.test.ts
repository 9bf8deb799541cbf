import { beforeAll, describe, expect, test } from 'vitest';
import { type IssueRequest, issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { startServer } from '../support/postgres.ts';
import { systemPsql } from '../support/psql.ts';
import { recordedPart } from '../support/recorded.ts';
import type { DifferenceName } from '../support/tls-differences.ts';
import { compare, differingModes, isWeaker, type Row, report } from '../support/tls-matrix.ts';
import { createSituationRoles, reader, situationRules } from '../support/tls-situations.ts';

// verify-full takes the names of a certificate as libpq takes them. The host is reached by `hostaddr`, so
// that it can be called anything.

const psql = await systemPsql();
if (typeof psql === 'string') {
  if (process.env.CI) throw new Error(`libpq can't be asked: ${psql}`);
  process.stderr.write(`skipped: names in certificates against psql (${psql})\n`);
}

type Host = string | readonly [host: string, stricter: DifferenceName];

/** Certificates by their names, and the hosts that are looked for in them. */
const certificates: readonly (readonly [
  names: string,
  request: Omit<IssueRequest, 'ca'>,
  hosts: readonly Host[],
])[] = [
  [
    'DNS:db.example.test',
    { hosts: ['db.example.test'] },
    [
      'db.example.test',
      'DB.Example.TEST',
      'db.example.test.',
      'example.test',
      'a.db.example.test',
      'xdb.example.test',
    ],
  ],
  [
    'DNS:*.example.test',
    { hosts: ['*.example.test'] },
    ['db.example.test', 'a.db.example.test', 'example.test', '*.example.test'],
  ],
  ['DNS:*.test', { hosts: ['*.test'] }, [['example.test', 'a wide wildcard'], 'db.example.test']],
  ['DNS:*', { hosts: ['*'] }, ['localhost', 'example.test']],
  ['DNS:d*.example.test', { hosts: ['d*.example.test'] }, ['db.example.test', 'd.example.test']],
  ['DNS:*b.example.test', { hosts: ['*b.example.test'] }, ['db.example.test']],
  ['DNS:db.*.test', { hosts: ['db.*.test'] }, ['db.example.test']],
  [
    'CN=db.example.test',
    { hosts: ['db.example.test'], commonNameOnly: true },
    ['db.example.test', 'other.example.test'],
  ],
  ['CN=*.example.test', { hosts: ['*.example.test'], commonNameOnly: true }, ['db.example.test']],
  [
    'CN=first.example.test, CN=second.example.test',
    {
      hosts: ['first.example.test'],
      commonNameOnly: true,
      subject: 'CN=first.example.test, CN=second.example.test',
    },
    ['first.example.test', 'second.example.test'],
  ],
  [
    'CN=db.example.test, DNS:other.example.test',
    { hosts: ['other.example.test'], subject: 'CN=db.example.test' },
    ['db.example.test', 'other.example.test'],
  ],
  [
    'CN=db.example.test, IP:127.0.0.1',
    { hosts: ['127.0.0.1'], subject: 'CN=db.example.test' },
    ['db.example.test', '127.0.0.1', '127.0.0.2'],
  ],
  ['IP:::1', { hosts: ['::1'] }, ['::1', '0:0:0:0:0:0:0:1', '127.0.0.1']],
  ['CN=127.0.0.1', { hosts: ['127.0.0.1'], commonNameOnly: true }, [['127.0.0.1', 'addresses']]],
  ['DNS:127.0.0.1', { dnsNames: ['127.0.0.1'] }, [['127.0.0.1', 'addresses']]],
  ['DNS:localhost, IP:127.0.0.1', { hosts: ['localhost', '127.0.0.1'] }, ['localhost', '127.0.0.1', '::1']],
];

let rows: Row[] = [];

describe.skipIf(typeof psql === 'string')('the names of a certificate', () => {
  beforeAll(async () => {
    if (typeof psql === 'string') return;
    const server = await startServer({ major: 18, hba: situationRules });
    afterwards(() => server.stop());
    await createSituationRoles(server);
    for (const [names, request, hosts] of certificates) {
      await server.useCertificate(await issue({ ...request, ca: server.ca }));
      const situations = hosts.map((entry) => {
        const [host, reason] = typeof entry === 'string' ? [entry, null] : entry;
        const endpoint = {
          host,
          port: server.port,
          database: 'postgres',
          username: reader.name,
          sslRootCert: server.caFile,
          options: { hostaddr: '127.0.0.1' },
        };
        const situation = {
          server: `\`${names}\``,
          client: `\`${host}\``,
          endpoint,
          password: reader.password,
          modes: ['verify-full'] as const,
        };
        return reason === null ? situation : { ...situation, stricter: [{ modes: situation.modes, reason }] };
      });
      rows = [...rows, ...(await compare(psql, situations))];
    }
  }, 180_000);

  test('no name is taken that libpq does not take', () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(
      rows.filter(({ cells }) => cells.some(isWeaker)).map(({ server, client }) => [server, client]),
    ).toEqual([]);
  });

  test('they differ where it is meant', () => {
    const differing = rows.filter((row) => differingModes(row).length > 0);
    const meant = rows.filter(({ stricter }) => stricter !== undefined);
    expect(differing.map(({ server, client }) => [server, client])).toEqual(
      meant.map(({ server, client }) => [server, client]),
    );
  });

  test('a name that is not the certificate’s is told as that', () => {
    const outcomes = new Set(rows.flatMap(({ cells }) => cells.map(({ ours }) => ours)));
    expect(outcomes).toEqual(new Set(['TLS', 'tls: tls_wrong_host']));
  });

  test('docs/tls.md shows what was seen', () => {
    const text = report(rows);
    expect(recordedPart('docs/tls.md', 'names', text)).toBe(text);
  });
});
