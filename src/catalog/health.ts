import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { CatalogFinding } from '../connections/catalog.ts';
import { CatalogError, type JackfieldError } from '../connections/errors.ts';
import { damagedCatalog, toCatalogError } from './faults.ts';
import { catalogVersion } from './identity.ts';
import { catalogFile } from './location.ts';
import { metadataMigrations } from './metadata-migrations.ts';
import { latestVersion, migrations } from './migrations.ts';
import { openReadOnly, refuseOddSize } from './open-database.ts';
import { accessProblems, type PermissionProblem, permissionProblems } from './permissions.ts';

/** How many faults of a damaged catalog are named one by one. */
const mostFaults = 10;

/** How long `doctor` waits for a lock, in milliseconds. */
const patience = 5_000;

/**
 * What is right and wrong with the catalog of a home directory, also with one that can't be opened.
 * It changes nothing, and makes no catalog where there is none. SQLite leaves the tables' CHECKs aside
 * when it may only read; {@link openCatalogFindings} has them.
 */
export async function inspectCatalog(home: string): Promise<CatalogFinding[]> {
  const file = catalogFile(home);
  const permissions = permissionFindings(file);
  if (permissions.some(({ code }) => neverOpened.has(code))) return permissions;
  return [...permissions, ...asFindings('catalog', file, () => closedCatalogFindings(file))];
}

/** The findings on a catalog that is open, and on its files. */
export function openCatalogFindings(db: Database.Database, file: string): CatalogFinding[] {
  return [...permissionFindings(file), ...asFindings('catalog', file, () => contentFindings(db, file))];
}

/**
 * What is wrong with the cache of metadata, where there is one. Its pages are looked at, not each index
 * against its table: it may be large, and is made anew.
 */
export async function inspectMetadata(home: string): Promise<CatalogFinding[]> {
  const file = catalogFile(home, 'metadata.db');
  const permissions = permissionFindings(file).filter(({ status }) => status !== 'ok');
  const content = permissions.some(({ code }) => neverOpened.has(code))
    ? []
    : asFindings('metadata', file, () => metadataFindings(file));
  return [...permissions.map((found) => ({ ...found, check: 'metadata' as const })), ...content];
}

function metadataFindings(file: string): CatalogFinding[] {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
  refuseOddSize(file);
  const db = openReadOnly(file, patience);
  try {
    catalogVersion(db, file, latestVersion(metadataMigrations));
    const [fault] = db.prepare<[], string>('PRAGMA quick_check(1)').pluck().all();
    if (fault !== 'ok') throw damagedCatalog(file, new Error(fault));
    const message = `The metadata cache ${file} is whole`;
    return [{ check: 'metadata', status: 'ok', code: 'metadata_ok', message, fix: null }];
  } finally {
    db.close();
  }
}

/** Reading these could mean reading someone else's file, or can't be done. */
const neverOpened: ReadonlySet<string> = new Set([
  'catalog_home_not_a_directory',
  'catalog_symlinked',
  'catalog_not_a_file',
  'catalog_foreign_owner',
  'catalog_unreachable',
  'metadata_unreachable',
]);

function closedCatalogFindings(file: string): CatalogFinding[] {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    const message = `There is no catalog ${file} yet; the first connection makes it`;
    return [{ check: 'catalog', status: 'ok', code: 'catalog_absent', message, fix: null }];
  }
  refuseOddSize(file);
  const db = openReadOnly(file, patience);
  try {
    return contentFindings(db, file);
  } finally {
    db.close();
  }
}

function permissionFindings(file: string): CatalogFinding[] {
  return asFindings('permissions', file, () => {
    const problems = [...permissionProblems(file), ...accessProblems(file)];
    if (problems.length > 0) return problems.map((found) => problem('permissions', found));
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
    const message = `Only you may read and write ${file}`;
    return [{ check: 'permissions', status: 'ok', code: 'permissions_ok', message, fix: null }];
  });
}

function contentFindings(db: Database.Database, file: string): CatalogFinding[] {
  const version = catalogVersion(db, file, latestVersion(migrations));
  const problems = [...damages(db, file), ...danglingRows(db, file)];
  if (problems.length > 0) return problems;
  const message = `The catalog ${file} is whole (format ${version})`;
  return [{ check: 'catalog', status: 'ok', code: 'catalog_ok', message, fix: null }];
}

function damages(db: Database.Database, file: string): CatalogFinding[] {
  const faults = db.prepare<[], string>(`PRAGMA integrity_check(${mostFaults})`).pluck().all();
  if (faults.length === 1 && faults[0] === 'ok') return [];
  return faults.map((fault) => ({
    check: 'catalog',
    status: 'problem',
    code: 'catalog_damaged',
    message: `The catalog ${file} is damaged: ${fault.replaceAll(/\s+/g, ' ')}`,
    fix: 'Put a copy of it back',
  }));
}

function danglingRows(db: Database.Database, file: string): CatalogFinding[] {
  const rows = db.prepare<[], [string, number]>('PRAGMA foreign_key_check').raw().all();
  return rows.slice(0, mostFaults).map(([table, row]) => ({
    check: 'catalog',
    status: 'problem',
    code: 'catalog_dangling_row',
    message: `Row ${row} of ${table} in the catalog ${file} points to one that is gone`,
    fix: 'Put a copy of the catalog back',
  }));
}

function problem(
  check: CatalogFinding['check'],
  found: PermissionProblem | Pick<JackfieldError, 'code' | 'message' | 'fix'>,
): CatalogFinding {
  return { check, status: 'problem', code: found.code, message: found.message, fix: found.fix };
}

/** Turns an error of the catalog into a finding. @throws any other error */
function asFindings(
  check: CatalogFinding['check'],
  file: string,
  look: () => CatalogFinding[],
): CatalogFinding[] {
  try {
    return look();
  } catch (error) {
    const known = toCatalogError(error, file);
    if (known instanceof CatalogError) return [problem(check, known)];
    throw error;
  }
}
