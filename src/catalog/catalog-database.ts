import type Database from 'better-sqlite3';
import { toCatalogError } from './faults.ts';

/** A value as SQLite keeps it. */
export type Cell = string | number | Uint8Array | null;

/**
 * An open catalog: transactions, statements that are prepared when first used, and errors in our
 * words. Everything that the tables' files do goes through it.
 */
export class CatalogDatabase {
  readonly file: string;
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<Cell[]>>();

  constructor(db: Database.Database, file: string) {
    this.#db = db;
    this.file = file;
  }

  /** Runs reads on one state of the catalog. @throws CatalogError */
  read<T>(work: () => T): T {
    return this.#inOurWords(() => this.#db.transaction(work).deferred());
  }

  /**
   * Runs reads and writes as one transaction, durable when this returns; what `work` throws undoes
   * it. It takes the write lock first: a transaction that begins with a read is refused the lock at
   * once when another writer came between.
   * @throws CatalogError
   */
  write<T>(work: () => T): T {
    return this.#inOurWords(() => this.#db.transaction(work).immediate());
  }

  /** Runs what needs the connection itself, outside of a transaction. @throws CatalogError */
  ask<T>(work: (db: Database.Database) => T): T {
    return this.#inOurWords(() => work(this.#db));
  }

  /** The rows of a SELECT, each an array of its columns: a third of the cost of objects. */
  rows<Row>(sql: string, ...values: Cell[]): Row[] {
    return this.#query(sql).all(...values) as Row[];
  }

  /** The first row of a SELECT, or undefined. */
  row<Row>(sql: string, ...values: Cell[]): Row | undefined {
    return this.#query(sql).get(...values) as Row | undefined;
  }

  /** Runs a statement that returns no rows. @returns the number of rows it changed */
  run(sql: string, ...values: Cell[]): number {
    return this.#statement(sql).run(...values).changes;
  }

  /** Closes the file; idempotent. */
  close(): void {
    if (!this.#db.open) return;
    this.#statements.clear();
    this.#inOurWords(() => this.#db.close());
  }

  #query(sql: string): Database.Statement<Cell[]> {
    const known = this.#statements.get(sql);
    return known ?? this.#statement(sql).raw();
  }

  #statement(sql: string): Database.Statement<Cell[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<Cell[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #inOurWords<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toCatalogError(error, this.file);
    }
  }
}
