import type { ConnectionDraft, LastTest, Role, SavedConnection } from '../connections/connection.ts';
import {
  cdcSetUp,
  changedMeanwhile,
  connectionInUse,
  nameTaken,
  noSuchConnection,
} from '../connections/refusals.ts';
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
import type { PipelinesTable } from './pipelines-table.ts';
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
  readonly #pipelines: PipelinesTable;
  readonly #now: () => Date;

  constructor(db: CatalogDatabase, ledger: SecretLedger, pipelines: PipelinesTable, now: () => Date) {
    this.#db = db;
    this.#ledger = ledger;
    this.#pipelines = pipelines;
    this.#now = now;
  }

  /** SQLite compares UTF-8 bytes, which is the order of code points. */
  list(): SavedConnection[] {
    const usedBy = this.#pipelines.namesByConnection();
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

  delete(id: string, force: boolean): boolean {
    const row = this.#db.row<[string, Role, string | null]>(
      'SELECT name, role, secret_account FROM connections WHERE id = ?',
      id,
    );
    if (row === undefined) return false;
    const [name, role, account] = row;
    const pipelines = force ? [] : this.#pipelines.activeUsersOf(id);
    if (pipelines.length > 0) throw connectionInUse([{ name, role, pipelines, substitute: null }]);
    const captured = this.#db.row<[string]>('SELECT slot FROM cdc_setups WHERE connection_id = ?', id);
    if (captured !== undefined && !force) throw cdcSetUp(name, captured[0]);
    this.#pipelines.disconnect(id, name);
    this.#db.run('DELETE FROM connections WHERE id = ?', id);
    if (account !== null) this.#ledger.retire(account);
    return true;
  }

  recordTest(id: string, revision: number, lastTest: LastTest, provider: string): boolean {
    const passed = passedAt(lastTest, this.#now().toISOString());
    return this.#db.run(setTest, ...lastTestCells(lastTest), passed, provider, id, revision) === 1;
  }

  #get(id: string): SavedConnection {
    const saved = this.#first('WHERE c.id = ?', id);
    if (saved === null) throw new Error(`connection ${id} was written and is not there`);
    return saved;
  }

  #first(where: string, value: string): SavedConnection | null {
    const row = this.#db.row<[string]>(`${selectConnections} ${where}`, value);
    if (row === undefined) return null;
    return toSavedConnection(parseRow(row[0]), (id) => this.#pipelines.usersOf(id), this.#db.file);
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
