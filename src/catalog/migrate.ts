import type Database from 'better-sqlite3';
import { CatalogError } from '../connections/errors.ts';
import { backUp } from './backup.ts';
import { toCatalogError } from './faults.ts';
import { catalogVersion } from './identity.ts';
import { latestVersion, type Migration } from './migrations.ts';

/**
 * Brings a catalog to the newest version, each step one transaction with its version. Before the
 * first step on a catalog that has content a copy of it is made, not of one that is just being made. Several processes may do this at
 * once: each step asks for the version again once it has the write lock.
 *
 * @param openReader opens a second, read-only connection to the same file, for the copy
 * @throws CatalogError catalog_migration_failed or the fault behind it, with the copy's path in the
 * fix; the catalog is as it was before the failing step
 */
export function migrate(
  db: Database.Database,
  file: string,
  plan: readonly Migration[],
  openReader: () => Database.Database,
): void {
  const newest = latestVersion(plan);
  const isNew = catalogVersion(db, file, newest) === 0;
  let copy: string | null = null;
  const step = db.transaction((): boolean => {
    const version = catalogVersion(db, file, newest);
    const next = plan.find((migration) => migration.version === version + 1);
    if (next === undefined) return false;
    if (!isNew && copy === null) copy = copyOf(file, next.version, openReader);
    try {
      next.up(db);
      db.pragma(`user_version = ${next.version}`);
    } catch (error) {
      throw failedAt(next.version, error, file, copy);
    }
    return true;
  });
  while (step.immediate());
}

function copyOf(file: string, version: number, openReader: () => Database.Database): string {
  const reader = openReader();
  try {
    return backUp(reader, file, version);
  } finally {
    reader.close();
  }
}

function failedAt(version: number, error: unknown, file: string, copy: string | null): CatalogError {
  const where = copy === null ? null : `The copy made before is ${copy}`;
  const known = toCatalogError(error, file);
  if (known instanceof CatalogError && known.code !== 'catalog_altered') {
    const fix = [known.fix, where].filter((part) => part !== null).join('. ');
    return new CatalogError({ code: known.code, message: known.message, fix, cause: error });
  }
  return new CatalogError({
    code: 'catalog_migration_failed',
    message: `The catalog ${file} could not be brought to format ${version}; it was left as it is`,
    fix: where === null ? 'Report it, please' : `${where}; the version of jackfield you had before can go on`,
    cause: error,
  });
}
