import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import tls from 'node:tls';
import type { Endpoint, SslMode, TlsFacts } from '../../connections/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import { Fault } from './faults.ts';
import type { TlsFiles } from './tls-files.ts';

/** One try at a server: with TLS, without, or with TLS where the server has it. */
export type TlsAttempt = 'plain' | 'tls' | 'tls-if-offered';

/**
 * The tries that libpq makes for an sslmode, in order (libpq-ssl.html, table 34.1; fe-connect.c).
 * The next one is made when the server refuses the former during TLS or start-up.
 */
export function tlsAttempts(endpoint: Endpoint, host: string): readonly TlsAttempt[] {
  // On a Unix socket sslmode means nothing.
  if (host.startsWith('/')) return ['plain'];
  const attempts: Record<SslMode, readonly TlsAttempt[]> = {
    disable: ['plain'],
    allow: ['plain', 'tls'],
    prefer: ['tls-if-offered', 'plain'],
    require: ['tls'],
    'verify-ca': ['tls'],
    'verify-full': ['tls'],
  };
  return attempts[endpoint.sslMode];
}

/** What is held against the server's certificate. With a root named, libpq checks the chain in every mode. */
export function verification(endpoint: Endpoint): TlsFacts['verified'] {
  if (endpoint.sslMode === 'verify-full') return 'full';
  return endpoint.sslMode === 'verify-ca' || endpoint.sslRootCert !== null ? 'ca' : 'none';
}

/**
 * The options of tls.connect for one host. `rejectUnauthorized` is always explicit, so that
 * NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
 * @throws Fault tls_root_missing, tls_bad_certificate_file
 */
export function tlsOptions(
  endpoint: Endpoint,
  host: string,
  files: TlsFiles,
  keyPassword: Secret | null,
): tls.ConnectionOptions {
  const verified = verification(endpoint);
  if (verified !== 'none' && endpoint.sslRootCert === null) {
    throw new Fault('tls_root_missing', { host, sslMode: endpoint.sslMode });
  }
  const { ssl_min_protocol_version: min, ssl_max_protocol_version: max, sslsni } = endpoint.options;
  const options: tls.ConnectionOptions = {
    rejectUnauthorized: verified !== 'none',
    // Node's own check runs for every verified chain; verify-ca asks for the chain alone.
    checkServerIdentity: (_name, certificate) =>
      verified === 'full' ? identityComplaint(host, certificate) : undefined,
    minVersion: (min as tls.SecureVersion | undefined) ?? 'TLSv1.2',
    maxVersion: (max as tls.SecureVersion | undefined) ?? 'TLSv1.3',
  };
  // Without a list Node would read its own roots, 30 ms, to hold nothing against them.
  if (verified === 'none') options.ca = [];
  else {
    options.ca = endpoint.sslRootCert === 'system' ? systemRoots(host) : (files.root ?? undefined);
    if (files.crl) options.crl = listsIn(files.crl);
  }
  if (files.cert && files.key) {
    options.cert = files.cert;
    options.key = files.key;
    if (keyPassword) options.passphrase = keyPassword.reveal();
  }
  // OpenSSL 3 shuts TLS below 1.2 out by its security level; who asks for it by name means it.
  if (min === 'TLSv1' || min === 'TLSv1.1') options.ciphers = 'DEFAULT@SECLEVEL=0';
  // No SNI for addresses (RFC 6066, section 3).
  if (sslsni !== '0' && isIP(host) === 0) options.servername = host;
  if (endpoint.options.sslnegotiation === 'direct') options.ALPNProtocols = ['postgresql'];
  return options;
}

/**
 * Node's check of the server's name and then OpenSSL's, which refuses two things that libpq refuses and
 * Node takes: a wildcard for a part of a label, and a host with a dot at its end that the certificate has
 * not. Of several common names the first one counts, as it does for libpq.
 */
function identityComplaint(host: string, certificate: tls.PeerCertificate): Error | undefined {
  const subject = { ...certificate.subject, CN: textOf(certificate.subject.CN) ?? '' };
  const complaint = tls.checkServerIdentity(host, { ...certificate, subject });
  if (complaint || isIP(host) !== 0) return complaint;
  // Neither of the two can be here, and the certificate need not be read anew.
  if (!host.endsWith('.') && !`${subject.CN},${certificate.subjectaltname ?? ''}`.includes('*'))
    return undefined;
  const exactly = { subject: 'default', partialWildcards: false } as const;
  if (new X509Certificate(certificate.raw).checkHost(host, exactly) !== undefined) return undefined;
  const words = `Host: ${host}. is not in the certificate's names`;
  return Object.assign(new Error(words), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason: words });
}

/** Each list of a file: of several in one text Node would take the first. What is no PEM is left for it to refuse. */
function listsIn(file: Buffer): Buffer | string[] {
  const lists = file.toString('latin1').match(/-----BEGIN X509 CRL-----.*?-----END X509 CRL-----/gs);
  return lists ?? file;
}

/** Where distributions keep the system's roots, in the order Go's crypto/x509 looks for them. */
const rootFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The system's root certificates: the file that SSL_CERT_FILE names, which OpenSSL and so libpq go by;
 * else by Node where it can (22.15); else from their file; else Node's own.
 * @throws Fault tls_bad_certificate_file for a SSL_CERT_FILE that can't be read
 */
function systemRoots(host: string): string[] {
  const { SSL_CERT_FILE: named } = process.env;
  if (named) return [readRoots(named, host)];
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const found = getCACertificates?.('system') ?? [];
  if (found.length > 0) return found;
  const file = rootFiles.find((path) => existsSync(path));
  return file ? [readFileSync(file, 'utf8')] : [...tls.rootCertificates];
}

function readRoots(file: string, host: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const text = `SSL_CERT_FILE names ${file}, which can not be read${reason}`;
    throw new Fault('tls_bad_certificate_file', { host, text }, error);
  }
}

/** What a TLS session tells of itself. */
export function tlsFacts(socket: tls.TLSSocket, verified: TlsFacts['verified']): TlsFacts {
  const certificate = socket.getPeerCertificate();
  const name = (entry: tls.Certificate | undefined) => textOf(entry?.CN) ?? textOf(entry?.O);
  const validTo = certificate.valid_to ? new Date(certificate.valid_to) : null;
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    verified,
    subject: name(certificate.subject),
    issuer: name(certificate.issuer),
    validTo: validTo && !Number.isNaN(validTo.getTime()) ? validTo.toISOString() : null,
  };
}

function textOf(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
