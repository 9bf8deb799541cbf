import { SecretError } from '../connections/errors.ts';
import { isRecord, parseObject } from './item-text.ts';

/** How the key that wraps the vault's data key is made. */
export type VaultKdf =
  | { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number }
  | { readonly name: 'hkdf-sha256' };

/** What is in front of the vault: everything needed to open it but the passphrase or key file. */
export interface VaultHeader {
  /** Random, 16 bytes: items of another vault do not open in this one. */
  readonly id: Buffer;
  readonly kdf: VaultKdf;
  /** 16 bytes. */
  readonly salt: Buffer;
  /** 12 bytes. */
  readonly nonce: Buffer;
  /** The data key, 32 bytes, sealed. */
  readonly wrappedKey: Buffer;
  /** 16 bytes. */
  readonly tag: Buffer;
}

const format = 'jackfield-vault';
const version = 1;

/** N = 2^17, r = 8 (128 MiB): what OWASP's password storage cheat sheet names first for scrypt. */
export const scryptDefaults = { name: 'scrypt', N: 2 ** 17, r: 8, p: 1 } as const;
/** A header may ask for more than we do, but not for more than 1 GiB. */
const largestN = 2 ** 20;

/** The header as the text that is stored; there is exactly one text for a header. */
export function formatHeader(header: VaultHeader): string {
  const { id, kdf, salt, nonce, wrappedKey, tag } = header;
  return JSON.stringify({
    format,
    version,
    id: id.toString('hex'),
    kdf: formatKdf(kdf),
    salt: salt.toString('hex'),
    nonce: nonce.toString('hex'),
    wrappedKey: wrappedKey.toString('hex'),
    tag: tag.toString('hex'),
  });
}

/** What of the header is authenticated together with the wrapped key: all its parameters. */
export function headerAad(header: Pick<VaultHeader, 'id' | 'kdf' | 'salt'>): Buffer {
  const { id, kdf, salt } = header;
  return Buffer.from(
    JSON.stringify([format, version, id.toString('hex'), formatKdf(kdf), salt.toString('hex')]),
  );
}

/**
 * Reads a header, strictly: any other text than {@link formatHeader} makes is refused, and so are
 * derivation parameters that are weaker than ours or meant to exhaust us, before anything is derived.
 *
 * @throws SecretError vault_damaged, vault_too_new
 */
export function parseHeader(text: string): VaultHeader {
  const parsed = parseObject(text);
  if (parsed === null || parsed.format !== format) throw damagedHeader('is not readable');
  if (parsed.version !== version) {
    if (typeof parsed.version === 'number' && parsed.version > version) throw tooNew();
    throw damagedHeader('is not readable');
  }
  const header: VaultHeader = {
    id: bytes(parsed.id, 16),
    kdf: parseKdf(parsed.kdf),
    salt: bytes(parsed.salt, 16),
    nonce: bytes(parsed.nonce, 12),
    wrappedKey: bytes(parsed.wrappedKey, 32),
    tag: bytes(parsed.tag, 16),
  };
  if (formatHeader(header) !== text) throw damagedHeader('is not readable');
  return header;
}

function formatKdf(kdf: VaultKdf): VaultKdf {
  return kdf.name === 'scrypt' ? { name: kdf.name, N: kdf.N, r: kdf.r, p: kdf.p } : { name: kdf.name };
}

function parseKdf(value: unknown): VaultKdf {
  if (!isRecord(value)) throw damagedHeader('is not readable');
  if (value.name === 'hkdf-sha256') return { name: 'hkdf-sha256' };
  if (value.name !== 'scrypt') throw damagedHeader('names a key derivation that does not exist');
  const { N, r, p } = value;
  if (typeof N !== 'number' || r !== scryptDefaults.r || p !== scryptDefaults.p || !isAcceptable(N)) {
    throw damagedHeader('asks for a key derivation that is weaker or costlier than is allowed');
  }
  return { name: 'scrypt', N, r, p };
}

function isAcceptable(N: number): boolean {
  return N >= scryptDefaults.N && N <= largestN && Number.isInteger(Math.log2(N));
}

function bytes(value: unknown, length: number): Buffer {
  if (typeof value !== 'string' || value.length !== 2 * length || !/^[0-9a-f]*$/.test(value)) {
    throw damagedHeader('is not readable');
  }
  return Buffer.from(value, 'hex');
}

function damagedHeader(what: string): SecretError {
  return new SecretError({
    code: 'vault_damaged',
    message: `the vault's header ${what}: it was changed or damaged`,
    fix: 'put a backup of the catalog back',
  });
}

function tooNew(): SecretError {
  return new SecretError({
    code: 'vault_too_new',
    message: 'the vault was made by a newer version of jackfield',
    fix: 'update jackfield: npm install --global jackfield',
  });
}
