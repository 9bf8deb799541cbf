import { SecretError } from '../connections/errors.ts';
import type { SecretItem, SecretOwner, SecretStore } from '../connections/secret-store.ts';
import { bindingDigestOf } from './binding.ts';
import { secretMissing } from './missing.ts';
import { formatHeader, parseHeader, type VaultKdf } from './vault-header.ts';
import { openItem, resealItem, sealItem } from './vault-item.ts';
import { isSameVault, makeVaultKey, openVaultKey, type VaultKey } from './vault-key.ts';
import { VaultKeySource } from './vault-key-source.ts';
import type { VaultStorage } from './vault-storage.ts';

/** How often a person may mistype the passphrase. */
const mostAttempts = 3;

/** The vault, opened. */
interface OpenedVault {
  readonly key: VaultKey;
  /** The header it was opened with, byte for byte: another one has another key. */
  readonly header: string;
}

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
  #opened: Promise<OpenedVault> | null = null;

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
    this.#opened = made;
    // The same failure is reported by `made`; nobody may be waiting for the key.
    this.#opened.catch(() => undefined);
    return (await made).isOurs;
  }

  /**
   * Opens the vault, or makes it where there is none.
   * @throws SecretError as {@link VaultKeySource.read} has it; vault_wrong_passphrase, vault_damaged
   */
  async unlock(): Promise<void> {
    await this.#open();
  }

  /**
   * Gives the vault a new data key, wrapped under new key material, and seals every item under it, in one
   * transaction: whenever the program is killed, the former key material opens the vault or the new one.
   * @param newSource where the new key material comes from; it is asked after the vault was opened
   * @param nameOf what an account's item is called, for the error
   * @returns the number of items; null where there is no vault
   * @throws SecretError vault_damaged (an item does not open; nothing is changed), vault_key_changed,
   * and as {@link VaultKeySource.read} and {@link openVaultKey} have it
   */
  async rotate(newSource: VaultKeySource, nameOf: (account: string) => string): Promise<number | null> {
    if ((await this.#storage.readHeader()) === null) return null;
    const former = await this.#open();
    const made = await makeVaultKey(await newSource.read('replace'));
    const header = formatHeader(made.header);
    const count = await this.#storage.replaceHeader(former.header, header, (account, sealed) => {
      try {
        return resealItem(former.key, made.key, account, sealed);
      } catch (error) {
        throw error instanceof SecretError ? damagedItemOf(nameOf(account), error) : error;
      }
    });
    if (count === null) throw keyChanged();
    this.lock();
    this.#opened = Promise.resolve({ key: made.key, header });
    return count;
  }

  async put(account: string, owner: SecretOwner, item: SecretItem): Promise<void> {
    const binding = await bindingDigestOf(owner);
    const { key, header } = await this.#open();
    const sealed = sealItem(key, account, binding, item);
    if (!(await this.#storage.writeItem(account, sealed, header))) throw keyChanged();
  }

  async get(account: string, owner: SecretOwner): Promise<SecretItem> {
    const binding = await bindingDigestOf(owner);
    const sealed = await this.#storage.readItem(account);
    if (sealed === null) throw secretMissing();
    const { key, header } = await this.#open();
    try {
      return openItem(key, account, binding, sealed);
    } catch (error) {
      // It may be sealed under a key that came into force after ours was read.
      if ((await this.#storage.readHeader()) !== header) throw keyChanged();
      throw error;
    }
  }

  async delete(account: string): Promise<void> {
    await this.#storage.deleteItem(account);
  }

  async has(account: string): Promise<boolean> {
    return (await this.#storage.readItem(account)) !== null;
  }

  /** Forgets the key, or that it could not be had: the next use opens the vault again. */
  lock(): void {
    const opened = this.#opened;
    this.#opened = null;
    opened?.then(
      ({ key }) => key.dataKey.fill(0),
      () => undefined,
    );
  }

  #open(): Promise<OpenedVault> {
    this.#opened ??= this.#openOrMake();
    return this.#opened;
  }

  async #openOrMake(): Promise<OpenedVault> {
    const text = await this.#storage.readHeader();
    if (text === null) return this.#make();
    const header = parseHeader(text);
    for (let attempt = 1; ; attempt += 1) {
      const material = await this.#keySource.read(attempt === 1 ? 'open' : 'open-again');
      try {
        return { key: await openVaultKey(header, material), header: text };
      } catch (error) {
        const isSlip =
          material.from === 'prompt' &&
          error instanceof SecretError &&
          error.code === 'vault_wrong_passphrase';
        if (!isSlip || attempt === mostAttempts) throw error;
      }
    }
  }

  async #make(): Promise<OpenedVault & { isOurs: boolean }> {
    const material = await this.#keySource.read('create');
    const made = await makeVaultKey(material);
    const header = await this.#storage.createHeader(formatHeader(made.header));
    const inForce = parseHeader(header);
    if (isSameVault(inForce, made.header)) return { key: made.key, header, isOurs: true };
    // Another process was first: its vault counts, and ours was never used.
    return { key: await openVaultKey(inForce, material), header, isOurs: false };
  }
}

function keyChanged(): SecretError {
  return new SecretError({
    code: 'vault_key_changed',
    message: 'the vault got a new key while this was at work; nothing was written under the former one',
    fix: 'run it again, with the new passphrase or key file',
  });
}

function damagedItemOf(name: string, cause: SecretError): SecretError {
  return new SecretError({
    code: cause.code,
    message: `the stored password of ${name} was changed or damaged in the vault, so that it can't be sealed anew`,
    fix: 'enter it again (jackfield connections edit) or put a backup of the catalog back; nothing was changed',
    cause,
  });
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
