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

  writeItem(account: string, sealed: Uint8Array): void {
    this.#db.run(
      `INSERT INTO vault_items (account, sealed) VALUES (?, ?)
       ON CONFLICT (account) DO UPDATE SET sealed = excluded.sealed`,
      account,
      sealed,
    );
  }

  deleteItem(account: string): void {
    this.#db.run('DELETE FROM vault_items WHERE account = ?', account);
  }
}
