import type { CdcRecord } from '../cdc/cdc.ts';
import { cdcSetUpOtherwise, noSuchConnection } from '../connections/refusals.ts';
import type { CatalogDatabase } from './catalog-database.ts';

/** What was set up for CDC. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class CdcSetupsTable {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  find(id: string): CdcRecord | null {
    const row = this.#db.row<[string, string, string, number, string, string]>(
      'SELECT publication, slot, host, port, database, since FROM cdc_setups WHERE connection_id = ?',
      id,
    );
    if (row === undefined) return null;
    const [publication, slot, host, port, database, since] = row;
    return { publication, slot, host, port, database, since };
  }

  save(id: string, { publication, slot, host, port, database, since }: CdcRecord): void {
    const known = this.#db.row('SELECT 1 FROM connections WHERE id = ?', id);
    if (known === undefined) throw noSuchConnection(id);
    const former = this.find(id);
    // Another set-up of the same connection was quicker: it would be forgotten.
    if (former !== null && (former.publication !== publication || former.slot !== slot)) {
      throw cdcSetUpOtherwise(former);
    }
    this.#db.run(
      `INSERT OR REPLACE INTO cdc_setups (connection_id, publication, slot, host, port, database, since)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[id, publication, slot, host, port, database, since],
    );
  }

  forget(id: string): void {
    this.#db.run('DELETE FROM cdc_setups WHERE connection_id = ?', id);
  }
}
