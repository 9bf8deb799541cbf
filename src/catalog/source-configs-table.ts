import { noSuchConnection } from '../connections/refusals.ts';
import type { SourceConfig } from '../metadata/source-config.ts';
import type { CatalogDatabase } from './catalog-database.ts';

/** How discoveries are configured. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class SourceConfigsTable {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  find(id: string): SourceConfig | null {
    const row = this.#db.row<[number | null, string, string]>(
      'SELECT refresh_every_ms, include, exclude FROM source_configs WHERE connection_id = ?',
      id,
    );
    if (row === undefined) return null;
    const [refreshEveryMs, include, exclude] = row;
    return { refreshEveryMs, include: JSON.parse(include), exclude: JSON.parse(exclude) };
  }

  save(id: string, { refreshEveryMs, include, exclude }: SourceConfig): void {
    const known = this.#db.row('SELECT 1 FROM connections WHERE id = ?', id);
    if (known === undefined) throw noSuchConnection(id);
    this.#db.run(
      `INSERT INTO source_configs (connection_id, refresh_every_ms, include, exclude) VALUES (?, ?, ?, ?)
        ON CONFLICT (connection_id) DO UPDATE SET refresh_every_ms = excluded.refresh_every_ms,
          include = excluded.include, exclude = excluded.exclude`,
      ...[id, refreshEveryMs, JSON.stringify(include), JSON.stringify(exclude)],
    );
  }
}
