import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { CatalogError } from '../connections/errors.ts';
import { CatalogDatabase } from './catalog-database.ts';
import { damagedCatalog, notACatalog, toCatalogError } from './faults.ts';
import { catalogVersion } from './identity.ts';
import { journalModeFor, setJournalMode } from './journal-mode.ts';
import { catalogFile, makeFile, makeHome, sidecarFiles } from './location.ts';
import { migrate } from './migrate.ts';
import { latestVersion, type Migration } from './migrations.ts';
import { permissionProblems } from './permissions.ts';

/** How long to wait for other writers, in milliseconds. */
const defaultPatience = 30_000;

export interface OpenOptions {
  /** The directory that holds the catalog. */
  readonly home: string;
  readonly migrations: readonly Migration[];
  /** Its name in the directory; `catalog.db` when not given. */
  readonly file?: 'catalog.db' | 'metadata.db';
  /** It may lose its last commits to a power cut, never more: what it holds can be made anew. */
  readonly cache?: boolean;
  /** How long to wait for a lock, in milliseconds; 30 s when not given. */
  readonly patience?: number;
}

/**
 * Opens the catalog of a home directory, makes it when there is none, brings it to the newest
 * version. Nothing that is there is ever made anew or removed: what isn't right is refused.
 * @throws CatalogError
 */
export function openDatabase(options: OpenOptions): CatalogDatabase {
  const file = catalogFile(options.home, options.file);
  try {
    prepareFile(file);
    return new CatalogDatabase(openPrepared(file, options), file);
  } catch (error) {
    throw toCatalogError(error, file);
  }
}

/**
 * Opens a catalog for reading only; it is neither made nor migrated nor checked.
 * @throws SQLite's errors
 */
export function openReadOnly(file: string, patience = defaultPatience): Database.Database {
  const db = connect(file, { readonly: true, timeout: patience });
  try {
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareFile(file: string): void {
  const home = dirname(file);
  if (statSync(home, { throwIfNoEntry: false }) === undefined) makeHome(home);
  refuseUnsafe(file);
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  makeFile(file);
  // Whoever made it meanwhile may have made something else.
  refuseUnsafe(file);
}

function refuseUnsafe(file: string): void {
  const [problem] = permissionProblems(file);
  if (problem !== undefined) throw new CatalogError(problem);
}

function openPrepared(file: string, options: OpenOptions): Database.Database {
  const { patience = defaultPatience, migrations } = options;
  const newest = latestVersion(migrations);
  if (refuseOddSize(file) === 'log') refuseUntouched(file, newest, patience);
  const db = connect(file, { timeout: patience });
  try {
    const version = catalogVersion(db, file, newest);
    setPragmas(db, file, options);
    if (version < newest) migrate(db, file, migrations, () => openReadOnly(file, patience));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Refuses what SQLite would take for an empty database and write over: a file of one byte (a real one
 * has a page, of 512 bytes at least), and an empty one beside a write-ahead log that is not, which it
 * would remove.
 * @returns whether there is such a log, of a crash or of another process
 * @throws CatalogError
 */
export function refuseOddSize(file: string): 'log' | 'no log' {
  // The log first: it is filled after the file, by whoever is making the catalog now.
  const [log = ''] = sidecarFiles(file);
  const hasLog = (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const { size } = statSync(file);
  if (size > 0 && size < 512) throw notACatalog(file, new Error(`the file has ${size} bytes`));
  if (size === 0 && hasLog) {
    throw damagedCatalog(file, new Error('the file is empty, its write-ahead log is not'));
  }
  return hasLog ? 'log' : 'no log';
}

/**
 * Looks at a catalog with a log without writing: the last to close a database writes the log into it,
 * and one that isn't for us is to stay as it is.
 */
function refuseUntouched(file: string, newest: number, patience: number): void {
  const reader = openReadOnly(file, patience);
  try {
    catalogVersion(reader, file, newest);
  } finally {
    reader.close();
  }
}

function setPragmas(db: Database.Database, file: string, options: OpenOptions): void {
  const { patience = defaultPatience, cache = false } = options;
  // Larger pages hold for a file that is made now: what is large is written in less time by them. Fewer
  // kibibytes of them are kept than by default, since little is looked at twice, and as many bytes as by
  // default are brought from the log into the file at once, so that little is left for the end.
  if (cache) {
    db.exec('PRAGMA page_size = 16384; PRAGMA cache_size = -4000; PRAGMA wal_autocheckpoint = 300');
  }
  const mode = setJournalMode(db, journalModeFor(file), patience);
  // FULL syncs each commit to the log. With a roll-back journal it leaves out the directory, where the
  // journal's removal is the commit: EXTRA (https://sqlite.org/pragma.html#pragma_synchronous).
  const durable = mode === 'wal' ? 'FULL' : 'EXTRA';
  const synchronous = cache ? 'NORMAL' : durable;
  // On macOS fsync doesn't reach the disk (https://sqlite.org/pragma.html#pragma_fullfsync).
  const fullSync =
    process.platform === 'darwin' ? 'PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;' : '';
  db.exec(`
    PRAGMA synchronous = ${synchronous}; ${fullSync}
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ${cache ? 'OFF' : 'ON'};
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
  `);
}

function connect(file: string, options: Database.Options): Database.Database {
  return new Database(file, { fileMustExist: true, ...options });
}
