import type { CdcRecord, OwnedCdcRecord } from '../cdc/cdc.ts';
import type {
  ConnectionDraft,
  LastTest,
  SavedConnection,
  SecretBackend,
  TableName,
  TestResult,
} from './connection.ts';

/** How many results of each connection a catalog keeps: the newest. */
export const resultsKept = 200;

/** What a test came to, as a catalog takes it. */
export interface TestOutcome {
  /** What the connection says of it from now on. */
  readonly lastTest: LastTest;
  /** Who hosts it, as the test told. */
  readonly provider: string;
  /** The whole of it, for the history. */
  readonly result: TestResult;
}

/** A result that was kept. */
export interface TestRecord {
  /** When the test was over; ISO 8601, UTC. */
  readonly at: string;
  readonly result: TestResult;
}

import type { SourceConfig } from '../metadata/source-config.ts';

/** One line of the ledger of stored secrets: which items exist, or may exist, in the keychain or vault. */
export interface SecretLedgerEntry {
  /** The item's account, a UUID. */
  readonly account: string;
  readonly backend: SecretBackend;
  /**
   * `pending`: committed before the item is written, so a crash leaves a trace;
   * `live`: a connection points to it; `retired`: replaced or deleted, the item is to be removed.
   */
  readonly state: 'pending' | 'live' | 'retired';
  /** The connection it is for, which may not exist (yet, or any more). */
  readonly connectionId: string;
  /** Who wrote it, `host:pid`: a pending entry of a process that is gone is an orphan. */
  readonly owner: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /**
   * Of a pending one: it may be what the server asks for by now, so that it is kept until the next
   * rotation finds out.
   */
  readonly rotation: boolean;
}

/**
 * The store of connections, a port of the domain. It is asynchronous and speaks no SQL, so that a
 * team's shared catalog can implement it too; every adapter passes the contract suite.
 *
 * Each method is one transaction, durable when its promise resolves. Writers of several processes
 * queue. All throw CatalogError when the store can't be read or written.
 */
export interface ConnectionCatalog {
  /** Every connection, ordered by name (by code point), with the pipelines that use it. */
  list(): Promise<SavedConnection[]>;

  /**
   * A number that is another one when what is kept was changed by another catalog over the same store
   * since: far cheaper than to read it. Changes of one's own may leave it as it is.
   */
  version(): Promise<number>;

  /** The connection with exactly this name or id, or null. A name wins over an id. */
  find(nameOrId: string): Promise<SavedConnection | null>;

  /**
   * Saves a new connection under the given id (UUID); its ledger entry, if any, becomes live in the
   * same transaction.
   * @throws RefusedError name_taken
   */
  add(id: string, draft: ConnectionDraft): Promise<SavedConnection>;

  /**
   * Replaces what the draft holds. When `secretAccount` differs from the former one the former
   * ledger entry is retired and the new one becomes live, in the same transaction.
   * @param lastTest what its last test becomes: pass the former one when the edit leaves it valid
   * @throws NotFoundError no_such_connection; RefusedError name_taken or changed_meanwhile (the
   * revision is not `revision` any more)
   */
  update(id: string, revision: number, draft: ConnectionDraft, lastTest: LastTest): Promise<SavedConnection>;

  /**
   * Deletes a connection with its history, and retires its ledger entry. The pipelines that used it keep
   * its name, and are disconnected.
   * @param options.force delete it although active pipelines use it, or CDC is set up
   * @returns false when there is no such connection (any more)
   * @throws RefusedError connection_in_use, cdc_set_up
   */
  delete(id: string, options?: { readonly force?: boolean }): Promise<boolean>;

  /**
   * Records a test's outcome and keeps its result, the newest {@link resultsKept} of a connection; a
   * passed or warned one sets lastPassedAt.
   * @returns false, with nothing written, when the connection is gone or was edited since `revision`
   */
  recordTest(id: string, revision: number, outcome: TestOutcome): Promise<boolean>;

  /** The results kept of a connection, the newest first, at most `limit`; none when it is gone. */
  history(id: string, limit: number): Promise<TestRecord[]>;

  /**
   * The tables that the pipelines which use a connection name, each once, ordered by schema and name
   * (by code point); empty when none names any.
   */
  tablesUsed(id: string): Promise<TableName[]>;

  /** How its discovery is configured; null: nothing was decided, or there is no such connection. */
  sourceConfig(id: string): Promise<SourceConfig | null>;

  /** @throws NotFoundError no_such_connection */
  saveSourceConfig(id: string, config: SourceConfig): Promise<void>;

  /** The CDC set-up of a connection; null: none, or there is no such connection. */
  cdcRecord(id: string): Promise<CdcRecord | null>;

  /** The CDC set-ups of all connections, ordered by the connection's name (by code point). */
  cdcRecords(): Promise<OwnedCdcRecord[]>;

  /**
   * In place of a former one of the same publication and slot in the same place.
   * @throws NotFoundError no_such_connection; RefusedError cdc_set_up_otherwise, cdc_set_up_elsewhere,
   * cdc_of_other_connection where another set-up was quicker
   */
  saveCdcRecord(id: string, record: CdcRecord): Promise<void>;

  /** Forgets it; one that is not there is no error. */
  forgetCdcRecord(id: string): Promise<void>;

  /**
   * Commits a pending ledger entry, before the item itself is written.
   * @param about.rotation false when left out
   * @throws RefusedError rotation_under_way where another rotation of the connection is pending
   */
  beginSecret(
    account: string,
    backend: SecretBackend,
    connectionId: string,
    about?: { readonly rotation: boolean },
  ): Promise<void>;

  /** Removes an entry from the ledger, after its item was removed. Never one that is live. */
  forgetSecret(account: string): Promise<void>;

  /** The whole ledger, oldest first. */
  secretLedger(): Promise<SecretLedgerEntry[]>;

  /** The backend this catalog stores its secrets in; null until it was chosen. */
  secretBackend(): Promise<SecretBackend | null>;

  /** Chooses the backend if none was chosen yet. @returns the one in force */
  chooseSecretBackend(backend: SecretBackend): Promise<SecretBackend>;

  /** Changes the backend that new secrets go to; those that are stored stay where they are. */
  changeSecretBackend(backend: SecretBackend): Promise<void>;

  /**
   * Points a connection to another item with the same secrets: the pending one becomes live, the former
   * one is retired. It counts as an edit (the revision), and what was tested stays so.
   * @returns false, with nothing written, when the connection is gone or has another item than `from`
   */
  moveSecret(id: string, from: string, to: string): Promise<boolean>;

  /** Closes the store. Idempotent. */
  close(): Promise<void>;
}

/** What the catalog's own health check finds; `doctor` reports it. */
export interface CatalogFinding {
  readonly check: 'catalog' | 'permissions' | 'metadata';
  readonly status: 'ok' | 'problem';
  /** Stable, snake_case. */
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
}
