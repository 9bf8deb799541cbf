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

  /**
   * Writes a sealed item, in place of a former one of that account.
   * @param header the one it was sealed under
   * @returns false, with nothing written, when another header is in force
   */
  writeItem(account: string, sealed: Uint8Array, header: string): Promise<boolean>;

  /** Removes an item; one that is not there is no error. */
  deleteItem(account: string): Promise<void>;

  /**
   * Seals every item anew and puts another header in the place of the former one, all of it or nothing.
   * @param reseal gives an item's new bytes; what it throws undoes the whole
   * @returns the number of items; null, with nothing written, when `former` is not in force any more
   */
  replaceHeader(
    former: string,
    header: string,
    reseal: (account: string, sealed: Uint8Array) => Uint8Array,
  ): Promise<number | null>;

  /** Removes the header of a vault that holds nothing; any other stays. */
  removeEmptyVault(): Promise<void>;
}
