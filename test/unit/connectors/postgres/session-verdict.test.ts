import { describe, expect, it } from 'vitest';
import type { Role, ServerFacts, TlsFacts } from '../../../../src/connections/connection.ts';
import type { SessionFacts } from '../../../../src/connectors/postgres/session-facts.ts';
import { judgeFacts, judgeMethod, judgeTls } from '../../../../src/connectors/postgres/session-verdict.ts';

const hour = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * hour).toISOString();

function tlsFacts(fields: Partial<TlsFacts>): TlsFacts {
  return {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    verified: 'full',
    subject: 'db.example.com',
    issuer: 'an authority',
    validTo: inHours(24 * 90),
    ...fields,
  };
}

describe('judgeTls', () => {
  const judge = (fields: Partial<TlsFacts>) =>
    judgeTls({ tls: tlsFacts(fields), host: 'db.example.com', address: '192.0.2.1' });

  it.each([
    [{}, 'TLSv1.3, certificate verified for db.example.com'],
    [{ verified: 'ca', protocol: 'TLSv1.2' }, 'TLSv1.2, certificate signed by the given root'],
    [{ verified: 'none' }, 'TLSv1.3, certificate not verified'],
    [{ validTo: null }, 'TLSv1.3, certificate verified for db.example.com'],
    [{ validTo: inHours(30 * 24 + 1) }, 'TLSv1.3, certificate verified for db.example.com'],
  ] as const)('%j passes', (fields, message) => {
    expect(judge(fields)).toEqual({ status: 'passed', code: null, message, fix: null });
  });

  it.each([
    [{ protocol: 'TLSv1' }, 'tls_old', 'the session uses TLSv1'],
    [{ protocol: 'TLSv1.1' }, 'tls_old', 'the session uses TLSv1.1'],
    [{ validTo: inHours(30 * 24 - 1) }, 'tls_expires_soon', "the server's certificate expires in 29 days"],
    [{ validTo: inHours(47) }, 'tls_expires_soon', "the server's certificate expires in 1 day"],
    [{ validTo: inHours(1) }, 'tls_expires_soon', "the server's certificate expires within a day"],
    [{ validTo: inHours(-1), verified: 'none' }, 'tls_expires_soon', "the server's certificate has expired"],
    [
      { protocol: 'TLSv1.1', validTo: inHours(60) },
      'tls_old',
      "the session uses TLSv1.1; the server's certificate expires in 2 days",
    ],
  ] as const)('%j is warned of', (fields, code, message) => {
    expect(judge(fields)).toMatchObject({ status: 'warned', code, message });
  });

  it('gives each complaint its own line to mend it', () => {
    expect(judge({ protocol: 'TLSv1', validTo: inHours(1) }).fix?.split('\n')).toHaveLength(2);
  });

  it.each([
    ['/run/postgresql', 'passed'],
    ['127.0.0.1', 'passed'],
    ['127.8.8.8', 'passed'],
    ['::1', 'passed'],
    ['::ffff:127.0.0.1', 'passed'],
    ['127.0.0.1.example.com', 'warned'],
    ['10.0.0.1', 'warned'],
    ['::2', 'warned'],
  ])('in the clear, %s is %s', (address, status) => {
    const verdict = judgeTls({ tls: null, host: 'db', address });
    expect([verdict.status, verdict.code]).toEqual([status, status === 'warned' ? 'tls_absent' : null]);
  });
});

describe('judgeMethod', () => {
  it('warns of MD5 alone', () => {
    expect(judgeMethod({ method: 'scram-sha-256' }, 'u')).toMatchObject({ status: 'passed' });
    expect(judgeMethod({ method: 'none' }, 'u')).toMatchObject({ message: 'without a password' });
    expect(judgeMethod({ method: 'md5' }, 'A "user"')).toMatchObject({
      status: 'warned',
      code: 'password_md5',
      fix: expect.stringContaining('\n\\password "A ""user"""'),
    });
  });
});

describe('judgeFacts', () => {
  const server: ServerFacts = {
    version: '16.4',
    provider: 'self-hosted',
    recovery: false,
    readOnly: false,
    tls: null,
  };
  const quiet: SessionFacts = {
    server,
    versionNumber: 160004,
    sessionUser: 'Loader',
    database: 'order',
    statementTimeoutMs: 0,
    room: { of: 'server', limit: 97, left: 5 },
    behindProxy: false,
  };
  const judge = (fields: Partial<SessionFacts>, role: Role = 'source') =>
    judgeFacts({ ...quiet, ...fields }, role);

  it.each([
    [{}],
    [{ room: null }],
    [{ statementTimeoutMs: 60_000 }],
    [{ server: { ...server, readOnly: true } }],
  ])('%j is nothing to warn a source of', (fields) => {
    expect(judge(fields)).toEqual({ status: 'passed', code: null, message: 'PostgreSQL 16.4', fix: null });
  });

  it('tells all that is wrong with a destination at once, what fails before what warns', () => {
    const verdict = judge(
      {
        server: { ...server, readOnly: true },
        statementTimeoutMs: 59_999,
        room: { of: 'role', limit: 3, left: 1 },
      },
      'destination',
    );
    expect(verdict).toEqual({
      status: 'failed',
      code: 'destination_read_only',
      message:
        "PostgreSQL 16.4: sessions are read-only; only 1 connection is left of the user's 3; " +
        'statements are cut off after 59999 ms',
      fix: [
        'ALTER ROLE "Loader" IN DATABASE "order" SET default_transaction_read_only = off;',
        'ALTER ROLE "Loader" CONNECTION LIMIT 13;',
        'ALTER ROLE "Loader" IN DATABASE "order" SET statement_timeout = 0;',
      ].join('\n'),
    });
  });

  it('says of a standby what it means for the role', () => {
    const standby = { server: { ...server, recovery: true, readOnly: true } };
    expect(judge(standby)).toMatchObject({ status: 'warned', code: 'source_standby' });
    expect(judge(standby, 'destination')).toMatchObject({ status: 'failed', code: 'destination_standby' });
  });

  it.each([
    ['role', 'ALTER ROLE "Loader" CONNECTION LIMIT 14;', "the user's 4"],
    ['database', 'ALTER DATABASE "order" CONNECTION LIMIT 14;', "the database's 4"],
    ['server', 'raise max_connections, or close idle sessions, before a job needs them', "the server's 4"],
  ] as const)('names the limit of the %s', (of, fix, whose) => {
    const verdict = judge({ room: { of, limit: 4, left: 0 } });
    expect(verdict).toMatchObject({
      status: 'warned',
      code: 'few_connections_left',
      message: `PostgreSQL 16.4: no connection is left of ${whose}`,
      fix,
    });
  });
});
