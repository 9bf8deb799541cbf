import type { CdcRecord, OwnedCdcRecord } from '../cdc/cdc.ts';
import type {
  CatalogFinding,
  ConnectionCatalog,
  SecretLedgerEntry,
  TestOutcome,
  TestRecord,
} from '../connections/catalog.ts';
import type {
  ConnectionDraft,
  LastTest,
  SavedConnection,
  SecretBackend,
  TableName,
} from '../connections/connection.ts';
import type { SourceConfig } from '../metadata/source-config.ts';
import type { VaultStorage } from '../secrets/vault-storage.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { CdcSetupsTable } from './cdc-setups-table.ts';
import { ConnectionsTable } from './connections-table.ts';
import { openCatalogFindings } from './health.ts';
import { migrations } from './migrations.ts';
import { openDatabase } from './open-database.ts';
import { ownOwner } from './owner.ts';
import { PipelinesTable } from './pipelines-table.ts';
import { SecretLedger } from './secret-ledger.ts';
import { SettingsTable } from './settings-table.ts';
import { SourceConfigsTable } from './source-configs-table.ts';
import { SqlitePipelines } from './sqlite-pipelines.ts';
import { TestResultsTable } from './test-results-table.ts';
import { VaultTables } from './vault-tables.ts';

export interface CatalogOptions {
  /** The directory that holds `catalog.db`; made, 0700, when it isn't there. */
  readonly home: string;
  /** The clock; the system's when not given. */
  readonly now?: () => Date;
  /** Who writes pending secrets, `host:pid`; this process when not given. */
  readonly owner?: string;
}

/**
 * Opens the catalog of a home directory, makes it when there is none, and brings it to the newest
 * format. What isn't right is refused and left as it is.
 * @throws CatalogError
 */
export function openCatalog(options: CatalogOptions): SqliteCatalog {
  return new SqliteCatalog(openDatabase({ home: options.home, migrations }), options);
}

/** The catalog in a local SQLite file, which also keeps the vault's sealed items. */
export class SqliteCatalog implements ConnectionCatalog, VaultStorage {
  readonly #db: CatalogDatabase;
  readonly #now: () => Date;
  readonly #connections: ConnectionsTable;
  readonly #pipelines: PipelinesTable;
  readonly #results: TestResultsTable;
  readonly #ledger: SecretLedger;
  readonly #settings: SettingsTable;
  readonly #sources: SourceConfigsTable;
  readonly #cdc: CdcSetupsTable;
  readonly #vault: VaultTables;
  /** The pipelines of the same catalog. */
  readonly pipelines: SqlitePipelines;

  /** Takes over an open database; {@link openCatalog} is the way to one. */
  constructor(db: CatalogDatabase, options: Omit<CatalogOptions, 'home'>) {
    const { now = () => new Date(), owner } = options;
    this.#db = db;
    this.#now = now;
    this.#ledger = new SecretLedger(db, now, () => owner ?? ownOwner());
    this.#pipelines = new PipelinesTable(db, now);
    this.pipelines = new SqlitePipelines(db, this.#pipelines);
    this.#connections = new ConnectionsTable(db, this.#ledger, this.#pipelines, now);
    this.#results = new TestResultsTable(db);
    this.#settings = new SettingsTable(db);
    this.#sources = new SourceConfigsTable(db);
    this.#cdc = new CdcSetupsTable(db);
    this.#vault = new VaultTables(db);
  }

  async list(): Promise<SavedConnection[]> {
    return this.#db.read(() => this.#connections.list());
  }

  async version(): Promise<number> {
    return this.#db.ask((db) => Number(db.pragma('data_version', { simple: true })));
  }

  async find(nameOrId: string): Promise<SavedConnection | null> {
    return this.#db.read(() => this.#connections.find(nameOrId));
  }

  async add(id: string, draft: ConnectionDraft): Promise<SavedConnection> {
    return this.#db.write(() => this.#connections.add(id, draft));
  }

  async update(
    id: string,
    revision: number,
    draft: ConnectionDraft,
    lastTest: LastTest,
  ): Promise<SavedConnection> {
    return this.#db.write(() => this.#connections.update(id, revision, draft, lastTest));
  }

  async delete(id: string, { force = false }: { readonly force?: boolean } = {}): Promise<boolean> {
    return this.#db.write(() => this.#connections.delete(id, force));
  }

  async recordTest(id: string, revision: number, outcome: TestOutcome): Promise<boolean> {
    const { lastTest, provider, result } = outcome;
    return this.#db.write(() => {
      if (!this.#connections.recordTest(id, revision, lastTest, provider)) return false;
      this.#results.add(id, { at: lastTest.at ?? this.#now().toISOString(), result });
      return true;
    });
  }

  async history(id: string, limit: number): Promise<TestRecord[]> {
    return this.#db.read(() => this.#results.newest(id, limit));
  }

  async tablesUsed(id: string): Promise<TableName[]> {
    return this.#db.read(() => this.#pipelines.tablesUsed(id));
  }

  async sourceConfig(id: string): Promise<SourceConfig | null> {
    return this.#db.read(() => this.#sources.find(id));
  }

  async saveSourceConfig(id: string, config: SourceConfig): Promise<void> {
    this.#db.write(() => this.#sources.save(id, config));
  }

  async cdcRecord(id: string): Promise<CdcRecord | null> {
    return this.#db.read(() => this.#cdc.find(id));
  }

  async cdcRecords(): Promise<OwnedCdcRecord[]> {
    return this.#db.read(() => this.#cdc.all());
  }

  async saveCdcRecord(id: string, record: CdcRecord): Promise<void> {
    this.#db.write(() => this.#cdc.save(id, record));
  }

  async forgetCdcRecord(id: string): Promise<void> {
    this.#db.write(() => this.#cdc.forget(id));
  }

  async beginSecret(
    account: string,
    backend: SecretBackend,
    connectionId: string,
    { rotation }: { readonly rotation: boolean } = { rotation: false },
  ): Promise<void> {
    this.#db.write(() => this.#ledger.begin(account, backend, connectionId, rotation));
  }

  async forgetSecret(account: string): Promise<void> {
    this.#db.write(() => this.#ledger.forget(account));
  }

  async secretLedger(): Promise<SecretLedgerEntry[]> {
    return this.#db.read(() => this.#ledger.entries());
  }

  async secretBackend(): Promise<SecretBackend | null> {
    return toBackend(this.#db.read(() => this.#settings.get(backendKey)));
  }

  async chooseSecretBackend(backend: SecretBackend): Promise<SecretBackend> {
    return toBackend(this.#db.write(() => this.#settings.setOnce(backendKey, backend))) ?? backend;
  }

  async changeSecretBackend(backend: SecretBackend): Promise<void> {
    this.#db.write(() => this.#settings.set(backendKey, backend));
  }

  async moveSecret(id: string, from: string, to: string): Promise<boolean> {
    return this.#db.write(() => this.#connections.moveSecret(id, from, to));
  }

  async readHeader(): Promise<string | null> {
    return this.#db.read(() => this.#vault.header());
  }

  async createHeader(text: string): Promise<string> {
    return this.#db.write(() => this.#vault.createHeader(text));
  }

  async readItem(account: string): Promise<Uint8Array | null> {
    return this.#db.read(() => this.#vault.item(account));
  }

  async writeItem(account: string, sealed: Uint8Array, header: string): Promise<boolean> {
    return this.#db.write(() => this.#vault.writeItem(account, sealed, header));
  }

  async deleteItem(account: string): Promise<void> {
    this.#db.write(() => this.#vault.deleteItem(account));
  }

  async replaceHeader(...of: Parameters<VaultStorage['replaceHeader']>): Promise<number | null> {
    return this.#db.write(() => this.#vault.replaceHeader(...of));
  }

  async removeEmptyVault(): Promise<void> {
    this.#db.write(() => this.#vault.removeIfEmpty());
  }

  /** What is right and wrong with the catalog and its files; for `doctor`. */
  async health(): Promise<CatalogFinding[]> {
    return this.#db.ask((db) => openCatalogFindings(db, this.#db.file));
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}

const backendKey = 'secret_backend';

function toBackend(value: string | null): SecretBackend | null {
  return value === 'keychain' || value === 'vault' ? value : null;
}
