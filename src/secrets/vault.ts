import { SecretError } from '../connections/errors.ts';
import type { SecretItem, SecretOwner, SecretStore } from '../connections/secret-store.ts';
import { bindingDigestOf } from './binding.ts';
import { secretMissing } from './missing.ts';
import { formatHeader, parseHeader, type VaultKdf } from './vault-header.ts';
import { openItem, sealItem } from './vault-item.ts';
import { isSameVault, makeVaultKey, openVaultKey, type VaultKey } from './vault-key.ts';
import { VaultKeySource } from './vault-key-source.ts';
import type { VaultStorage } from './vault-storage.ts';

/** How often a person may mistype the passphrase. */
const mostAttempts = 3;

/**
 * Our own encrypted store, where there is no keychain: items sealed by AES-256-GCM under a random data
 * key, which is itself wrapped under a key derived from a passphrase (scrypt) or a key file (HKDF).
 *
 * The key is derived once a run, when the first item has to be opened or sealed. A failure is
 * remembered as well; {@link Vault.lock} forgets both.
 */
export class Vault implements SecretStore {
  readonly backend = 'vault';
  readonly #storage: VaultStorage;
  readonly #keySource: VaultKeySource;
  #key: Promise<VaultKey> | null = null;

  constructor(storage: VaultStorage, keySource: VaultKeySource) {
    this.#storage = storage;
    this.#keySource = keySource;
  }

  /**
   * Makes the vault. `put` does so by itself where there is none.
   * @returns false when there is one already, which stays as it is
   * @throws SecretError as {@link VaultKeySource.read} has it
   */
  async create(): Promise<boolean> {
    if ((await this.#storage.readHeader()) !== null) return false;
    const made = this.#make();
    this.#key = made.then(({ key }) => key);
    // The same failure is reported by `made`; nobody may be waiting for the key.
    this.#key.catch(() => undefined);
    return (await made).isOurs;
  }

  async put(account: string, owner: SecretOwner, item: SecretItem): Promise<void> {
    const binding = await bindingDigestOf(owner);
    const key = await this.#open();
    await this.#storage.writeItem(account, sealItem(key, account, binding, item));
  }

  async get(account: string, owner: SecretOwner): Promise<SecretItem> {
    const binding = await bindingDigestOf(owner);
    const sealed = await this.#storage.readItem(account);
    if (sealed === null) throw secretMissing();
    return openItem(await this.#open(), account, binding, sealed);
  }

  async delete(account: string): Promise<void> {
    await this.#storage.deleteItem(account);
  }

  async has(account: string): Promise<boolean> {
    return (await this.#storage.readItem(account)) !== null;
  }

  /** Forgets the key, or that it could not be had: the next use opens the vault again. */
  lock(): void {
    const key = this.#key;
    this.#key = null;
    key?.then(
      ({ dataKey }) => dataKey.fill(0),
      () => undefined,
    );
  }

  #open(): Promise<VaultKey> {
    this.#key ??= this.#openOrMake();
    return this.#key;
  }

  async #openOrMake(): Promise<VaultKey> {
    const text = await this.#storage.readHeader();
    if (text === null) return (await this.#make()).key;
    const header = parseHeader(text);
    for (let attempt = 1; ; attempt += 1) {
      const material = await this.#keySource.read(attempt === 1 ? 'open' : 'open-again');
      try {
        return await openVaultKey(header, material);
      } catch (error) {
        const isSlip =
          material.from === 'prompt' &&
          error instanceof SecretError &&
          error.code === 'vault_wrong_passphrase';
        if (!isSlip || attempt === mostAttempts) throw error;
      }
    }
  }

  async #make(): Promise<{ key: VaultKey; isOurs: boolean }> {
    const material = await this.#keySource.read('create');
    const made = await makeVaultKey(material);
    const inForce = parseHeader(await this.#storage.createHeader(formatHeader(made.header)));
    if (isSameVault(inForce, made.header)) return { key: made.key, isOurs: true };
    // Another process was first: its vault counts, and ours was never used.
    return { key: await openVaultKey(inForce, material), isOurs: false };
  }
}

/** What `secrets status` tells of the vault. */
export interface VaultStatus {
  readonly exists: boolean;
  /** Null when there is no vault. */
  readonly kdf: VaultKdf['name'] | null;
  /** The variable that would open it; null when none is set, so that a person would be asked. */
  readonly openedBy: string | null;
}

/**
 * Tells of the vault without opening it.
 * @throws SecretError vault_damaged, vault_too_new, vault_key_ambiguous
 */
export async function vaultStatus(
  storage: Pick<VaultStorage, 'readHeader'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<VaultStatus> {
  const text = await storage.readHeader();
  return {
    exists: text !== null,
    kdf: text === null ? null : parseHeader(text).kdf.name,
    openedBy: new VaultKeySource({ environment }).variable(),
  };
}
