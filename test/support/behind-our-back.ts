import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterwards } from './clean-up.ts';

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

/** Changes the cache of metadata past the program. */
function changeMetadata(home: string, change: (db: Database.Database) => void): void {
  const db = new Database(join(home, 'metadata.db'), { fileMustExist: true });
  try {
    change(db);
  } finally {
    db.close();
  }
}

/** Makes every snapshot older than it is. */
export function ageMetadata(home: string, hours: number): void {
  const older = (column: string) =>
    `${column} = strftime('%Y-%m-%dT%H:%M:%fZ', ${column}, '-${hours} hours')`;
  changeMetadata(home, (db) => {
    db.exec(`UPDATE snapshots SET ${older('taken_at')}, ${older('checked_at')}`);
  });
}

/** Looks into the cache of metadata while the program may be at it. */
export function askMetadata<T>(home: string, sql: string): T[] {
  const db = new Database(join(home, 'metadata.db'), { readonly: true, fileMustExist: true });
  try {
    return db.prepare(sql).pluck().all() as T[];
  } finally {
    db.close();
  }
}

/** A look into the cache of metadata that may be taken again and again; it is closed after the test. */
export function watchMetadata(home: string): { ask(sql: string): unknown } {
  const db = new Database(join(home, 'metadata.db'), { readonly: true, fileMustExist: true });
  afterwards(() => void db.close());
  return { ask: (sql) => db.prepare(sql).pluck().get() };
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

/** Waits until this is so; looks 50 times a second, for twenty seconds at most. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}
