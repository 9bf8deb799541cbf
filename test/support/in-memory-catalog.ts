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
import { changedMeanwhile, nameTaken, noSuchConnection } from '../../src/connections/refusals.ts';
import type { SourceConfig } from '../../src/metadata/source-config.ts';
import type { VaultStorage } from '../../src/secrets/vault-storage.ts';
import { InMemoryVaultStorage } from './in-memory-vault-storage.ts';

type Row = Omit<SavedConnection, 'usedBy' | 'secretBackend'>;

interface Pipeline {
  readonly name: string;
  readonly sourceId: string | null;
  readonly destinationId: string | null;
  readonly tables: readonly TableName[];
}

/** A catalog in memory, for unit tests: it passes the same contract suite as the one in SQLite. */
export class InMemoryCatalog implements ConnectionCatalog, VaultStorage {
  readonly #now: () => Date;
  readonly #owner: string;
  readonly #rows = new Map<string, Row>();
  /** Oldest first, by the connection's id. */
  readonly #results = new Map<string, TestRecord[]>();
  readonly #sourceConfigs = new Map<string, SourceConfig>();
  readonly #ledger = new Map<string, SecretLedgerEntry>();
  readonly #vault = new InMemoryVaultStorage();
  #pipelines: Pipeline[] = [];
  #backend: SecretBackend | null = null;

  constructor(options: { readonly now?: () => Date; readonly owner?: string } = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#owner = options.owner ?? `memory:${process.pid}`;
  }

  /** Adds a pipeline that uses a connection: what `usedBy` shows, and the tables it uses. */
  addPipeline(
    name: string,
    uses: {
      readonly sourceId?: string;
      readonly destinationId?: string;
      readonly tables?: readonly TableName[];
    },
  ): void {
    const { sourceId = null, destinationId = null, tables = [] } = uses;
    for (const id of [sourceId, destinationId]) {
      if (id !== null && !this.#rows.has(id)) throw new Error(`no connection ${id} for pipeline ${name}`);
    }
    this.#pipelines.push({ name, sourceId, destinationId, tables });
  }

  async list(): Promise<SavedConnection[]> {
    return [...this.#rows.values()]
      .sort((a, b) => byCodePoint(a.name, b.name))
      .map((row) => this.#saved(row));
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

  async delete(id: string): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    this.#rows.delete(id);
    this.#results.delete(id);
    this.#sourceConfigs.delete(id);
    if (row.secretAccount !== null) this.#retire(row.secretAccount);
    this.#pipelines = this.#pipelines.map((pipeline) => ({
      ...pipeline,
      sourceId: pipeline.sourceId === id ? null : pipeline.sourceId,
      destinationId: pipeline.destinationId === id ? null : pipeline.destinationId,
    }));
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
    const tables = this.#pipelines
      .filter(({ sourceId, destinationId }) => sourceId === id || destinationId === id)
      .flatMap((pipeline) => pipeline.tables);
    const once = new Map(
      tables.map(({ schema, name }) => [JSON.stringify([schema, name]), { schema, name }]),
    );
    return [...once.values()].sort((a, b) => byCodePoint(a.schema, b.schema) || byCodePoint(a.name, b.name));
  }

  async sourceConfig(id: string): Promise<SourceConfig | null> {
    return this.#sourceConfigs.get(id) ?? null;
  }

  async saveSourceConfig(id: string, config: SourceConfig): Promise<void> {
    if (!this.#rows.has(id)) throw noSuchConnection(id);
    this.#sourceConfigs.set(id, config);
  }

  async beginSecret(account: string, backend: SecretBackend, connectionId: string): Promise<void> {
    if (this.#ledger.has(account)) throw new Error(`secret ${account} exists`);
    this.#ledger.set(account, {
      account,
      backend,
      state: 'pending',
      connectionId,
      owner: this.#owner,
      createdAt: this.#timestamp(),
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
    this.#rows.set(row.id, structuredClone(row));
    return this.#saved(row);
  }

  #saved(row: Row): SavedConnection {
    const usedBy = this.#pipelines
      .filter(({ sourceId, destinationId }) => sourceId === row.id || destinationId === row.id)
      .map(({ name }) => name)
      .sort(byCodePoint);
    const entry = row.secretAccount === null ? undefined : this.#ledger.get(row.secretAccount);
    return { ...structuredClone(row), usedBy, secretBackend: entry?.backend ?? null };
  }

  #makeLive(account: string, connectionId: string): void {
    const entry = this.#ledger.get(account);
    if (entry?.state !== 'pending' || entry.connectionId !== connectionId) {
      throw new Error(`no secret ${account} is pending for connection ${connectionId}`);
    }
    this.#ledger.set(account, { ...entry, state: 'live' });
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

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
