import type { CdcRecord, OwnedCdcRecord } from '../../src/cdc/cdc.ts';
import {
  type ConnectionCatalog,
  resultsKept,
  type SecretLedgerEntry,
  type TestOutcome,
  type TestRecord,
} from '../../src/connections/catalog.ts';
import {
  type ConnectionDraft,
  type LastTest,
  neverTested,
  type SavedConnection,
  type SecretBackend,
  type TableName,
} from '../../src/connections/connection.ts';
import {
  cdcSetUp,
  changedMeanwhile,
  connectionInUse,
  nameTaken,
  noSuchConnection,
  refuseLostSetup,
  rotationUnderWay,
} from '../../src/connections/refusals.ts';
import type { SourceConfig } from '../../src/metadata/source-config.ts';
import type { VaultStorage } from '../../src/secrets/vault-storage.ts';
import { byCodePoint, InMemoryPipelines } from './in-memory-pipelines.ts';
import { InMemoryVaultStorage } from './in-memory-vault-storage.ts';

type Row = Omit<SavedConnection, 'usedBy' | 'secretBackend'>;

/** A catalog in memory, for unit tests: it passes the same contract suite as the one in SQLite. */
export class InMemoryCatalog implements ConnectionCatalog, VaultStorage {
  readonly #now: () => Date;
  readonly #owner: string;
  readonly #rows = new Map<string, Row>();
  /** Oldest first, by the connection's id. */
  readonly #results = new Map<string, TestRecord[]>();
  readonly #sourceConfigs = new Map<string, SourceConfig>();
  readonly #cdcRecords = new Map<string, CdcRecord>();
  readonly #ledger = new Map<string, SecretLedgerEntry>();
  readonly #vault = new InMemoryVaultStorage();
  /** The pipelines of the same catalog. */
  readonly pipelines: InMemoryPipelines;
  #backend: SecretBackend | null = null;
  #version = 0;

  constructor(options: { readonly now?: () => Date; readonly owner?: string } = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#owner = options.owner ?? `memory:${process.pid}`;
    this.pipelines = new InMemoryPipelines((id) => this.#rows.get(id), this.#now);
  }

  async list(): Promise<SavedConnection[]> {
    return [...this.#rows.values()]
      .sort((a, b) => byCodePoint(a.name, b.name))
      .map((row) => this.#saved(row));
  }

  async version(): Promise<number> {
    return this.#version;
  }

  async find(nameOrId: string): Promise<SavedConnection | null> {
    const row = this.#byName(nameOrId) ?? this.#rows.get(nameOrId);
    return row === undefined ? null : this.#saved(row);
  }

  async add(id: string, draft: ConnectionDraft): Promise<SavedConnection> {
    if (this.#byName(draft.name) !== undefined) throw nameTaken(draft.name);
    if (this.#rows.has(id)) throw new Error(`connection ${id} exists`);
    checkSources(draft);
    if (draft.secretAccount !== null) this.#makeLive(draft.secretAccount, id);
    const now = this.#timestamp();
    return this.#keep({
      ...draftOf(draft),
      id,
      lastTest: neverTested,
      lastPassedAt: null,
      createdAt: now,
      updatedAt: now,
      revision: 1,
    });
  }

  async update(
    id: string,
    revision: number,
    draft: ConnectionDraft,
    lastTest: LastTest,
  ): Promise<SavedConnection> {
    const former = this.#rows.get(id);
    if (former === undefined) throw noSuchConnection(id);
    if (former.revision !== revision) throw changedMeanwhile(former.name);
    const namesake = this.#byName(draft.name);
    if (namesake !== undefined && namesake.id !== id) throw nameTaken(draft.name);
    checkSources(draft);
    if (draft.secretAccount !== former.secretAccount) {
      if (draft.secretAccount !== null) this.#makeLive(draft.secretAccount, id);
      if (former.secretAccount !== null) this.#retire(former.secretAccount);
    }
    const now = this.#timestamp();
    return this.#keep({
      ...draftOf(draft),
      id,
      lastTest,
      lastPassedAt: passedAt(lastTest, now) ?? former.lastPassedAt,
      createdAt: former.createdAt,
      updatedAt: now,
      revision: revision + 1,
    });
  }

  async delete(id: string, { force = false }: { readonly force?: boolean } = {}): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    const active = this.pipelines.usersOf(id).filter(({ state }) => state === 'active');
    if (!force && active.length > 0) {
      const pipelines = active.map(({ name }) => name);
      throw connectionInUse([{ name: row.name, role: row.role, pipelines, substitute: null }]);
    }
    const captured = this.#cdcRecords.get(id);
    if (captured !== undefined && !force) throw cdcSetUp(row.name, captured.slot);
    this.pipelines.disconnect(id, row.name);
    this.#version += 1;
    this.#rows.delete(id);
    this.#results.delete(id);
    this.#sourceConfigs.delete(id);
    this.#cdcRecords.delete(id);
    if (row.secretAccount !== null) this.#retire(row.secretAccount);
    return true;
  }

  async recordTest(id: string, revision: number, outcome: TestOutcome): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row === undefined || row.revision !== revision) return false;
    const { lastTest, provider, result } = structuredClone(outcome);
    const at = lastTest.at ?? this.#timestamp();
    const lastPassedAt = passedAt(lastTest, at) ?? row.lastPassedAt;
    this.#keep({ ...row, lastTest, provider, lastPassedAt });
    this.#results.set(id, [...(this.#results.get(id) ?? []), { at, result }].slice(-resultsKept));
    return true;
  }

  async history(id: string, limit: number): Promise<TestRecord[]> {
    return structuredClone(this.#results.get(id) ?? [])
      .toReversed()
      .slice(0, limit);
  }

  async tablesUsed(id: string): Promise<TableName[]> {
    return this.pipelines.tablesUsed(id);
  }

  async sourceConfig(id: string): Promise<SourceConfig | null> {
    return this.#sourceConfigs.get(id) ?? null;
  }

  async saveSourceConfig(id: string, config: SourceConfig): Promise<void> {
    if (!this.#rows.has(id)) throw noSuchConnection(id);
    this.#sourceConfigs.set(id, config);
  }

  async cdcRecord(id: string): Promise<CdcRecord | null> {
    return this.#cdcRecords.get(id) ?? null;
  }

  async cdcRecords(): Promise<OwnedCdcRecord[]> {
    return this.#allCdcRecords();
  }

  #allCdcRecords(): OwnedCdcRecord[] {
    const rows = [...this.#rows.values()].sort((a, b) => byCodePoint(a.name, b.name));
    return rows.flatMap(({ id, name }) => {
      const record = this.#cdcRecords.get(id);
      return record === undefined ? [] : [{ connection: { id, name }, record }];
    });
  }

  async saveCdcRecord(id: string, record: CdcRecord): Promise<void> {
    const row = this.#rows.get(id);
    if (row === undefined) throw noSuchConnection(id);
    refuseLostSetup(row, record, this.#allCdcRecords());
    this.#cdcRecords.set(id, record);
  }

  async forgetCdcRecord(id: string): Promise<void> {
    this.#cdcRecords.delete(id);
  }

  async beginSecret(
    account: string,
    backend: SecretBackend,
    connectionId: string,
    { rotation }: { readonly rotation: boolean } = { rotation: false },
  ): Promise<void> {
    const other = [...this.#ledger.values()].find(
      (it) => it.state === 'pending' && it.rotation && it.connectionId === connectionId,
    );
    if (rotation && other !== undefined)
      throw rotationUnderWay(this.#rows.get(connectionId)?.name ?? connectionId, other.owner);
    if (this.#ledger.has(account)) throw new Error(`secret ${account} exists`);
    this.#ledger.set(account, {
      account,
      backend,
      state: 'pending',
      connectionId,
      owner: this.#owner,
      createdAt: this.#timestamp(),
      rotation,
    });
  }

  async forgetSecret(account: string): Promise<void> {
    if (this.#ledger.get(account)?.state !== 'live') this.#ledger.delete(account);
  }

  async secretLedger(): Promise<SecretLedgerEntry[]> {
    return [...this.#ledger.values()];
  }

  async secretBackend(): Promise<SecretBackend | null> {
    return this.#backend;
  }

  async chooseSecretBackend(backend: SecretBackend): Promise<SecretBackend> {
    this.#backend ??= backend;
    return this.#backend;
  }

  async changeSecretBackend(backend: SecretBackend): Promise<void> {
    this.#backend = backend;
  }

  async moveSecret(id: string, from: string, to: string): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row?.secretAccount !== from) return false;
    this.#makeLive(to, id);
    this.#retire(from);
    this.#keep({ ...row, secretAccount: to, revision: row.revision + 1 });
    return true;
  }

  readonly readHeader: VaultStorage['readHeader'] = () => this.#vault.readHeader();
  readonly createHeader: VaultStorage['createHeader'] = (text) => this.#vault.createHeader(text);
  readonly readItem: VaultStorage['readItem'] = (account) => this.#vault.readItem(account);
  readonly writeItem: VaultStorage['writeItem'] = (...of) => this.#vault.writeItem(...of);
  readonly deleteItem: VaultStorage['deleteItem'] = (account) => this.#vault.deleteItem(account);
  readonly replaceHeader: VaultStorage['replaceHeader'] = (...of) => this.#vault.replaceHeader(...of);
  readonly removeEmptyVault: VaultStorage['removeEmptyVault'] = () => this.#vault.removeEmptyVault();

  async close(): Promise<void> {}

  #timestamp(): string {
    return this.#now().toISOString();
  }

  #byName(name: string): Row | undefined {
    return [...this.#rows.values()].find((row) => row.name === name);
  }

  #keep(row: Row): SavedConnection {
    this.#version += 1;
    this.#rows.set(row.id, structuredClone(row));
    return this.#saved(row);
  }

  #saved(row: Row): SavedConnection {
    const usedBy = this.pipelines.usersOf(row.id).map(({ name }) => name);
    const entry = row.secretAccount === null ? undefined : this.#ledger.get(row.secretAccount);
    return { ...structuredClone(row), usedBy, secretBackend: entry?.backend ?? null };
  }

  #makeLive(account: string, connectionId: string): void {
    const entry = this.#ledger.get(account);
    if (entry?.state !== 'pending' || entry.connectionId !== connectionId) {
      throw new Error(`no secret ${account} is pending for connection ${connectionId}`);
    }
    this.#ledger.set(account, { ...entry, state: 'live', rotation: false });
  }

  #retire(account: string): void {
    const entry = this.#ledger.get(account);
    if (entry !== undefined) this.#ledger.set(account, { ...entry, state: 'retired' });
  }
}

/** The fields of a draft and no others: a caller may hand in a whole SavedConnection. */
function draftOf(draft: ConnectionDraft): ConnectionDraft {
  const { name, role, provider, tags, allowWrite, password, sslKeyPassword, secretAccount } = draft;
  const { connector, host, port, database, username, schema, sslMode } = draft;
  const { sslRootCert, sslCert, sslKey, sslCrl, options } = draft;
  return {
    name,
    role,
    provider,
    tags,
    allowWrite,
    password,
    sslKeyPassword,
    secretAccount,
    connector,
    host,
    port,
    database,
    username,
    schema,
    sslMode,
    sslRootCert,
    sslCert,
    sslKey,
    sslCrl,
    options,
  };
}

function checkSources(draft: ConnectionDraft): void {
  const stored = [draft.password, draft.sslKeyPassword].some(({ kind }) => kind === 'stored');
  if (stored !== (draft.secretAccount !== null)) {
    throw new Error('a draft has an account exactly when one of its secrets is stored');
  }
}

function passedAt(test: LastTest, now: string): string | null {
  return test.status === 'passed' || test.status === 'warned' ? (test.at ?? now) : null;
}
