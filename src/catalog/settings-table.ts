import type { CatalogDatabase } from './catalog-database.ts';

/** What a catalog remembers of itself. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class SettingsTable {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  get(key: string): string | null {
    return this.#db.row<[string]>('SELECT value FROM settings WHERE key = ?', key)?.[0] ?? null;
  }

  set(key: string, value: string): void {
    this.#db.run(
      'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      value,
    );
  }

  /** Sets what is not set yet. @returns what is in force */
  setOnce(key: string, value: string): string {
    this.#db.run('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING', key, value);
    return this.get(key) ?? value;
  }
}
