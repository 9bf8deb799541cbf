import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { toCatalogError } from '../../../src/catalog/faults.ts';
import { CatalogError, RefusedError } from '../../../src/connections/errors.ts';

const file = "/home/ann's data/catalog.db";

function fromSqlite(code: string): Error {
  return new Database.SqliteError('as SQLite says it', code);
}

function fromSystem(code: string): Error {
  return Object.assign(new Error('as the system says it'), { code });
}

describe('the faults of a catalog', () => {
  it.each([
    ['SQLITE_NOTADB', 'catalog_not_a_database'],
    ['SQLITE_CORRUPT', 'catalog_damaged'],
    ['SQLITE_CORRUPT_INDEX', 'catalog_damaged'],
    ['SQLITE_IOERR_CORRUPTFS', 'catalog_damaged'],
    ['SQLITE_ERROR', 'catalog_altered'],
    ['SQLITE_FULL', 'catalog_disk_full'],
    ['SQLITE_IOERR_SHMSIZE', 'catalog_disk_full'],
    ['SQLITE_READONLY', 'catalog_read_only'],
    ['SQLITE_READONLY_DIRECTORY', 'catalog_read_only'],
    ['SQLITE_CANTOPEN', 'catalog_unreachable'],
    ['SQLITE_CANTOPEN_ISDIR', 'catalog_unreachable'],
    ['SQLITE_PERM', 'catalog_unreachable'],
    ['SQLITE_BUSY', 'catalog_busy'],
    ['SQLITE_BUSY_RECOVERY', 'catalog_busy'],
    ['SQLITE_LOCKED', 'catalog_busy'],
    ['SQLITE_PROTOCOL', 'catalog_busy'],
    ['SQLITE_IOERR_WRITE', 'catalog_io_error'],
    ['SQLITE_IOERR_FSYNC', 'catalog_io_error'],
  ])('%s is %s', (code, expected) => {
    const cause = fromSqlite(code);
    const error = toCatalogError(cause, file);
    expect(error).toBeInstanceOf(CatalogError);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining(file), cause });
    expect((error as CatalogError).fix).not.toBeNull();
  });

  it.each([
    ['EACCES', 'catalog_unreachable'],
    ['EROFS', 'catalog_read_only'],
    ['ENOSPC', 'catalog_disk_full'],
    ['EDQUOT', 'catalog_disk_full'],
    ['ENOTDIR', 'catalog_home_not_a_directory'],
    ['EIO', 'catalog_io_error'],
  ])('%s is %s', (code, expected) => {
    expect(toCatalogError(fromSystem(code), file)).toMatchObject({ code: expected });
  });

  it('writes paths in a command as one word of the shell', () => {
    const error = toCatalogError(fromSqlite('SQLITE_FULL'), file);
    expect(error).toMatchObject({ fix: expect.stringContaining(`df -h '/home/ann'\\''s data/catalog.db'`) });
  });

  it.each([
    fromSqlite('SQLITE_CONSTRAINT_UNIQUE'),
    fromSqlite('SQLITE_MISUSE'),
    new RefusedError({ code: 'name_taken', message: 'taken' }),
    new TypeError('a defect'),
    fromSystem('constructor'),
    'not even an error',
  ])('leaves %s as it is', (error) => {
    expect(toCatalogError(error, file)).toBe(error);
  });

  it.each([
    ['SQLITE_CORRUPT', 'metadata_damaged'],
    ['SQLITE_NOTADB', 'metadata_not_a_database'],
    ['SQLITE_ERROR', 'metadata_altered'],
  ])('of a cache (%s) is mended by removing it', (code, expected) => {
    const cache = "/home/ann's data/metadata.db";
    const error = toCatalogError(fromSqlite(code), cache);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining('metadata cache') });
    const word = (suffix: string) => `'/home/ann'\\''s data/metadata.db${suffix}'`;
    expect((error as CatalogError).fix).toContain(`rm -f ${word('')} ${word('-wal')} ${word('-shm')}`);
  });

  it('of a cache that are not of its content are as those of a catalog', () => {
    const error = toCatalogError(fromSqlite('SQLITE_FULL'), '/home/metadata.db');
    expect(error).toMatchObject({
      code: 'metadata_disk_full',
      message: expect.stringContaining('the metadata cache /home/metadata.db'),
      fix: expect.stringContaining('df -h'),
    });
  });

  it('of a cache are what a server told that can not be', () => {
    const error = toCatalogError(fromSqlite('SQLITE_CONSTRAINT_NOTNULL'), '/home/metadata.db');
    expect(error).toMatchObject({ code: 'metadata_unfit', message: expect.stringContaining('the server') });
  });

  it('does not hide a fault behind another', () => {
    const error = toCatalogError(fromSqlite('SQLITE_FULL'), file);
    expect(toCatalogError(error, file)).toBe(error);
  });
});
