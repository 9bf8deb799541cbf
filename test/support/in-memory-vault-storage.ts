import type { VaultStorage } from '../../src/secrets/vault-storage.ts';

/** A vault's storage for tests; its bytes can be looked at and changed. */
export class InMemoryVaultStorage implements VaultStorage {
  header: string | null = null;
  readonly items = new Map<string, Uint8Array>();

  async readHeader(): Promise<string | null> {
    return this.header;
  }

  async createHeader(text: string): Promise<string> {
    this.header ??= text;
    return this.header;
  }

  async readItem(account: string): Promise<Uint8Array | null> {
    const item = this.items.get(account);
    return item === undefined ? null : Uint8Array.from(item);
  }

  async writeItem(account: string, sealed: Uint8Array, header: string): Promise<boolean> {
    if (this.header !== header) return false;
    this.items.set(account, Uint8Array.from(sealed));
    return true;
  }

  async deleteItem(account: string): Promise<void> {
    this.items.delete(account);
  }

  async replaceHeader(...[former, header, reseal]: Parameters<VaultStorage['replaceHeader']>) {
    if (this.header !== former) return null;
    const sealedAnew = [...this.items].map(
      ([account, sealed]) => [account, reseal(account, sealed)] as const,
    );
    for (const [account, sealed] of sealedAnew) this.items.set(account, Uint8Array.from(sealed));
    this.header = header;
    return sealedAnew.length;
  }

  async removeEmptyVault(): Promise<void> {
    if (this.items.size === 0) this.header = null;
  }
}
