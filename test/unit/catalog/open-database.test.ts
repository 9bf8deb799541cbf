import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { CatalogDatabase } from '../../../src/catalog/catalog-database.ts';
import { migrations } from '../../../src/catalog/migrations.ts';
import { openDatabase } from '../../../src/catalog/open-database.ts';
import { openCatalog, SqliteCatalog } from '../../../src/catalog/sqlite-catalog.ts';
import { CatalogError } from '../../../src/connections/errors.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { probed } from '../../support/in-memory-connector.ts';

describe('opening a catalog', () => {
  it.runIf(process.platform === 'linux')(
    'refuses a home that can not be made, however often it is tried',
    () => {
      expect(() => openDatabase({ home: '/proc/jackfield/home', migrations })).toThrow(CatalogError);
    },
  );

  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'jackfield-open-'));
    file = join(home, 'catalog.db');
    onTestFinished(() => rmSync(home, { recursive: true }));
  });

  function open(patience = 1000): CatalogDatabase {
    const db = openDatabase({ home, migrations, patience });
    onTestFinished(() => db.close());
    return db;
  }

  function pragma(db: CatalogDatabase, name: string): unknown {
    return db.ask((raw) => raw.pragma(name, { simple: true }));
  }

  function codeOf(work: () => unknown): string {
    try {
      work();
    } catch (error) {
      if (error instanceof CatalogError) return error.code;
      throw error;
    }
    return 'opened';
  }

  function foreign(sql: string): Buffer {
    const db = new Database(file);
    db.exec(sql);
    db.close();
    return readFileSync(file);
  }

  it('sets what makes it safe, at the first time and later', () => {
    for (const db of [open(), open()]) {
      expect(pragma(db, 'journal_mode')).toBe('wal');
      expect(pragma(db, 'synchronous')).toBe(2);
      expect(pragma(db, 'foreign_keys')).toBe(1);
      expect(pragma(db, 'secure_delete')).toBe(1);
      expect(pragma(db, 'trusted_schema')).toBe(0);
      expect(pragma(db, 'cell_size_check')).toBe(1);
      expect(pragma(db, 'user_version')).toBe(migrations.length);
    }
  });

  it.each([
    ['another id', 'PRAGMA application_id = 7; CREATE TABLE mine (x)'],
    ['another id and no tables', 'PRAGMA application_id = 7'],
    ['tables and no id', 'CREATE TABLE mine (x)'],
    ['a version and no id', 'PRAGMA user_version = 1'],
  ])('refuses a database with %s, and leaves it as it is', (_what, sql) => {
    const bytes = foreign(`${sql}; PRAGMA journal_mode = DELETE`);
    rmSync(file);
    writeFileSync(file, bytes, { mode: 0o600 });
    expect(codeOf(open)).toBe('catalog_of_another_program');
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('refuses a newer catalog and leaves its log to it', () => {
    open().close();
    const newer = new Database(file);
    onTestFinished(() => {
      newer.close();
    });
    newer.pragma('user_version = 99');
    newer.exec('CREATE TABLE novelty (x)');
    // As a crash leaves it: the change is in the log alone, and nobody has the file open.
    const [bytes, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
    newer.close();
    writeFileSync(file, bytes);
    writeFileSync(`${file}-wal`, log, { mode: 0o600 });
    expect(codeOf(open)).toBe('catalog_newer_version');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readFileSync(`${file}-wal`).equals(log)).toBe(true);
  });

  it('refuses an empty file beside a log that is not, and drops neither', () => {
    writeFileSync(file, '', { mode: 0o600 });
    writeFileSync(`${file}-wal`, 'the log of a file that was emptied', { mode: 0o600 });
    expect(codeOf(open)).toBe('catalog_damaged');
    expect(readFileSync(`${file}-wal`, 'utf8')).toContain('the log of');
    expect(readFileSync(file)).toHaveLength(0);
  });

  it('takes an empty file for a catalog that is about to be made', () => {
    writeFileSync(file, '', { mode: 0o600 });
    expect(pragma(open(), 'user_version')).toBe(migrations.length);
  });

  it('recovers what a crash left in the log', async () => {
    const catalog = openCatalog({ home });
    await catalog.add(crypto.randomUUID(), aDraft({ name: 'in the log' }));
    const [bytes, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
    await catalog.close();
    writeFileSync(file, bytes);
    writeFileSync(`${file}-wal`, log, { mode: 0o600 });
    const again = openCatalog({ home });
    expect((await again.list()).map(({ name }) => name)).toEqual(['in the log']);
    await again.close();
  });

  it('gives up on a lock that stays, and changes nothing', async () => {
    const catalog = new SqliteCatalog(open(100), {});
    const other = new Database(file);
    onTestFinished(() => {
      other.close();
    });
    other.exec('BEGIN IMMEDIATE');
    await expect(catalog.add(crypto.randomUUID(), aDraft())).rejects.toMatchObject({
      name: 'CatalogError',
      code: 'catalog_busy',
    });
    expect(await catalog.list()).toEqual([]);
    other.exec('ROLLBACK');
    await catalog.add(crypto.randomUUID(), aDraft());
  });

  it('says so when a table was altered', async () => {
    const db = open();
    db.ask((raw) => raw.exec('ALTER TABLE connections RENAME COLUMN host TO hostess'));
    await expect(new SqliteCatalog(db, {}).list()).rejects.toMatchObject({ code: 'catalog_altered' });
  });

  it.each([
    ['options', '{"a": 1}'],
    ['options', '[]'],
    ['options', '"text"'],
    ['tags', '{}'],
    ['tags', '[1]'],
    ['tags', 'null'],
  ])('says so when %s hold %s', async (column, json) => {
    const db = open();
    const catalog = new SqliteCatalog(db, {});
    await catalog.add(crypto.randomUUID(), aDraft());
    db.write(() => db.run(`UPDATE connections SET ${column} = ?`, json));
    await expect(catalog.find('orders')).rejects.toMatchObject({ code: 'catalog_damaged' });
  });

  it.each(['[]', 'null', '"text"', '{}', '{"status":"passed","durationMs":1,"stages":[null]}'])(
    'says so when the result of a test holds %s',
    async (json) => {
      const db = open();
      const catalog = new SqliteCatalog(db, {});
      const { id, lastTest } = await catalog.add(crypto.randomUUID(), aDraft());
      const result = { connection: 'orders', ...probed() };
      await catalog.recordTest(id, 1, { lastTest, provider: 'neon', result });
      db.write(() => db.run('UPDATE test_results SET result = ?', json));
      await expect(catalog.history(id, 1)).rejects.toMatchObject({ code: 'catalog_damaged' });
    },
  );

  it('undoes the last test when its result can not be kept', async () => {
    const db = open();
    const catalog = new SqliteCatalog(db, {});
    const { id, lastTest } = await catalog.add(crypto.randomUUID(), aDraft());
    const result = { connection: 'orders', ...probed(), durationMs: -1 };
    const outcome = { lastTest: { ...lastTest, status: 'passed' as const }, provider: 'neon', result };
    await expect(catalog.recordTest(id, 1, outcome)).rejects.toThrow('CHECK constraint failed');
    expect(await catalog.find(id)).toMatchObject({ lastTest, provider: 'self-hosted' });
  });

  it('undoes all of a write that fails in its middle', async () => {
    const db = open();
    const catalog = new SqliteCatalog(db, {});
    const [id, account] = [crypto.randomUUID(), crypto.randomUUID()];
    await catalog.beginSecret(account, 'vault', id);
    const draft = aDraft({ password: { kind: 'stored' }, secretAccount: account, port: 70_000 });
    await expect(catalog.add(id, draft)).rejects.toThrow('CHECK constraint failed');
    expect(await catalog.secretLedger()).toMatchObject([{ account, state: 'pending' }]);
    expect(await catalog.list()).toEqual([]);
  });

  it('keeps any duration of a test exactly', async () => {
    const catalog = new SqliteCatalog(open(), {});
    const { id, lastTest } = await catalog.add(crypto.randomUUID(), aDraft());
    for (const durationMs of [0, 0.1 + 0.2, 1 / 3, 1e-7, 123456.789, 2 ** 53 - 1, Number.MAX_VALUE]) {
      await catalog.recordTest(id, 1, {
        lastTest: { ...lastTest, status: 'failed', durationMs },
        provider: 'neon',
        result: { connection: 'orders', ...probed('failed'), durationMs },
      });
      expect((await catalog.find(id))?.lastTest.durationMs).toBe(durationMs);
      expect((await catalog.history(id, 1))[0]?.result.durationMs).toBe(durationMs);
    }
  });
});
