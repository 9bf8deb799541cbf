import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretError } from '../../src/connections/errors.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { Vault } from '../../src/secrets/vault.ts';
import { VaultKeySource } from '../../src/secrets/vault-key-source.ts';
import { InMemoryVaultStorage } from '../support/in-memory-vault-storage.ts';
import { secretOwner } from '../support/secret-owner.ts';

const canary = 'canary-4711';
const owner = secretOwner();
const item = { password: new Secret(canary), sslKeyPassword: new Secret(`${canary}-key`) };

let directory: string;
let environment: Record<string, string>;
let storage: InMemoryVaultStorage;
let vault: Vault;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'jackfield-tamper-'));
  environment = { JACKFIELD_KEY_FILE: join(directory, 'key') };
  await writeFile(join(directory, 'key'), randomBytes(32), { mode: 0o600 });
  storage = new InMemoryVaultStorage();
  vault = newVault(storage);
  await vault.put('a', owner, item);
  await vault.put('b', owner, item);
});
afterAll(() => rm(directory, { recursive: true }));

function newVault(over: InMemoryVaultStorage, variables = environment): Vault {
  return new Vault(over, new VaultKeySource({ environment: variables }));
}

function sealedItem(account = 'a'): Buffer {
  const sealed = storage.items.get(account);
  if (sealed === undefined) throw new Error(`no item ${account}`);
  return Buffer.from(sealed);
}

function header(): string {
  if (storage.header === null) throw new Error('no header');
  return storage.header;
}

/** What comes of reading item `a` of a vault with this header and this item. */
async function outcome(sealed: Uint8Array, text = header(), variables = environment): Promise<SecretError> {
  const tampered = new InMemoryVaultStorage();
  tampered.header = text;
  tampered.items.set('a', sealed);
  const error = await newVault(tampered, variables)
    .get('a', owner)
    .then(
      () => new Error('it opened'),
      (thrown: unknown) => thrown,
    );
  if (!(error instanceof SecretError)) throw error;
  const shown = [
    error.message,
    error.stack,
    error.fix,
    inspect(error, { depth: 9, showHidden: true }),
    JSON.stringify(error),
  ];
  expect(shown.join(' ')).not.toContain(canary);
  return error;
}

function withBitFlipped(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return flipped;
}

describe('a sealed item', () => {
  it('opens when nothing is touched', async () => {
    expect((await vault.get('a', owner)).password?.reveal()).toBe(canary);
  });

  it('is damaged with any one bit flipped', async () => {
    const sealed = sealedItem();
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      expect([bit, (await outcome(withBitFlipped(sealed, bit))).code]).toEqual([bit, 'vault_damaged']);
    }
  }, 60_000);

  it('is damaged when it is cut off, lengthened or empty', async () => {
    const sealed = sealedItem();
    for (let length = 0; length < sealed.length; length += 1) {
      expect((await outcome(sealed.subarray(0, length))).code).toBe('vault_damaged');
    }
    expect((await outcome(Buffer.concat([sealed, Buffer.alloc(256)]))).code).toBe('vault_damaged');
  }, 30_000);

  it('does not open in the place of another', async () => {
    expect((await outcome(sealedItem('b'))).code).toBe('vault_damaged');
  });

  it('does not open in another vault', async () => {
    const other = new InMemoryVaultStorage();
    await newVault(other).put('a', owner, item);
    expect((await outcome(Buffer.from(other.items.get('a') ?? []))).code).toBe('vault_damaged');
  });

  it('does not open for an owner whose binding was written over its own', async () => {
    const evil = secretOwner({ host: 'evil.example.com' });
    const storageOfEvil = new InMemoryVaultStorage();
    const evilVault = newVault(storageOfEvil);
    await evilVault.put('a', evil, item);
    const forged = sealedItem();
    Buffer.from(storageOfEvil.items.get('a') ?? []).copy(forged, 16, 16, 48);
    const tampered = new InMemoryVaultStorage();
    tampered.header = header();
    tampered.items.set('a', forged);
    await expect(newVault(tampered).get('a', evil)).rejects.toMatchObject({ code: 'vault_damaged' });
    expect((await outcome(forged)).code).toBe('vault_damaged');
  });

  it('never holds the secret in the clear, nor does the header', () => {
    const clear = Buffer.from(canary);
    expect(sealedItem().includes(clear)).toBe(false);
    expect(header()).not.toContain(canary);
  });
});

describe("the vault's header", () => {
  it('opens nothing with any one bit flipped', async () => {
    const bytes = Buffer.from(header());
    const codes = new Set<string>();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      codes.add((await outcome(sealedItem(), withBitFlipped(bytes, bit).toString('latin1'))).code);
    }
    // A flipped bit may make another valid number of it: then the key does not unwrap, or the version is newer.
    expect([...codes].sort()).toEqual(['vault_damaged', 'vault_too_new', 'vault_wrong_passphrase']);
  }, 60_000);

  it.each([
    '',
    '{}',
    'null',
    '[]',
    'not JSON',
    '{"format":"jackfield-vault"}',
    '{"format":"jackfield-vault","version":1}',
  ])('is damaged as %j, and no new vault is made in its place', async (text) => {
    expect((await outcome(sealedItem(), text)).code).toBe('vault_damaged');
    const tampered = new InMemoryVaultStorage();
    tampered.header = text;
    await expect(newVault(tampered).put('new', owner, item)).rejects.toMatchObject({ code: 'vault_damaged' });
    expect(tampered.header).toBe(text);
    expect(tampered.items.size).toBe(0);
  });
});

describe('the key derivation in the header', () => {
  const passphrase = { JACKFIELD_PASSPHRASE: 'eleven green bottles' };
  let madeWithPassphrase: string;
  let sealed: Buffer;
  beforeAll(async () => {
    const made = new InMemoryVaultStorage();
    await newVault(made, passphrase).put('a', owner, item);
    madeWithPassphrase = made.header ?? '';
    sealed = Buffer.from(made.items.get('a') ?? []);
  });

  const parameters = '"N":131072,"r":8,"p":1';

  it.each([
    ['"N":2,"r":8,"p":1'],
    ['"N":65536,"r":8,"p":1'],
    ['"N":131073,"r":8,"p":1'],
    ['"N":2097152,"r":8,"p":1'],
    ['"N":1e300,"r":8,"p":1'],
    ['"N":-131072,"r":8,"p":1'],
    ['"N":131072.5,"r":8,"p":1'],
    ['"N":"131072","r":8,"p":1'],
    ['"N":null,"r":8,"p":1'],
    ['"N":131072,"r":1,"p":1'],
    ['"N":131072,"r":1024,"p":1'],
    ['"N":131072,"r":8,"p":0'],
    ['"N":131072,"r":8,"p":65536'],
    ['"N":131072,"r":8'],
    ['"N":2,"N":131072,"r":8,"p":1'],
  ])('is refused with %s, before anything is derived', async (changed) => {
    expect(madeWithPassphrase).toContain(parameters);
    const before = process.cpuUsage();
    const error = await outcome(sealed, madeWithPassphrase.replace(parameters, changed), passphrase);
    expect(error.code).toBe('vault_damaged');
    expect(process.cpuUsage(before).user, 'microseconds').toBeLessThan(150_000);
  });

  it('is part of what is authenticated', async () => {
    const costlier = madeWithPassphrase.replace('"N":131072', '"N":262144');
    expect((await outcome(sealed, costlier, passphrase)).code).toBe('vault_wrong_passphrase');
  }, 30_000);

  it('can not be exchanged for the one of key files', async () => {
    const exchanged = madeWithPassphrase.replace(/"kdf":\{[^}]*\}/, '"kdf":{"name":"hkdf-sha256"}');
    expect((await outcome(sealed, exchanged, passphrase)).code).toBe('vault_wrong_key_kind');
    expect((await outcome(sealed, exchanged, environment)).code).toBe('vault_wrong_passphrase');
  });
});
