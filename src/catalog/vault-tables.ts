import type { CatalogDatabase } from './catalog-database.ts';

/** The vault's header and sealed items. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class VaultTables {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  header(): string | null {
    return this.#db.row<[string]>('SELECT text FROM vault_header')?.[0] ?? null;
  }

  /** @returns the header in force: the one given, or the one that was there */
  createHeader(text: string): string {
    this.#db.run('INSERT INTO vault_header (only_row, text) VALUES (1, ?) ON CONFLICT DO NOTHING', text);
    return this.header() ?? text;
  }

  item(account: string): Uint8Array | null {
    const row = this.#db.row<[Uint8Array]>('SELECT sealed FROM vault_items WHERE account = ?', account);
    return row === undefined ? null : new Uint8Array(row[0]);
  }

  writeItem(account: string, sealed: Uint8Array, header: string): boolean {
    if (this.header() !== header) return false;
    this.#db.run(
      `INSERT INTO vault_items (account, sealed) VALUES (?, ?)
       ON CONFLICT (account) DO UPDATE SET sealed = excluded.sealed`,
      account,
      sealed,
    );
    return true;
  }

  deleteItem(account: string): void {
    this.#db.run('DELETE FROM vault_items WHERE account = ?', account);
  }

  replaceHeader(
    former: string,
    header: string,
    reseal: (account: string, sealed: Uint8Array) => Uint8Array,
  ): number | null {
    if (this.header() !== former) return null;
    const items = this.#db.rows<[string, Uint8Array]>('SELECT account, sealed FROM vault_items');
    for (const [account, sealed] of items)
      this.#db.run('UPDATE vault_items SET sealed = ? WHERE account = ?', reseal(account, sealed), account);
    this.#db.run('UPDATE vault_header SET text = ?', header);
    return items.length;
  }

  removeIfEmpty(): void {
    this.#db.run('DELETE FROM vault_header WHERE NOT EXISTS (SELECT 1 FROM vault_items)');
  }
}
