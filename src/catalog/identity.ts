import type Database from 'better-sqlite3';
import { CatalogError } from '../connections/errors.ts';
import { codeFor, removal, storeName } from './faults.ts';
import { applicationId } from './migrations.ts';

/**
 * The version of the catalog in a database: 0 for an empty file, which is about to become one.
 * @throws CatalogError catalog_of_another_program, catalog_newer_version; SQLite's errors
 */
export function catalogVersion(db: Database.Database, file: string, newest: number): number {
  // In one transaction: between two of these another process may have made the catalog.
  const [id, version, filled] = db.transaction((): [number, number, boolean] => [
    headerNumber(db, 'application_id'),
    headerNumber(db, 'user_version'),
    hasTables(db),
  ])();
  if (id !== applicationId && (id !== 0 || version !== 0 || filled)) throw ofAnotherProgram(file);
  if (version > newest) throw newerVersion(file, version, newest);
  return version;
}

function headerNumber(db: Database.Database, pragma: 'application_id' | 'user_version'): number {
  return Number(db.pragma(pragma, { simple: true }));
}

function hasTables(db: Database.Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

function ofAnotherProgram(file: string): CatalogError {
  return new CatalogError({
    code: codeFor(file, 'catalog_of_another_program'),
    message: `${file} is a database of another program; it was left as it is`,
    fix: 'Move it away, or name another directory with --home',
  });
}

function newerVersion(file: string, version: number, newest: number): CatalogError {
  return new CatalogError({
    code: codeFor(file, 'catalog_newer_version'),
    message: `The ${storeName(file)} ${file} was made by a newer jackfield (format ${version}; this one knows ${newest})`,
    fix: storeName(file) === 'catalog' ? 'npm install --global jackfield@latest' : removal(file),
  });
}
