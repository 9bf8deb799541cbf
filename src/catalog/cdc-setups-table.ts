import type { CdcRecord, OwnedCdcRecord } from '../cdc/cdc.ts';
import { noSuchConnection, refuseLostSetup } from '../connections/refusals.ts';
import type { CatalogDatabase } from './catalog-database.ts';

type Row = [string, string, string, string | null, number, string, string];

const columns = 's.publication, s.slot, s.host, s.hostaddr, s.port, s.database, s.since';

/** What was set up for CDC. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class CdcSetupsTable {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  find(id: string): CdcRecord | null {
    const row = this.#db.row<Row>(`SELECT ${columns} FROM cdc_setups s WHERE s.connection_id = ?`, id);
    return row === undefined ? null : recordOf(row);
  }

  all(): OwnedCdcRecord[] {
    const rows = this.#db.rows<[string, string, ...Row]>(
      `SELECT c.id, c.name, ${columns} FROM cdc_setups s JOIN connections c ON c.id = s.connection_id ORDER BY c.name`,
    );
    return rows.map(([id, name, ...row]) => ({ connection: { id, name }, record: recordOf(row) }));
  }

  save(id: string, record: CdcRecord): void {
    const known = this.#db.row<[string]>('SELECT name FROM connections WHERE id = ?', id);
    if (known === undefined) throw noSuchConnection(id);
    refuseLostSetup({ id, name: known[0] }, record, this.all());
    const { publication, slot, host, hostaddr, port, database, since } = record;
    this.#db.run(
      `INSERT OR REPLACE INTO cdc_setups (connection_id, publication, slot, host, hostaddr, port, database, since)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, publication, slot, host, hostaddr, port, database, since],
    );
  }

  forget(id: string): void {
    this.#db.run('DELETE FROM cdc_setups WHERE connection_id = ?', id);
  }
}

function recordOf([publication, slot, host, hostaddr, port, database, since]: Row): CdcRecord {
  return { publication, slot, host, hostaddr, port, database, since };
}
