import type { ConnectionDraft, LastTest, SavedConnection, TableName } from '../connections/connection.ts';
import { changedMeanwhile, nameTaken, noSuchConnection } from '../connections/refusals.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import {
  draftCells,
  draftColumns,
  lastTestCells,
  lastTestColumns,
  parseRow,
  parseRows,
  selectConnections,
  selectEveryConnection,
  toSavedConnection,
} from './connection-rows.ts';
import type { SecretLedger } from './secret-ledger.ts';

const insertColumns = ['id', ...draftColumns, 'last_test_status', 'created_at', 'updated_at', 'revision'];
const insert = `INSERT INTO connections (${insertColumns.join(', ')})
  VALUES (${insertColumns.map(() => '?').join(', ')})`;

const replace = `UPDATE connections SET
  ${[...draftColumns, ...lastTestColumns].map((column) => `${column} = ?`).join(', ')},
  last_passed_at = coalesce(?, last_passed_at), updated_at = ?, revision = revision + 1
  WHERE id = ?`;

const setTest = `UPDATE connections SET
  ${lastTestColumns.map((column) => `${column} = ?`).join(', ')},
  last_passed_at = coalesce(?, last_passed_at), provider = ?
  WHERE id = ? AND revision = ?`;

/** The connections' rows. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class ConnectionsTable {
  readonly #db: CatalogDatabase;
  readonly #ledger: SecretLedger;
  readonly #now: () => Date;

  constructor(db: CatalogDatabase, ledger: SecretLedger, now: () => Date) {
    this.#db = db;
    this.#ledger = ledger;
    this.#now = now;
  }

  /** SQLite compares UTF-8 bytes, which is the order of code points. */
  list(): SavedConnection[] {
    const usedBy = this.#pipelinesByConnection();
    const pipelinesOf = (id: string) => usedBy.get(id) ?? [];
    const [json] = this.#db.row<[string]>(selectEveryConnection) ?? ['[]'];
    return parseRows(json).map((row) => toSavedConnection(row, pipelinesOf, this.#db.file));
  }

  find(nameOrId: string): SavedConnection | null {
    return this.#first('WHERE c.name = ?', nameOrId) ?? this.#first('WHERE c.id = ?', nameOrId);
  }

  add(id: string, draft: ConnectionDraft): SavedConnection {
    this.#refuseTakenName(id, draft.name);
    const now = this.#now().toISOString();
    if (draft.secretAccount !== null) this.#ledger.makeLive(draft.secretAccount, id);
    this.#db.run(insert, id, ...draftCells(draft), 'never', now, now, 1);
    return this.#get(id);
  }

  update(id: string, revision: number, draft: ConnectionDraft, lastTest: LastTest): SavedConnection {
    const former = this.#first('WHERE c.id = ?', id);
    if (former === null) throw noSuchConnection(id);
    if (former.revision !== revision) throw changedMeanwhile(former.name);
    this.#refuseTakenName(id, draft.name);
    const newAccount = draft.secretAccount !== former.secretAccount;
    if (newAccount && draft.secretAccount !== null) this.#ledger.makeLive(draft.secretAccount, id);
    const now = this.#now().toISOString();
    const cells = [...draftCells(draft), ...lastTestCells(lastTest)];
    this.#db.run(replace, ...cells, passedAt(lastTest, now), now, id);
    if (newAccount && former.secretAccount !== null) this.#ledger.retire(former.secretAccount);
    return this.#get(id);
  }

  moveSecret(id: string, from: string, to: string): boolean {
    const row = this.#db.row('SELECT 1 FROM connections WHERE id = ? AND secret_account = ?', id, from);
    if (row === undefined) return false;
    this.#ledger.makeLive(to, id);
    this.#db.run('UPDATE connections SET secret_account = ?, revision = revision + 1 WHERE id = ?', to, id);
    this.#ledger.retire(from);
    return true;
  }

  delete(id: string): boolean {
    const row = this.#db.row<[string | null]>('SELECT secret_account FROM connections WHERE id = ?', id);
    if (row === undefined) return false;
    this.#db.run('DELETE FROM connections WHERE id = ?', id);
    const [account] = row;
    if (account !== null) this.#ledger.retire(account);
    return true;
  }

  recordTest(id: string, revision: number, lastTest: LastTest, provider: string): boolean {
    const passed = passedAt(lastTest, this.#now().toISOString());
    return this.#db.run(setTest, ...lastTestCells(lastTest), passed, provider, id, revision) === 1;
  }

  tablesUsed(id: string): TableName[] {
    const sql = `SELECT DISTINCT t.schema, t.name
      FROM pipelines AS p JOIN pipeline_tables AS t ON t.pipeline_id = p.id
      WHERE p.source_id = ? OR p.destination_id = ? ORDER BY t.schema, t.name`;
    return this.#db.rows<[string, string]>(sql, id, id).map(([schema, name]) => ({ schema, name }));
  }

  #get(id: string): SavedConnection {
    const saved = this.#first('WHERE c.id = ?', id);
    if (saved === null) throw new Error(`connection ${id} was written and is not there`);
    return saved;
  }

  #first(where: string, value: string): SavedConnection | null {
    const row = this.#db.row<[string]>(`${selectConnections} ${where}`, value);
    if (row === undefined) return null;
    return toSavedConnection(parseRow(row[0]), (id) => this.#pipelinesOf(id), this.#db.file);
  }

  #pipelinesOf(id: string): string[] {
    const sql = 'SELECT name FROM pipelines WHERE source_id = ? OR destination_id = ? ORDER BY name';
    return this.#db.rows<[string]>(sql, id, id).map(([name]) => name);
  }

  #pipelinesByConnection(): Map<string, string[]> {
    const usedBy = new Map<string, string[]>();
    const sql = 'SELECT name, source_id, destination_id FROM pipelines ORDER BY name';
    for (const [name, ...ids] of this.#db.rows<[string, string | null, string | null]>(sql)) {
      for (const id of new Set(ids)) {
        if (id === null) continue;
        const names = usedBy.get(id);
        if (names === undefined) usedBy.set(id, [name]);
        else names.push(name);
      }
    }
    return usedBy;
  }

  #refuseTakenName(id: string, name: string): void {
    const other = this.#db.row('SELECT 1 FROM connections WHERE name = ? AND id <> ?', name, id);
    if (other !== undefined) throw nameTaken(name);
  }
}

/** When a test passed, with warnings or without; null for any other. */
function passedAt(test: LastTest, now: string): string | null {
  return test.status === 'passed' || test.status === 'warned' ? (test.at ?? now) : null;
}
