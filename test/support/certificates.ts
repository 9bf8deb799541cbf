// @peculiar/x509's container of services needs this polyfill first.
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const day = 24 * 60 * 60 * 1000;

/** A certificate authority of the tests' own. Plain data: it survives a trip to another process. */
export interface Ca {
  readonly name: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** The PEM file to name as `sslrootcert`. */
  readonly certFile: string;
  /** The certificates between this authority and its root, this one first; empty for a root. */
  readonly chainPem: string;
}

export interface CaRequest {
  readonly name?: string;
  readonly issuer?: Ca;
  /** Where its file goes instead of a fresh directory. */
  readonly directory?: string;
}

/** A certificate with its key, in 0600 files of a directory of their own. */
export interface Issued {
  /** The certificate, and after it those between it and the root. */
  readonly certPem: string;
  readonly keyPem: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Hex, as a CRL names it. */
  readonly serialNumber: string;
  /** As Node writes it: upper-case hex pairs with colons, of SHA-256. */
  readonly fingerprint256: string;
}

export interface IssueRequest {
  /** Left out, it is signed by its own key. */
  readonly ca?: Ca;
  /** DNS names and IP addresses, in the subject alternative names; the first is the common name. */
  readonly hosts?: readonly string[];
  /** More subject alternative names, of type DNS whatever they look like: an address, a wildcard. */
  readonly dnsNames?: readonly string[];
  /** Instead of `CN=` and the first host: `CN=a, CN=b`. */
  readonly subject?: string;
  /** Yesterday when left out. */
  readonly notBefore?: Date;
  /** In 300 days when left out. */
  readonly notAfter?: Date;
  /** Makes it a client's certificate with this common name (the role's name for `cert` in pg_hba.conf). */
  readonly client?: string;
  /** Encrypts the key file. */
  readonly keyPassphrase?: string;
  /** Leaves the subject alternative names out: an old-fashioned certificate with a common name alone. */
  readonly commonNameOnly?: boolean;
  /** Of its signature; SHA-256 when left out. */
  readonly hash?: 'SHA-384' | 'SHA-512';
  /** Where its files go instead of a fresh directory. */
  readonly directory?: string;
}

/**
 * Makes a certificate authority: a root, or an intermediate one when an issuer is given.
 * Nobody else trusts it, which makes a second one the "unknown authority" of a test.
 */
export async function createCa(options: CaRequest = {}): Promise<Ca> {
  const { name = 'jackfield test authority', issuer } = options;
  const keys = await generateKeys();
  const subject = `CN=${name}`;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: freshSerialNumber(),
    subject,
    issuer: issuer === undefined ? subject : `CN=${issuer.name}`,
    notBefore: new Date(Date.now() - 400 * day),
    notAfter: new Date(Date.now() + 400 * day),
    publicKey: keys.publicKey,
    signingKey: issuer === undefined ? keys.privateKey : await importKey(issuer.keyPem),
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const certPem = `${certificate.toString('pem')}\n`;
  const certFile = join(options.directory ?? freshDirectory(), 'ca.crt');
  writePrivate(certFile, certPem);
  return {
    name,
    certPem,
    keyPem: await exportKey(keys.privateKey),
    certFile,
    chainPem: issuer === undefined ? '' : certPem + issuer.chainPem,
  };
}

/** Makes a server's or a client's certificate. */
export async function issue(request: IssueRequest): Promise<Issued> {
  const { ca, hosts = [], dnsNames = [], client, commonNameOnly = false } = request;
  const commonName = client ?? hosts[0] ?? dnsNames[0];
  if (commonName === undefined) throw new Error('a certificate needs a host or a client');
  const subject = request.subject ?? `CN=${commonName}`;
  const keys = await generateKeys();
  const names = [
    ...hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }) as const),
    ...dnsNames.map((name) => ({ type: 'dns', value: name }) as const),
  ];
  const serialNumber = freshSerialNumber();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject,
    issuer: ca === undefined ? subject : `CN=${ca.name}`,
    notBefore: request.notBefore ?? new Date(Date.now() - day),
    notAfter: request.notAfter ?? new Date(Date.now() + 300 * day),
    publicKey: keys.publicKey,
    signingKey: ca === undefined ? keys.privateKey : await importKey(ca.keyPem),
    signingAlgorithm: { ...signingAlgorithm, hash: request.hash ?? signingAlgorithm.hash },
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([
        client === undefined ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
      ]),
      ...(names.length === 0 || commonNameOnly ? [] : [new x509.SubjectAlternativeNameExtension([...names])]),
    ],
  });
  const certPem = `${certificate.toString('pem')}\n${ca?.chainPem ?? ''}`;
  const keyPem = encryptKey(await exportKey(keys.privateKey), request.keyPassphrase);
  const directory = request.directory ?? freshDirectory();
  const certFile = join(directory, 'issued.crt');
  const keyFile = join(directory, 'issued.key');
  writePrivate(certFile, certPem);
  writePrivate(keyFile, keyPem);
  const { fingerprint256 } = new X509Certificate(certPem);
  return { certPem, keyPem, certFile, keyFile, serialNumber, fingerprint256 };
}

/** Makes a list of revoked certificates. @returns its PEM file, to name as `sslcrl` */
export async function createCrl(ca: Ca, revoked: readonly Issued[]): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: `CN=${ca.name}`,
    thisUpdate: new Date(Date.now() - day),
    nextUpdate: new Date(Date.now() + 30 * day),
    entries: revoked.map(({ serialNumber }) => ({
      serialNumber,
      revocationDate: new Date(Date.now() - day),
    })),
    signingKey: await importKey(ca.keyPem),
    signingAlgorithm,
  });
  const file = join(freshDirectory(), 'revoked.crl');
  // OpenSSL's name for it, where the library says `CRL`.
  writePrivate(file, `${crl.toString('pem').replaceAll(' CRL-----', ' X509 CRL-----')}\n`);
  return file;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

/** Positive and without a leading zero byte, as DER wants it. */
function freshSerialNumber(): string {
  return `4${randomBytes(12).toString('hex').slice(1)}`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, false, ['sign']);
}

function encryptKey(pem: string, passphrase: string | undefined): string {
  if (passphrase === undefined) return pem;
  return createPrivateKey(pem)
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase })
    .toString();
}

function freshDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'jackfield-certificates-'));
}

function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
