import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';

/** Changes a catalog as somebody does who may write to its file, past the program. */
export function changeCatalog(home: string, change: (db: Database.Database) => void): void {
  const db = new Database(join(home, 'catalog.db'), { fileMustExist: true });
  try {
    // Whoever tampers does not keep to our rules either.
    db.pragma('foreign_keys = OFF');
    db.pragma('ignore_check_constraints = ON');
    change(db);
  } finally {
    db.close();
  }
}

/** What the ledger of secrets says: the state of each item, by account. */
export function secretLedger(home: string): Map<string, string> {
  const db = new Database(join(home, 'catalog.db'), { readonly: true, fileMustExist: true });
  try {
    const rows = db.prepare<[], [string, string]>('SELECT account, state FROM secret_items').raw().all();
    return new Map(rows);
  } finally {
    db.close();
  }
}

/** Keeps every writer of a catalog waiting until the function that it gives is called. */
export function holdWriters(home: string): () => void {
  const db = new Database(join(home, 'catalog.db'), { fileMustExist: true });
  db.exec('BEGIN IMMEDIATE');
  return () => {
    db.exec('ROLLBACK');
    db.close();
  };
}

/** Waits until this is so; looks 50 times a second, for ten seconds at most. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}
