/**
 * Where the vault keeps its sealed bytes, a port: the catalog implements it. It sees ciphertext only.
 *
 * Each method is one transaction, durable when its promise resolves; all throw CatalogError when the
 * store can't be read or written.
 */
export interface VaultStorage {
  /** The vault's header, JSON text as it was given to {@link createHeader}; null when there is no vault. */
  readHeader(): Promise<string | null>;

  /**
   * Writes the header unless there is one already: the first writer wins.
   * @returns the header in force, byte for byte
   */
  createHeader(text: string): Promise<string>;

  /** The sealed item, byte for byte; null when there is none. */
  readItem(account: string): Promise<Uint8Array | null>;

  /** Writes a sealed item, in place of a former one of that account. */
  writeItem(account: string, sealed: Uint8Array): Promise<void>;

  /** Removes an item; one that is not there is no error. */
  deleteItem(account: string): Promise<void>;
}
