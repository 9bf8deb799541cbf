import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SecretError } from '../connections/errors.ts';
import type { ExportSealer } from '../connections/exchange/sealing.ts';
import { asksPerson, type ExportPassphraseSettings, exportPassphrase } from './export-passphrase.ts';
import { isRecord, parseObject } from './item-text.ts';
import type { Secret } from './secret.ts';
import { formatHeader, parseHeader, type VaultHeader } from './vault-header.ts';
import { makeVaultKey, openVaultKey, type VaultKey } from './vault-key.ts';

/*
 * A sealed export is one line of JSON, and there is exactly one text for its parts:
 *
 *   format, version
 *   vault    the header of a vault of its own (vault-header.ts): the data key, wrapped by scrypt of the
 *            passphrase
 *   nonce    12 bytes, hexadecimal
 *   sealed   base64 of AES-256-GCM, the tag last, of: length of the text (4 bytes, big-endian), text, zeros
 *            up to a multiple of 1024 bytes, so that the size does not tell how long the passwords are
 *
 * All that stands before `sealed` is authenticated with it.
 */
const format = 'jackfield-export';
const version = 1;
const block = 1024;
const tagBytes = 16;
const triesOfAPerson = 3;

/** Seals exports by a passphrase, with the vault's own primitives. */
export class SealedExport implements ExportSealer {
  readonly #settings: ExportPassphraseSettings;

  constructor(settings: ExportPassphraseSettings) {
    this.#settings = settings;
  }

  async seal(text: string): Promise<string> {
    return sealExport(text, await exportPassphrase(this.#settings, 'create'));
  }

  async open(sealed: string): Promise<string> {
    // What is damaged is refused before anybody types a passphrase for it.
    parseSealed(sealed);
    for (let left = asksPerson(this.#settings) ? triesOfAPerson : 1; ; left -= 1) {
      const purpose = left < triesOfAPerson && asksPerson(this.#settings) ? 'open-again' : 'open';
      const passphrase = await exportPassphrase(this.#settings, purpose);
      try {
        return await openExport(sealed, passphrase);
      } catch (error) {
        const isWrong = error instanceof SecretError && error.code === 'export_wrong_passphrase';
        if (!isWrong || left === 1) throw error;
      }
    }
  }
}

/** @returns the text of the file */
async function sealExport(text: string, passphrase: Secret): Promise<string> {
  const made = await makeVaultKey({ kind: 'passphrase', passphrase, from: 'prompt' });
  const sealed = sealUnder(made, text);
  made.key.dataKey.fill(0);
  return sealed;
}

/** {@link sealExport}, under a key that is there already. */
export function sealUnder({ key, header }: { key: VaultKey; header: VaultHeader }, text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const plain = Buffer.alloc(Math.ceil((4 + bytes.length) / block) * block);
  plain.writeUInt32BE(bytes.length);
  bytes.copy(plain, 4);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.dataKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aadOf(header, nonce));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  plain.fill(0);
  bytes.fill(0);
  return `${formatSealed({ header, nonce, sealed })}\n`;
}

/** @throws SecretError export_wrong_passphrase, export_damaged, export_too_new */
async function openExport(text: string, passphrase: Secret): Promise<string> {
  const { header } = parseSealed(text);
  const key = await openVaultKey(header, { kind: 'passphrase', passphrase, from: 'prompt' }).catch(() => {
    throw new SecretError({
      code: 'export_wrong_passphrase',
      message: 'the export does not open: its passphrase is another one, or its header was changed',
      fix: 'try the right passphrase; if it is the right one, export again',
    });
  });
  try {
    return openUnder(key, text);
  } finally {
    key.dataKey.fill(0);
  }
}

/** {@link openExport}, under a key that is there already. @throws SecretError export_damaged, export_too_new */
export function openUnder(key: VaultKey, text: string): string {
  const plain = decrypt(parseSealed(text), key);
  const length = plain.readUInt32BE();
  if (length > plain.length - 4) throw damaged();
  const opened = plain.toString('utf8', 4, 4 + length);
  plain.fill(0);
  return opened;
}

interface SealedParts {
  readonly header: VaultHeader;
  readonly nonce: Buffer;
  /** With its tag. */
  readonly sealed: Buffer;
}

function formatSealed({ header, nonce, sealed }: SealedParts): string {
  const vault: unknown = JSON.parse(formatHeader(header));
  const parts = { format, version, vault, nonce: nonce.toString('hex'), sealed: sealed.toString('base64') };
  return JSON.stringify(parts);
}

/** @throws SecretError export_damaged, export_too_new */
function parseSealed(text: string): SealedParts {
  const parsed = parseObject(text);
  if (parsed?.format !== format) throw damaged();
  if (typeof parsed.version === 'number' && parsed.version > version) throw tooNew();
  const { vault, nonce, sealed } = parsed;
  if (!isRecord(vault) || typeof nonce !== 'string' || typeof sealed !== 'string') throw damaged();
  const parts = {
    header: headerFrom(vault),
    nonce: Buffer.from(nonce, 'hex'),
    sealed: Buffer.from(sealed, 'base64'),
  };
  const isWhole = parts.nonce.length === 12 && parts.sealed.length >= block + tagBytes;
  if (!isWhole || formatSealed(parts) !== text.trim()) throw damaged();
  return parts;
}

/** The vault's own complaints point to the catalog. */
function headerFrom(vault: Record<string, unknown>): VaultHeader {
  try {
    const header = parseHeader(JSON.stringify(vault));
    if (header.kdf.name === 'scrypt') return header;
  } catch (error) {
    if (error instanceof SecretError && error.code === 'vault_too_new') throw tooNew();
  }
  throw damaged();
}

function decrypt({ header, nonce, sealed }: SealedParts, key: VaultKey): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key.dataKey, nonce, { authTagLength: tagBytes });
  decipher.setAAD(aadOf(header, nonce));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    plain.fill(0);
    throw damaged();
  }
}

function aadOf(header: VaultHeader, nonce: Buffer): Buffer {
  return Buffer.from(JSON.stringify([format, version, formatHeader(header), nonce.toString('hex')]));
}

function damaged(): SecretError {
  return new SecretError({
    code: 'export_damaged',
    message: 'the export was changed or damaged, or is not whole',
    fix: 'get it again from where it came from',
  });
}

function tooNew(): SecretError {
  return new SecretError({
    code: 'export_too_new',
    message: 'the export was made by a newer version of jackfield',
    fix: 'update jackfield: npm install --global jackfield',
  });
}
