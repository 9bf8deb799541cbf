import {
  createCipheriv,
  createDecipheriv,
  hkdf,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SecretError } from '../connections/errors.ts';
import { headerAad, scryptDefaults, type VaultHeader, type VaultKdf } from './vault-header.ts';
import type { VaultKeyMaterial } from './vault-key-source.ts';

const keyBytes = 32;

const deriveScrypt = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const deriveHkdf = promisify(hkdf);

/** The vault's data key, and which vault it is of. Items are sealed under it. */
export interface VaultKey {
  readonly vaultId: Buffer;
  readonly dataKey: Buffer;
}

/** A fresh vault: a random data key, and the header that gives it back to the same key material. */
export async function makeVaultKey(
  material: VaultKeyMaterial,
): Promise<{ key: VaultKey; header: VaultHeader }> {
  const id = randomBytes(16);
  const salt = randomBytes(16);
  const kdf: VaultKdf = material.kind === 'passphrase' ? scryptDefaults : { name: 'hkdf-sha256' };
  const wrappingKey = await deriveWrappingKey(material, kdf, salt);
  const dataKey = randomBytes(keyBytes);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey, nonce, { authTagLength: 16 });
  cipher.setAAD(headerAad({ id, kdf, salt }));
  const wrappedKey = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  wrappingKey.fill(0);
  return {
    key: { vaultId: id, dataKey },
    header: { id, kdf, salt, nonce, wrappedKey, tag: cipher.getAuthTag() },
  };
}

/**
 * Unwraps the data key.
 * @throws SecretError vault_wrong_key_kind (made with a passphrase, opened with a key file, or the
 * reverse), vault_wrong_passphrase
 */
export async function openVaultKey(header: VaultHeader, material: VaultKeyMaterial): Promise<VaultKey> {
  if ((header.kdf.name === 'scrypt') !== (material.kind === 'passphrase')) throw wrongKind(material);
  const wrappingKey = await deriveWrappingKey(material, header.kdf, header.salt);
  const decipher = createDecipheriv('aes-256-gcm', wrappingKey, header.nonce, { authTagLength: 16 });
  decipher.setAAD(headerAad(header));
  decipher.setAuthTag(header.tag);
  try {
    const dataKey = Buffer.concat([decipher.update(header.wrappedKey), decipher.final()]);
    return { vaultId: header.id, dataKey };
  } catch {
    throw wrongMaterial(material);
  } finally {
    wrappingKey.fill(0);
  }
}

/** Whether two processes that made the vault at once hold the same one. */
export function isSameVault(one: VaultHeader, other: VaultHeader): boolean {
  return timingSafeEqual(one.id, other.id);
}

async function deriveWrappingKey(material: VaultKeyMaterial, kdf: VaultKdf, salt: Buffer): Promise<Buffer> {
  if (material.kind === 'key-file') {
    return Buffer.from(
      await deriveHkdf('sha256', material.bytes, salt, 'jackfield vault key wrap v1', keyBytes),
    );
  }
  const { N, r, p } = kdf.name === 'scrypt' ? kdf : scryptDefaults;
  // The same passphrase typed on another system may come decomposed (RFC 8265, section 4.2.2).
  const passphrase = material.passphrase.reveal().normalize('NFC');
  return deriveScrypt(passphrase, salt, keyBytes, { N, r, p, maxmem: 128 * r * (N + p) + 1024 * 1024 });
}

function wrongKind(material: VaultKeyMaterial): SecretError {
  const code = 'vault_wrong_key_kind';
  return material.kind === 'passphrase'
    ? new SecretError({
        code,
        message: 'the vault was made with a key file, and a passphrase does not open it',
        fix: 'set JACKFIELD_KEY_FILE to that file, and no passphrase',
      })
    : new SecretError({
        code,
        message:
          'the vault was made with a passphrase, and the file that JACKFIELD_KEY_FILE names does not open it',
        fix: 'unset JACKFIELD_KEY_FILE and set JACKFIELD_PASSPHRASE or JACKFIELD_PASSPHRASE_FILE',
      });
}

function wrongMaterial(material: VaultKeyMaterial): SecretError {
  const what = material.kind === 'passphrase' ? 'passphrase' : 'key file';
  return new SecretError({
    code: 'vault_wrong_passphrase',
    message: `the vault does not open: the ${what} is not the one it was made with, or its header was damaged`,
    fix: `try the right ${what}; if it is the right one, put a backup of the catalog back`,
  });
}
