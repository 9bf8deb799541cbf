import { describe, expect, it } from 'vitest';
import {
  socketFault,
  sqlstateOf,
  startupFault,
  statementFault,
  tlsFault,
} from '../../../../src/connectors/postgres/diagnosis.ts';
import { Fault } from '../../../../src/connectors/postgres/faults.ts';

const detail = { host: 'h', port: 5432, username: 'ann', database: 'shop' };

/** As Node's and OpenSSL's errors are: words and a code, or none. */
function systemError(code: string | undefined, message = 'its words', more: object = {}): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code }, more);
}

/** As pg's DatabaseError is. */
function serverError(sqlstate: string, message: string): Error {
  return systemError(sqlstate, message, { severity: 'FATAL' });
}

describe('an error of the socket', () => {
  it.each([
    ['ENOTFOUND', 'dns_not_found', 'resolve'],
    ['EAI_NONAME', 'dns_not_found', 'resolve'],
    ['EAI_NODATA', 'dns_not_found', 'resolve'],
    ['EAI_AGAIN', 'dns_failed', 'resolve'],
    ['EAI_FAIL', 'dns_failed', 'resolve'],
    ['ECONNREFUSED', 'connection_refused', 'connect'],
    ['ENETUNREACH', 'host_unreachable', 'connect'],
    ['EHOSTUNREACH', 'host_unreachable', 'connect'],
    ['EADDRNOTAVAIL', 'host_unreachable', 'connect'],
    ['EACCES', 'socket_denied', 'connect'],
    ['EPERM', 'socket_denied', 'connect'],
    ['ENOENT', 'socket_missing', 'connect'],
    ['ENOTSOCK', 'socket_missing', 'connect'],
    ['ETIMEDOUT', 'connect_timeout', 'connect'],
    ['ECONNRESET', 'connection_closed', 'connect'],
    ['EPIPE', 'connection_closed', 'connect'],
    ['EINVAL', 'host_unreachable', 'connect'],
    ['toString', 'host_unreachable', 'connect'],
  ])('%s is %s, on %s', (code, fault, stage) => {
    const cause = systemError(code);
    expect(socketFault(cause, detail)).toMatchObject({
      code: fault,
      stage,
      cause,
      detail: { ...detail, text: code },
    });
  });

  it('is told by its words, or by none, where it has no code', () => {
    expect(socketFault(systemError(undefined), detail).sentence).toBe(
      "h:5432 can't be reached from here (its words)",
    );
    expect(socketFault({}, detail).sentence).toBe("h:5432 can't be reached from here (no reason given)");
  });
});

describe('the host of a Supabase project, which has addresses of IPv6 alone', () => {
  const supabase = { host: 'db.abcdefghijklmnopqrst.supabase.co', port: 5432, username: 'postgres' };

  it.each([
    ['ENOTFOUND', 'supabase_name_without_ipv4', 'resolve'],
    ['EAI_NODATA', 'supabase_name_without_ipv4', 'resolve'],
    ['ENETUNREACH', 'supabase_ipv6_unreachable', 'connect'],
    ['EHOSTUNREACH', 'supabase_ipv6_unreachable', 'connect'],
  ])('%s is %s, on %s', (code, fault, stage) => {
    const seen = socketFault(systemError(code), supabase);
    expect(seen).toMatchObject({ code: fault, stage });
    expect(seen.fix).toMatch(/session pooler.*--username role\.abcdefghijklmnopqrst;.*no CDC.*IPv4 add-on/);
  });

  it('may be paused, which its name alone can tell', () => {
    expect(socketFault(systemError('ENOTFOUND'), supabase).fix).toContain('not paused');
  });

  it.each(['EAI_AGAIN', 'ECONNREFUSED', 'ETIMEDOUT'])('%s is what it is elsewhere', (code) => {
    const elsewhere = socketFault(systemError(code), { ...supabase, host: 'db.example.com' });
    expect(socketFault(systemError(code), supabase).code).toBe(elsewhere.code);
  });

  it.each(['supabase.co', 'db.supabase.co.example.com', 'aws-0-eu-central-1.pooler.supabase.com'])(
    'is not %s',
    (host) => {
      expect(socketFault(systemError('ENOTFOUND'), { host }).code).toBe('dns_not_found');
    },
  );

  it('is slow to say no where a network drops IPv6', () => {
    expect(socketFault(systemError('ETIMEDOUT'), supabase).fix).toMatch(/no IPv6, use the session pooler/);
  });
});

describe('what ended the asking in a session', () => {
  it.each([
    ['42P05', 'prepared statement "x" already exists', 'pooler_prepared_statement'],
    ['55000', 'can no longer get changes from replication slot "x"', 'slot_lost'],
    // What they mean at a start-up they don't mean here.
    ['42501', 'permission denied for table orders', 'server_refused'],
    ['53300', 'too many clients', 'server_refused'],
  ])('%s "%s" is %s', (sqlstate, words, code) => {
    expect(statementFault(serverError(sqlstate, words), detail)).toMatchObject({
      code,
      detail: { ...detail, sqlstate, text: words },
    });
  });

  it('is thrown on where no server said it', () => {
    const defect = new TypeError('x is not a function');
    expect(() => statementFault(defect, detail)).toThrow(defect);
  });
});

describe('an error of TLS', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'tls_expired'],
    ['CERT_NOT_YET_VALID', 'tls_not_yet_valid'],
    ['CERT_REVOKED', 'tls_revoked'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_wrong_host'],
    ['ERR_TLS_CERT_ALTNAME_FORMAT', 'tls_wrong_host'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_untrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'tls_untrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls_untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_untrusted'],
    ['UNABLE_TO_GET_CRL', 'tls_untrusted'],
    ['CERT_SIGNATURE_FAILURE', 'tls_untrusted'],
    ['CERT_UNTRUSTED', 'tls_untrusted'],
    ['CERT_REJECTED', 'tls_untrusted'],
    ['INVALID_CA', 'tls_untrusted'],
    ['INVALID_PURPOSE', 'tls_untrusted'],
    ['CRL_HAS_EXPIRED', 'tls_untrusted'],
    ['CRL_SIGNATURE_FAILURE', 'tls_untrusted'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls_version_refused'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'tls_version_refused'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tls_client_refused'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'tls_client_refused'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_handshake_failed'],
    ['ECONNRESET', 'tls_handshake_failed'],
    ['hasOwnProperty', 'tls_handshake_failed'],
  ])('%s is %s', (code, fault) => {
    expect(tlsFault(systemError(code), detail)).toMatchObject({ code: fault, stage: 'tls' });
  });

  it('is told by OpenSSL’s reason before its code and words', () => {
    const text = (error: unknown) => tlsFault(error, detail).detail.text;
    expect(text(systemError('ERR_SSL_X', 'words', { reason: 'wrong version number' }))).toBe(
      'wrong version number',
    );
    expect(text(systemError('ERR_SSL_X', 'words'))).toBe('ERR_SSL_X');
    expect(text(systemError(undefined, 'words'))).toBe('words');
    expect(text(systemError('ECONNRESET'))).toBe('the server closed the connection');
  });
});

describe('what ends a start-up', () => {
  it.each([
    ['28P01', 'password authentication failed for user "ann"', 'password_refused', 'authenticate'],
    ['28000', 'no pg_hba.conf entry for host "::1", user "ann"', 'no_pg_hba_entry', 'authenticate'],
    ['28000', 'pg_hba.conf rejects connection for host "::1"', 'no_pg_hba_entry', 'authenticate'],
    ['28000', 'role "ann" is not permitted to log in', 'role_refused', 'authenticate'],
    ['3D000', 'database "shop" does not exist', 'no_such_database', 'database'],
    ['42501', 'permission denied for database "shop"', 'database_connect_denied', 'database'],
    ['53300', 'sorry, too many clients already', 'too_many_connections', 'session'],
    ['57P03', 'the database system is starting up', 'cannot_connect_now', 'session'],
    ['08P01', 'invalid startup packet', 'server_refused', 'session'],
    // What is said comes before its SQLSTATE.
    ['53300', 'Your project has exceeded the compute time quota.', 'neon_quota_exceeded', 'session'],
    ['42501', 'permission denied to start WAL sender', 'replication_denied', 'session'],
    ['XX000', 'could not open file', 'server_refused', 'session'],
  ])('%s, %s: %s', (sqlstate, words, code, stage) => {
    expect(startupFault(serverError(sqlstate, words), detail)).toMatchObject({
      code,
      stage,
      detail: { ...detail, sqlstate, text: words },
    });
  });

  it('may be the socket’s end, or TLS 1.3 that refuses late', () => {
    expect(startupFault(systemError('ETIMEDOUT'), detail).code).toBe('connect_timeout');
    expect(startupFault(systemError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), detail).code).toBe(
      'tls_client_refused',
    );
  });

  it('is a broken protocol where nothing else is known of it', () => {
    const fault = startupFault(systemError(undefined, 'Unexpected message'), detail);
    expect(fault.sentence).toBe("h:5432 broke PostgreSQL's protocol (Unexpected message)");
    // A code of five letters alone is no SQLSTATE: only a server's error has a severity.
    expect(startupFault(systemError('28P01'), detail).code).toBe('protocol_violation');
  });
});

it.each([socketFault, tlsFault, startupFault])(
  '$name keeps a fault, and adds what the place knows',
  (translate) => {
    const fault = translate(new Fault('auth_timeout', { host: 'own' }), detail);
    expect(fault).toMatchObject({ code: 'auth_timeout', detail: { ...detail, host: 'own' } });
  },
);

it.each([
  ['a server’s error', serverError('42P01', 'x'), '42P01'],
  ['an error of the system', systemError('EPIPE'), null],
  ['another error with five letters', systemError('42P01'), null],
  ['a server’s error with a longer code', serverError('ECONNRESET', 'x'), null],
  ['a server’s error in small letters', serverError('42p01', 'x'), null],
  ['what is no error', { code: '42P01', severity: 'ERROR' }, null],
  ['an error without a code', new Error('x'), null],
  ['a word', '42P01', null],
])('the SQLSTATE of %s', (_, error, sqlstate) => {
  expect(sqlstateOf(error)).toBe(sqlstate);
});
