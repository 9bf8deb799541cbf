import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretItem } from '../../../src/connections/secret-store.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { Vault, vaultStatus } from '../../../src/secrets/vault.ts';
import {
  type VaultKeyMaterial,
  VaultKeySource,
  type VaultPurpose,
} from '../../../src/secrets/vault-key-source.ts';
import { InMemoryVaultStorage } from '../../support/in-memory-vault-storage.ts';
import { secretOwner } from '../../support/secret-owner.ts';

const owner = secretOwner();
const item: SecretItem = { password: new Secret('canary-4711'), sslKeyPassword: null };

let directory: string;
let withKeyFile: Record<string, string>;
let withOtherKeyFile: Record<string, string>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'jackfield-vault-'));
  withKeyFile = { JACKFIELD_KEY_FILE: join(directory, 'key') };
  withOtherKeyFile = { JACKFIELD_KEY_FILE: join(directory, 'other') };
  await writeFile(join(directory, 'key'), randomBytes(32), { mode: 0o600 });
  await writeFile(join(directory, 'other'), randomBytes(32), { mode: 0o600 });
});
afterAll(() => rm(directory, { recursive: true }));

/** Counts how often the vault's key is asked for. */
class CountedKeySource extends VaultKeySource {
  readonly reads: VaultPurpose[] = [];

  override read(purpose: VaultPurpose): Promise<VaultKeyMaterial> {
    this.reads.push(purpose);
    return super.read(purpose);
  }
}

function vaultOver(storage: InMemoryVaultStorage, environment: Record<string, string>) {
  const source = new CountedKeySource({ environment });
  return { vault: new Vault(storage, source), reads: source.reads };
}

describe('the vault', () => {
  it('is made with the first item, and asks for its key once a run', async () => {
    const storage = new InMemoryVaultStorage();
    const first = vaultOver(storage, withKeyFile);
    await Promise.all(['a', 'b', 'c'].map((account) => first.vault.put(account, owner, item)));
    await first.vault.get('a', owner);
    expect(first.reads).toEqual(['create']);

    const second = vaultOver(storage, withKeyFile);
    await Promise.all(['a', 'b', 'c'].map((account) => second.vault.get(account, owner)));
    await second.vault.put('d', owner, item);
    expect(second.reads).toEqual(['open']);
  });

  it('is made by create, once', async () => {
    const storage = new InMemoryVaultStorage();
    const { vault } = vaultOver(storage, withKeyFile);
    expect(await vault.create()).toBe(true);
    const { header } = storage;
    expect(await vault.create()).toBe(false);
    expect(storage.header).toBe(header);
  });

  it('is one vault when two processes make it at once', async () => {
    const storage = new InMemoryVaultStorage();
    const [one, other] = [vaultOver(storage, withKeyFile).vault, vaultOver(storage, withKeyFile).vault];
    await Promise.all([one.put('a', owner, item), other.put('b', owner, item)]);
    const third = vaultOver(storage, withKeyFile).vault;
    expect((await third.get('a', owner)).password?.reveal()).toBe('canary-4711');
    expect((await third.get('b', owner)).password?.reveal()).toBe('canary-4711');
  });

  it('never asks for its key to look, to remove or to miss', async () => {
    const storage = new InMemoryVaultStorage();
    await vaultOver(storage, withKeyFile).vault.put('a', owner, item);
    const { vault, reads } = vaultOver(storage, {});
    expect(await vault.has('a')).toBe(true);
    await vault.delete('a');
    expect(await vault.has('a')).toBe(false);
    await expect(vault.get('a', owner)).rejects.toMatchObject({ code: 'secret_missing' });
    expect(reads).toEqual([]);
  });

  it('stays shut without a key, and makes nothing', async () => {
    const storage = new InMemoryVaultStorage();
    const { vault } = vaultOver(storage, {});
    await expect(vault.put('a', owner, item)).rejects.toMatchObject({ code: 'vault_locked' });
    await expect(vault.create()).rejects.toMatchObject({ code: 'vault_locked' });
    expect(storage.header).toBeNull();
    expect(storage.items.size).toBe(0);
  });

  it('stays shut with another key file, or a passphrase in its place', async () => {
    const storage = new InMemoryVaultStorage();
    await vaultOver(storage, withKeyFile).vault.put('a', owner, item);
    const withPassphrase = vaultOver(storage, { JACKFIELD_PASSPHRASE: 'p' }).vault;
    await expect(vaultOver(storage, withOtherKeyFile).vault.get('a', owner)).rejects.toMatchObject({
      code: 'vault_wrong_passphrase',
      message: expect.stringMatching(/key file is not the one.*or its header was damaged/),
    });
    await expect(withPassphrase.get('a', owner)).rejects.toMatchObject({ code: 'vault_wrong_key_kind' });
    await expect(withPassphrase.put('b', owner, item)).rejects.toMatchObject({
      code: 'vault_wrong_key_kind',
    });
    expect([...storage.items.keys()]).toEqual(['a']);
  });

  it('opens with its passphrase alone, however it is composed, and tries a wrong one once', async () => {
    const storage = new InMemoryVaultStorage();
    await vaultOver(storage, { JACKFIELD_PASSPHRASE: 'caf\u00e9' }).vault.put('a', owner, item);
    const decomposed = vaultOver(storage, { JACKFIELD_PASSPHRASE: 'cafe\u0301' }).vault;
    expect((await decomposed.get('a', owner)).password?.reveal()).toBe('canary-4711');

    const wrong = vaultOver(storage, { JACKFIELD_PASSPHRASE: 'cafe' });
    const failures = await Promise.allSettled([wrong.vault.get('a', owner), wrong.vault.get('a', owner)]);
    for (const failure of failures) {
      expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'vault_wrong_passphrase' } });
    }
    expect(wrong.reads).toEqual(['open']);
    await expect(vaultOver(storage, withKeyFile).vault.get('a', owner)).rejects.toMatchObject({
      code: 'vault_wrong_key_kind',
    });
  });

  it('asks again after it was locked', async () => {
    const storage = new InMemoryVaultStorage();
    const { vault, reads } = vaultOver(storage, withKeyFile);
    await vault.put('a', owner, item);
    vault.lock();
    expect((await vault.get('a', owner)).password?.reveal()).toBe('canary-4711');
    expect(reads).toEqual(['create', 'open']);
  });

  it('does not show how long a password is, nor that two are the same', async () => {
    const storage = new InMemoryVaultStorage();
    const { vault } = vaultOver(storage, withKeyFile);
    await vault.put('short', owner, { password: new Secret('p'), sslKeyPassword: null });
    await vault.put('long', owner, { password: new Secret('p'.repeat(150)), sslKeyPassword: null });
    await vault.put('same', owner, { password: new Secret('p'), sslKeyPassword: null });
    const sealed = ['short', 'long', 'same'].map((account) => Buffer.from(storage.items.get(account) ?? []));
    expect(new Set(sealed.map(({ length }) => length)).size).toBe(1);
    expect(new Set(sealed.map((bytes) => bytes.toString('hex'))).size).toBe(3);
  });

  it('uses a fresh nonce at each write', async () => {
    const storage = new InMemoryVaultStorage();
    const { vault } = vaultOver(storage, withKeyFile);
    const nonces = new Set<string>();
    for (let count = 0; count < 50; count += 1) {
      await vault.put('a', owner, item);
      nonces.add(Buffer.from(storage.items.get('a') ?? []).toString('hex', 4, 16));
    }
    expect(nonces.size).toBe(50);
  });
});

describe("the vault's status", () => {
  it('tells what it is without opening it', async () => {
    const storage = new InMemoryVaultStorage();
    expect(await vaultStatus(storage, {})).toEqual({ exists: false, kdf: null, openedBy: null });
    await vaultOver(storage, withKeyFile).vault.create();
    expect(await vaultStatus(storage, { JACKFIELD_PASSPHRASE: 'wrong' })).toEqual({
      exists: true,
      kdf: 'hkdf-sha256',
      openedBy: 'JACKFIELD_PASSPHRASE',
    });
  });
});
