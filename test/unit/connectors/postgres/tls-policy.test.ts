import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sslModes } from '../../../../src/connections/vocabulary.ts';
import { tlsAttempts, tlsOptions, verification } from '../../../../src/connectors/postgres/tls-policy.ts';
import { createCa, issue } from '../../../support/certificates.ts';
import { anEndpoint } from '../../../support/endpoint.ts';

const noFiles = { root: null, cert: null, key: null, crl: null };
const root = Buffer.from('root');

describe('the tries of an sslmode', () => {
  it.each([
    ['disable', ['plain']],
    ['allow', ['plain', 'tls']],
    ['prefer', ['tls-if-offered', 'plain']],
    ['require', ['tls']],
    ['verify-ca', ['tls']],
    ['verify-full', ['tls']],
  ] as const)('%s', (sslMode, attempts) => {
    expect(tlsAttempts(anEndpoint({ sslMode }), 'h')).toEqual(attempts);
  });

  it.each(sslModes)('%s means nothing on a socket', (sslMode) => {
    expect(tlsAttempts(anEndpoint({ sslMode }), '/run/postgresql')).toEqual(['plain']);
  });
});

describe('what is held against a certificate', () => {
  it.each([
    ['disable', null, 'none'],
    ['allow', null, 'none'],
    ['prefer', null, 'none'],
    ['require', null, 'none'],
    ['verify-ca', null, 'ca'],
    ['verify-full', null, 'full'],
    ['allow', '/root.pem', 'ca'],
    ['prefer', '/root.pem', 'ca'],
    ['require', '/root.pem', 'ca'],
    ['verify-ca', '/root.pem', 'ca'],
    ['verify-full', '/root.pem', 'full'],
    ['verify-full', 'system', 'full'],
  ] as const)('%s with root %s: %s', (sslMode, sslRootCert, verified) => {
    expect(verification(anEndpoint({ sslMode, sslRootCert }))).toBe(verified);
  });
});

describe('the options of a handshake', () => {
  const options = (fields: Parameters<typeof anEndpoint>[0], host = 'db.example.com', files = {}) =>
    tlsOptions(anEndpoint({ sslMode: 'require', ...fields }), host, { ...noFiles, ...files }, null);

  it('say in every mode whether the chain is checked', () => {
    const rejects = sslModes.map(
      (sslMode) => options({ sslMode, sslRootCert: '/root.pem' }, 'h', { root }).rejectUnauthorized,
    );
    expect(new Set(rejects)).toEqual(new Set([true]));
    expect(options({ sslMode: 'require' }).rejectUnauthorized).toBe(false);
  });

  it.each(['verify-ca', 'verify-full'] as const)('are refused for %s without a root', (sslMode) => {
    expect(() => options({ sslMode })).toThrow(expect.objectContaining({ code: 'tls_root_missing' }));
  });

  it('check the name for verify-full, against the host and not against what SNI says', async () => {
    const { certPem } = await issue({ ca: await createCa(), hosts: ['other.example.com'] });
    const certificate = new X509Certificate(certPem).toLegacyObject();
    const check = (sslMode: 'verify-ca' | 'verify-full', host = 'db.example.com') => {
      const { checkServerIdentity } = options({ sslMode, sslRootCert: '/root.pem' }, host, { root });
      return checkServerIdentity?.('other.example.com', certificate);
    };
    expect(check('verify-full')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(check('verify-full', 'other.example.com')).toBeUndefined();
    expect(check('verify-ca')).toBeUndefined();
  });

  it('hold the files that were read, the root only where it is checked against', () => {
    const files = { root, crl: Buffer.from('crl'), cert: Buffer.from('cert'), key: Buffer.from('key') };
    expect(options({ sslRootCert: '/root.pem' }, 'h', files)).toMatchObject({
      ca: files.root,
      crl: files.crl,
      cert: files.cert,
      key: files.key,
    });
    expect(options({ sslMode: 'require' }, 'h', { crl: files.crl })).not.toHaveProperty('crl');
    expect(options({}, 'h', { cert: files.cert })).not.toHaveProperty('cert');
  });

  it('hold the system’s roots', () => {
    const { ca } = options({ sslMode: 'verify-full', sslRootCert: 'system' });
    expect(String(ca)).toContain('-----BEGIN CERTIFICATE-----');
  });

  it('begin at TLSv1.2 unless another version is named', () => {
    expect(options({})).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
    expect(options({})).not.toHaveProperty('ciphers');
    const named = { ssl_min_protocol_version: 'TLSv1', ssl_max_protocol_version: 'TLSv1.2' };
    expect(options({ options: named })).toMatchObject({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.2',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
  });

  it('name the host, unless it is an address or sslsni is off', () => {
    expect(options({}).servername).toBe('db.example.com');
    expect(options({}, '10.0.0.1')).not.toHaveProperty('servername');
    expect(options({}, '::1')).not.toHaveProperty('servername');
    expect(options({ options: { sslsni: '0' } })).not.toHaveProperty('servername');
  });

  it('ask for PostgreSQL by ALPN where TLS comes first', () => {
    expect(options({ options: { sslnegotiation: 'direct' } }).ALPNProtocols).toEqual(['postgresql']);
    expect(options({})).not.toHaveProperty('ALPNProtocols');
  });
});
