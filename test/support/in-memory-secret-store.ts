import type { SecretItem, SecretOwner, SecretStore } from '../../src/connections/secret-store.ts';
import { bindingDigestOf, boundElsewhere } from '../../src/secrets/binding.ts';
import { secretMissing } from '../../src/secrets/missing.ts';

/** A secret store for unit tests: nothing leaves the process, and items are bound as everywhere. */
export class InMemorySecretStore implements SecretStore {
  readonly backend = 'keychain';
  readonly #items = new Map<string, { readonly binding: string; readonly item: SecretItem }>();

  /** The accounts of the items that are there. */
  get accounts(): string[] {
    return [...this.#items.keys()];
  }

  async put(account: string, owner: SecretOwner, item: SecretItem): Promise<void> {
    this.#items.set(account, { binding: await digest(owner), item });
  }

  async get(account: string, owner: SecretOwner): Promise<SecretItem> {
    const binding = await digest(owner);
    const found = this.#items.get(account);
    if (found === undefined) throw secretMissing();
    if (found.binding !== binding) throw boundElsewhere();
    return found.item;
  }

  async delete(account: string): Promise<void> {
    this.#items.delete(account);
  }

  async has(account: string): Promise<boolean> {
    return this.#items.has(account);
  }
}

async function digest(owner: SecretOwner): Promise<string> {
  return (await bindingDigestOf(owner)).toString('hex');
}
