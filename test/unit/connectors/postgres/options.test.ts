import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../../src/connections/connection.ts';
import { UsageError } from '../../../../src/connections/errors.ts';
import { formatKeywords } from '../../../../src/connectors/postgres/conninfo-keywords.ts';
import {
  checkEndpoint,
  optionNames,
  plainOptions,
  readOptions,
} from '../../../../src/connectors/postgres/options.ts';
import { anEndpoint } from '../../../support/endpoint.ts';

/** The code it is refused with; null when it is taken. */
function complaint(fields: Partial<Endpoint>): string | null {
  return thrown(fields)?.code ?? null;
}

function thrown(fields: Partial<Endpoint>): UsageError | null {
  try {
    checkEndpoint(anEndpoint({ sslMode: 'require', ...fields }));
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

const option = (name: string, value: string) => complaint({ options: { [name]: value } });

/** Of each option values that it takes and values that it does not. */
const checks: Readonly<Record<string, { takes: readonly string[]; refuses: readonly string[] }>> = {
  application_name: { takes: ['', 'loader', 'lädt "x"'], refuses: ['a\0b'] },
  fallback_application_name: { takes: ['', 'loader'], refuses: ['\0'] },
  options: { takes: ['', '-c geqo=off', 'endpoint=ep-1'], refuses: ['-c a=b\0'] },
  hostaddr: {
    takes: ['10.0.0.1', '::1', ''],
    refuses: ['localhost', '10.0.0', '[::1]', ' 10.0.0.1', '1.2.3.4,'],
  },
  client_encoding: { takes: ['UTF8', 'utf8', 'UTF-8', 'utf-8', 'auto'], refuses: ['LATIN1', ''] },
  connect_timeout: {
    takes: ['1', '86400'],
    refuses: ['0', '86401', '-1', '1.5', '10s', '', '1e3', ' 1', '٣'],
  },
  channel_binding: { takes: ['disable', 'prefer', 'require'], refuses: ['Require', 'allow', ''] },
  require_auth: {
    takes: ['scram-sha-256', 'md5,password', 'none, scram-sha-256', '!password,!md5', 'gss,sspi,oauth,none'],
    refuses: ['', 'scram', 'md5,', '!password,md5', '!!md5', 'SCRAM-SHA-256', '!'],
  },
  sslnegotiation: { takes: ['postgres', 'direct'], refuses: ['requiredirect', ''] },
  sslsni: { takes: ['0', '1'], refuses: ['2', 'true', ''] },
  ssl_min_protocol_version: {
    takes: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    refuses: ['tlsv1.2', 'SSLv3', ''],
  },
  ssl_max_protocol_version: { takes: ['TLSv1.2', 'TLSv1.3'], refuses: ['TLSv1.4', ''] },
  target_session_attrs: {
    takes: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
    refuses: ['master', ''],
  },
  keepalives: { takes: ['0', '1'], refuses: ['2', ''] },
  keepalives_idle: { takes: ['0', '60', '86400'], refuses: ['86401', '-1', ''] },
  gssencmode: { takes: ['disable', 'prefer'], refuses: ['require', ''] },
};

describe('an option', () => {
  it('has its values here, each of them', () => {
    expect(Object.keys(checks).sort()).toEqual([...optionNames].sort());
  });

  it.each(Object.entries(checks))('%s', (name, { takes, refuses }) => {
    expect(takes.filter((value) => option(name, value) !== null)).toEqual([]);
    expect(refuses.filter((value) => option(name, value) !== 'bad_option')).toEqual([]);
  });

  it('tells what it takes, and not what it was given', () => {
    expect(thrown({ options: { require_auth: 'canary' } })).toMatchObject({
      message: "the option require_auth has a value it can't take",
      fix: 'it takes one or more of password, md5, gss, sspi, scram-sha-256, oauth, none',
    });
    expect(thrown({ options: { require_auth: 'md5,!none' } })?.fix).toContain('but not both');
    expect(thrown({ options: { connect_timeout: 'canary' } })?.fix).toBe(
      'it takes a whole number of seconds from 1 to 86400',
    );
  });

  it.each([
    ['password', '--password-stdin'],
    ['passfile', '--password-file'],
    ['sslpassword', '--ssl-key-password-stdin'],
    ['service', 'service files are not read'],
    ['servicefile', 'service files are not read'],
    ['host', '--host'],
    ['port', '--port'],
    ['dbname', '--database'],
    ['user', '--username'],
    ['sslmode', '--ssl-mode'],
    ['sslrootcert', '--ssl-root-cert'],
    ['sslcert', '--ssl-cert'],
    ['sslkey', '--ssl-key'],
    ['sslcrl', '--ssl-crl'],
    ['schema', '--schema'],
    ['uzer', `use one of ${optionNames.join(', ')}`],
    ['constructor', `use one of ${optionNames.join(', ')}`],
  ])('%s is refused, with what to use', (name, fix) => {
    const error = thrown({ options: { [name]: 'canary' } });
    expect(error).toMatchObject({
      code: 'bad_option',
      message: `"${name}" is not an option of a connection`,
    });
    expect(error?.fix).toContain(fix);
    expect(error?.fix).not.toContain('canary');
  });
});

describe('hosts', () => {
  it.each([
    'db.example.com',
    'localhost',
    '10.0.0.1',
    '::1',
    'fe80::1%eth0',
    '/var/run/postgresql',
    '/with a blank',
    'a,b,::1',
  ])('%s', (host) => {
    expect(complaint({ host })).toBeNull();
  });

  it.each([
    '',
    'a,',
    ',',
    'a b',
    'a\tb',
    'a/b',
    'u@h',
    'h?x',
    'h#x',
    'a\\b',
    'h:5432',
    '[::1]',
    '200z:db8::1',
    '/a\nb',
    'a\0b',
    'x'.repeat(256),
  ])('%j is refused', (host) => {
    expect(complaint({ host })).toBe('bad_host');
  });

  it('have as many addresses as there are hosts, and none for a socket', () => {
    const options = (hostaddr: string) => ({ options: { hostaddr } });
    expect(complaint({ host: 'a,b', ...options('10.0.0.1,::1') })).toBeNull();
    expect(complaint({ host: 'a,b', ...options('10.0.0.1,') })).toBeNull();
    expect(complaint({ host: 'a,b', ...options('10.0.0.1') })).toBe('bad_option');
    expect(complaint({ host: 'a', ...options('10.0.0.1,10.0.0.2') })).toBe('bad_option');
    expect(complaint({ host: '/run', ...options('10.0.0.1') })).toBe('bad_option');
  });
});

describe.each(['username', 'database', 'schema'] as const)('a %s', (field) => {
  it.each(['x', 'Ünï "x"; --', 'é'.repeat(31)])('%j', (value) => {
    expect(complaint({ [field]: value })).toBeNull();
  });

  it.each(['', 'a\0b', 'x'.repeat(64), 'é'.repeat(32)])('%j is refused', (value) => {
    expect(complaint({ [field]: value })).toBe(`bad_${field}`);
  });
});

describe('settings of TLS that contradict each other', () => {
  const refused: [string, Partial<Endpoint>, string][] = [
    [
      'the system’s roots below verify-full',
      { sslRootCert: 'system', sslMode: 'verify-ca' },
      '--ssl-mode verify-full',
    ],
    [
      'direct TLS below require',
      { sslMode: 'prefer', options: { sslnegotiation: 'direct' } },
      '--ssl-mode require',
    ],
    [
      'channel binding without TLS',
      { sslMode: 'disable', options: { channel_binding: 'require' } },
      '--ssl-mode require',
    ],
    ['a key without its certificate', { sslKey: '/k' }, '--ssl-cert'],
    ['a certificate without its key', { sslCert: '/c' }, '--ssl-key'],
    [
      'a highest version below the lowest',
      { options: { ssl_min_protocol_version: 'TLSv1.3', ssl_max_protocol_version: 'TLSv1.2' } },
      'ssl_max_protocol_version',
    ],
    [
      'a highest version below the default lowest',
      { options: { ssl_max_protocol_version: 'TLSv1.1' } },
      'ssl_min_protocol_version',
    ],
  ];
  it.each(refused)('%s', (_, fields, fix) => {
    const error = thrown(fields);
    expect(error?.code).toBe('bad_ssl_settings');
    expect(error?.fix).toContain(fix);
  });

  const taken: [string, Partial<Endpoint>][] = [
    ['the system’s roots with verify-full', { sslRootCert: 'system', sslMode: 'verify-full' }],
    ['a root of one’s own in any mode', { sslRootCert: '/root.pem', sslMode: 'allow' }],
    ['direct TLS with require', { sslMode: 'require', options: { sslnegotiation: 'direct' } }],
    ['channel binding where TLS may be', { sslMode: 'prefer', options: { channel_binding: 'require' } }],
    ['a certificate and its key', { sslCert: '/c', sslKey: '/k' }],
    [
      'one version',
      { options: { ssl_min_protocol_version: 'TLSv1.1', ssl_max_protocol_version: 'TLSv1.1' } },
    ],
  ];
  it.each(taken)('%s do not', (_, fields) => {
    expect(complaint(fields)).toBeNull();
  });
});

describe('options as a line of text', () => {
  it('are what is read back of it, whatever stands in them', () => {
    const text = fc.string({ unit: fc.constantFrom(..."ab '\\\\=\t\n«ü💡") });
    const options = fc.dictionary(fc.constantFrom('application_name', 'options'), text, {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(options, (said) => {
        expect(readOptions(formatKeywords(said))).toEqual(said);
      }),
    );
  });

  it.each([
    ['', {}],
    [' sslsni = 1  options=\'-c a="b c"\' ', { sslsni: '1', options: '-c a="b c"' }],
    ['application_name=a\\ b', { application_name: 'a b' }],
  ])('%j', (text, options) => {
    expect(readOptions(text)).toEqual(options);
  });

  it.each([
    ['sslsni', 'lacks its "="'],
    ["options='-c canary", 'lacks its closing quote'],
    ['sslsni=1 sslsni=0', 'twice'],
    ['sslsni=canary', 'sslsni has a value'],
    ['passfile=canary', '"passfile" is not an option'],
    ['host=canary', '"host" is not an option'],
    ['__proto__=canary', '"__proto__" is not an option'],
  ])('%j is refused, and no value repeated', (text, message) => {
    expect(() => readOptions(text)).toThrow(message);
    expect(() => readOptions(text)).not.toThrow(/canary|URL/);
  });

  it('hold free text in no plain one', () => {
    expect(optionNames.filter((name) => !plainOptions.includes(name))).toEqual([
      'application_name',
      'fallback_application_name',
      'options',
    ]);
  });
});
