import type { SecretLedgerEntry } from '../connections/catalog.ts';
import type { SecretBackend } from '../connections/connection.ts';
import { rotationUnderWay } from '../connections/refusals.ts';
import type { CatalogDatabase } from './catalog-database.ts';

type LedgerRow = [
  account: string,
  backend: SecretBackend,
  state: SecretLedgerEntry['state'],
  connectionId: string,
  owner: string,
  createdAt: string,
  rotation: number,
];

/** The ledger of stored secrets. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class SecretLedger {
  readonly #db: CatalogDatabase;
  readonly #now: () => Date;
  readonly #owner: () => string;

  constructor(db: CatalogDatabase, now: () => Date, owner: () => string) {
    this.#db = db;
    this.#now = now;
    this.#owner = owner;
  }

  begin(account: string, backend: SecretBackend, connectionId: string, rotation: boolean): void {
    if (rotation) this.#refuseSecondRotation(connectionId);
    this.#db.run(
      `INSERT INTO secret_items (account, backend, state, connection_id, owner, created_at, rotation)
       VALUES (?, ?, 'pending', ?, ?, ?, ?)`,
      account,
      backend,
      connectionId,
      this.#owner(),
      this.#now().toISOString(),
      rotation ? 1 : 0,
    );
  }

  #refuseSecondRotation(connectionId: string): void {
    const row = this.#db.row<[name: string, owner: string]>(
      `SELECT coalesce(c.name, s.connection_id), s.owner FROM secret_items AS s
       LEFT JOIN connections AS c ON c.id = s.connection_id
       WHERE s.connection_id = ? AND s.state = 'pending' AND s.rotation = 1`,
      connectionId,
    );
    if (row !== undefined) throw rotationUnderWay(...row);
  }

  /** @throws Error when it is not pending for that connection: a defect of the caller */
  makeLive(account: string, connectionId: string): void {
    const changed = this.#db.run(
      `UPDATE secret_items SET state = 'live', rotation = 0 WHERE account = ? AND connection_id = ? AND state = 'pending'`,
      account,
      connectionId,
    );
    if (changed !== 1) throw new Error(`no secret ${account} is pending for connection ${connectionId}`);
  }

  retire(account: string): void {
    this.#db.run(`UPDATE secret_items SET state = 'retired' WHERE account = ?`, account);
  }

  forget(account: string): void {
    this.#db.run(`DELETE FROM secret_items WHERE account = ? AND state <> 'live'`, account);
  }

  entries(): SecretLedgerEntry[] {
    const sql = `SELECT account, backend, state, connection_id, owner, created_at, rotation
      FROM secret_items ORDER BY sequence`;
    return this.#db.rows<LedgerRow>(sql).map((row) => {
      const [account, backend, state, connectionId, owner, createdAt, rotation] = row;
      return { account, backend, state, connectionId, owner, createdAt, rotation: rotation === 1 };
    });
  }
}
