import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { SecretError } from '../connections/errors.ts';
import type { SecretItem } from '../connections/secret-store.ts';
import { boundElsewhere } from './binding.ts';
import { itemFrom, parseObject, revealItem } from './item-text.ts';
import type { VaultKey } from './vault-key.ts';

/*
 * A sealed item, in bytes:
 *
 *   0   4  "JFV" and the format's version, 1
 *   4  12  nonce
 *  16  32  SHA-256 of the owner's binding
 *  48   n  ciphertext of: length of the text (4 bytes, big-endian), text (JSON), zeros up to a
 *          multiple of 256 bytes, so that the size does not tell how long the password is
 *   …  16  tag
 */
const magic = Buffer.from('JFV\x01', 'latin1');
const nonceAt = 4;
const bindingAt = 16;
const ciphertextAt = 48;
const tagBytes = 16;
const block = 256;

/** @param binding SHA-256 of the owner's binding, 32 bytes */
export function sealItem(key: VaultKey, account: string, binding: Buffer, item: SecretItem): Buffer {
  const text = Buffer.from(JSON.stringify(revealItem(item)), 'utf8');
  const plain = Buffer.alloc(Math.ceil((4 + text.length) / block) * block);
  plain.writeUInt32BE(text.length);
  text.copy(plain, 4);
  const sealed = sealPadded(key, account, binding, plain);
  plain.fill(0);
  text.fill(0);
  return sealed;
}

function sealPadded(key: VaultKey, account: string, binding: Buffer, plain: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.dataKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(itemAad(key, account, binding));
  return Buffer.concat([magic, nonce, binding, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Opens a sealed item for its owner. It opens only under the binding that is given here; the one that
 * stands in it serves to tell an item of another endpoint, which is intact, from a damaged one.
 *
 * @throws SecretError secret_bound_elsewhere, vault_damaged
 */
export function openItem(key: VaultKey, account: string, binding: Buffer, sealed: Uint8Array): SecretItem {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const sealedFor = bytes.subarray(bindingAt, ciphertextAt);
  if (sealedFor.length === binding.length && !timingSafeEqual(sealedFor, binding)) {
    throw decrypt(key, account, sealedFor, bytes) === null ? damagedItem() : boundElsewhere();
  }
  const plain = decrypt(key, account, binding, bytes);
  if (plain === null) throw damagedItem();
  const length = plain.readUInt32BE();
  const payload = parseObject(plain.toString('utf8', 4, 4 + length));
  plain.fill(0);
  const item = payload === null ? null : itemFrom(payload);
  if (item === null) throw damagedItem();
  return item;
}

/**
 * Seals an item under another key, for the same owner: whoever may not read it is not needed for it.
 * @throws SecretError vault_damaged
 */
export function resealItem(from: VaultKey, to: VaultKey, account: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const binding = bytes.subarray(bindingAt, ciphertextAt);
  const plain = decrypt(from, account, binding, bytes);
  if (plain === null) throw damagedItem();
  try {
    return sealPadded(to, account, binding, plain);
  } finally {
    plain.fill(0);
  }
}

/** The padded plaintext, or null when the item does not authenticate. */
function decrypt(key: VaultKey, account: string, binding: Buffer, bytes: Buffer): Buffer | null {
  const isWhole = bytes.length >= ciphertextAt + block + tagBytes;
  if (!isWhole || !bytes.subarray(0, nonceAt).equals(magic)) return null;
  const nonce = bytes.subarray(nonceAt, bindingAt);
  const decipher = createDecipheriv('aes-256-gcm', key.dataKey, nonce, { authTagLength: tagBytes });
  decipher.setAAD(itemAad(key, account, binding));
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
  const plain = decipher.update(bytes.subarray(ciphertextAt, bytes.length - tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    plain.fill(0);
    return null;
  }
}

function itemAad(key: VaultKey, account: string, binding: Buffer): Buffer {
  const fields = [magic.toString('hex'), key.vaultId.toString('hex'), account, binding.toString('hex')];
  return Buffer.from(JSON.stringify(fields), 'utf8');
}

function damagedItem(): SecretError {
  return new SecretError({
    code: 'vault_damaged',
    message: 'the stored password was changed or damaged in the vault',
    fix: 'enter it again (jackfield connections edit), or put a backup of the catalog back',
  });
}
