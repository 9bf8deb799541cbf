import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { applicationId, type Migration, migrations } from '../../../src/catalog/migrations.ts';
import { openDatabase } from '../../../src/catalog/open-database.ts';
import { CatalogError } from '../../../src/connections/errors.ts';

const first: Migration = {
  version: 1,
  up: (db) => {
    db.pragma(`application_id = ${applicationId}`);
    db.exec("CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES ('one')");
  },
};
const second: Migration = {
  version: 2,
  up: (db) => db.exec("ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'red'"),
};
const third: Migration = { version: 3, up: (db) => db.exec('CREATE TABLE more (n INTEGER) STRICT') };
const broken: Migration = {
  version: 2,
  up: (db) => {
    db.exec("DELETE FROM notes; CREATE TABLE half (n INTEGER); INSERT INTO notes VALUES ('two')");
    throw new TypeError('the migration is wrong');
  },
};

describe('migrating a catalog', () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'jackfield-migrate-'));
    file = join(home, 'catalog.db');
    onTestFinished(() => rmSync(home, { recursive: true }));
  });

  function open(...plan: Migration[]): void {
    openDatabase({ home, migrations: plan, patience: 1000 }).close();
  }

  function look(path = file): { version: unknown; notes: unknown[]; tables: unknown[] } {
    const db = new Database(path, { readonly: true });
    try {
      return {
        version: db.pragma('user_version', { simple: true }),
        notes: db.prepare('SELECT * FROM notes').all(),
        tables: db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").pluck().all(),
      };
    } finally {
      db.close();
    }
  }

  function copies(): string[] {
    return readdirSync(home).filter((name) => name.startsWith('catalog.db.before'));
  }

  function failure(...plan: Migration[]): CatalogError {
    try {
      open(...plan);
    } catch (error) {
      if (error instanceof CatalogError) return error;
      throw error;
    }
    throw new Error('the migration did not fail');
  }

  it('numbers its own steps 1, 2, 3 …', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('brings a catalog of version 2 to 3, where no connection allows writes', () => {
    open(...migrations.slice(0, 2));
    const db = new Database(file);
    db.exec(`
      INSERT INTO connections VALUES ('id', 'orders', 'source', 'postgres', 'neon', 'db.example.com', 5432,
        'shop', 'reader', 'public', 'verify-full', NULL, NULL, NULL, NULL, '{}', '["a"]', 'none', NULL, 'none',
        NULL, NULL, 'never', NULL, NULL, NULL, NULL, NULL, NULL, '', '', 3);
    `);
    const before = db.prepare('SELECT * FROM connections').get();
    open(...migrations.slice(0, 3));
    expect(db.pragma('user_version', { simple: true })).toBe(3);
    expect(db.prepare('SELECT * FROM connections').get()).toEqual({ ...Object(before), allow_write: 0 });
    expect(() => db.exec('UPDATE connections SET allow_write = 2')).toThrow('CHECK');
    db.close();
  });

  it('brings a catalog of version 4 to 5, where pipelines keep what they have and name what they lost', () => {
    open(...migrations.slice(0, 4));
    const db = new Database(file);
    db.exec(`
      INSERT INTO connections VALUES ('id', 'orders', 'source', 'postgres', 'neon', 'db.example.com', 5432,
        'shop', 'reader', 'public', 'verify-full', NULL, NULL, NULL, NULL, '{}', '["a"]', 'none', NULL, 'none',
        NULL, NULL, 'never', NULL, NULL, NULL, NULL, NULL, NULL, '', '', 3, 0);
      INSERT INTO pipelines VALUES ('p', 'nightly', 'id', NULL, 'paused', 'then', 'later');
      INSERT INTO pipeline_tables VALUES ('p', 'sales', 'orders');
    `);
    const before = db.prepare('SELECT * FROM pipelines').get();
    open(...migrations.slice(0, 5));
    expect(db.pragma('user_version', { simple: true })).toBe(5);
    expect(db.prepare('SELECT * FROM pipelines').get()).toEqual({
      ...Object(before),
      source_name: null,
      destination_name: 'unknown',
      destination_schema: null,
      schedule: null,
      owner: null,
      revision: 1,
    });
    expect(db.prepare('SELECT * FROM pipeline_tables').all()).toHaveLength(1);
    expect(() => db.exec('UPDATE pipelines SET revision = 0')).toThrow('CHECK');
    expect(copies()).toEqual(['catalog.db.before-5']);
    db.close();
  });

  it('brings a catalog of version 6 to 7, where set-ups have the hostaddr of a connection that still leads there', () => {
    open(...migrations.slice(0, 6));
    const db = new Database(file);
    const add = (id: string, options: string, host: string) =>
      db.exec(`
        INSERT INTO connections VALUES ('${id}', '${id}', 'source', 'postgres', 'neon', '${host}', 5432,
          'shop', 'reader', 'public', 'verify-full', NULL, NULL, NULL, NULL, '${options}', '["a"]', 'none', NULL,
          'none', NULL, NULL, 'never', NULL, NULL, NULL, NULL, NULL, NULL, '', '', 3, 0);
        INSERT INTO cdc_setups VALUES ('${id}', 'p', 's', 'db.example.com', 5432, 'shop', 'then');
      `);
    add('named', '{}', 'db.example.com');
    add('by address', '{"hostaddr":"10.0.0.1"}', 'db.example.com');
    add('led elsewhere', '{"hostaddr":"10.0.0.2"}', 'other.example.com');
    const before = db.prepare('SELECT * FROM cdc_setups').all();
    open(...migrations.slice(0, 7));
    expect(db.pragma('user_version', { simple: true })).toBe(7);
    expect(db.prepare('SELECT * FROM cdc_setups').all()).toEqual(
      before.map((row, index) => ({ ...Object(row), hostaddr: [null, '10.0.0.1', null][index] })),
    );
    expect(copies()).toEqual(['catalog.db.before-7']);
    db.close();
  });

  it('brings a catalog of version 1 to 2 with all that is in it, and a place for results and tables', () => {
    open(...migrations.slice(0, 1));
    const db = new Database(file);
    db.exec(`
      INSERT INTO secret_items VALUES (1, 'account', 'vault', 'live', 'id', 'host:1', '');
      INSERT INTO connections VALUES ('id', 'orders', 'source', 'postgres', 'neon', 'db.example.com', 5432,
        'shop', 'reader', 'public', 'verify-full', NULL, NULL, NULL, NULL, '{}', '["a"]', 'stored', NULL, 'none',
        NULL, 'account', 'passed', '2026-01-01T00:00:00.000Z', 1.5, NULL, NULL, '16.3', NULL, '', '', 3);
      INSERT INTO pipelines VALUES ('p', 'nightly', 'id', NULL, 'active', '', '');
      INSERT INTO vault_items VALUES ('account', x'00ff');
      INSERT INTO settings VALUES ('secret_backend', 'vault');
    `);
    const former = ['secret_items', 'connections', 'pipelines', 'vault_items', 'settings'];
    const rows = () => former.map((table) => db.prepare(`SELECT * FROM ${table}`).all());
    const before = rows();
    open(...migrations.slice(0, 2));
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    expect(rows()).toEqual(before);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    db.exec(`
      PRAGMA foreign_keys = ON;
      INSERT INTO test_results VALUES (NULL, 'id', '', 'passed', 1.5, '16.3', NULL, '{}');
      INSERT INTO pipeline_tables VALUES ('p', 'sales', 'orders');
      DELETE FROM pipelines;
      DELETE FROM connections;
    `);
    for (const table of ['test_results', 'pipeline_tables'])
      expect(db.prepare(`SELECT * FROM ${table}`).all(), table).toEqual([]);
    expect(copies()).toEqual(['catalog.db.before-2']);
    db.close();
  });

  it('brings a catalog of version 5 to 6, with a place for set-ups of CDC that goes with its connection', () => {
    open(...migrations.slice(0, 5));
    const db = new Database(file);
    db.exec(`
      INSERT INTO connections VALUES ('id', 'orders', 'source', 'postgres', 'neon', 'db.example.com', 5432,
        'shop', 'reader', 'public', 'verify-full', NULL, NULL, NULL, NULL, '{}', '["a"]', 'none', NULL, 'none',
        NULL, NULL, 'never', NULL, NULL, NULL, NULL, NULL, NULL, '', '', 3, 1);
      INSERT INTO source_configs VALUES ('id', 60000, '[]', '[]');
    `);
    const rows = () => ['connections', 'source_configs'].map((it) => db.prepare(`SELECT * FROM ${it}`).all());
    const before = rows();
    open(...migrations.slice(0, 6));
    expect(db.pragma('user_version', { simple: true })).toBe(6);
    expect(rows()).toEqual(before);
    db.exec(`
      PRAGMA foreign_keys = ON;
      INSERT INTO cdc_setups VALUES ('id', 'p', 's', 'db.example.com', 5432, 'shop', '');
      DELETE FROM connections;
    `);
    expect(db.prepare('SELECT * FROM cdc_setups').all()).toEqual([]);
    db.close();
  });

  it('brings a catalog of version 7 to 8, where no secret is of a rotation', () => {
    open(...migrations.slice(0, 7));
    const db = new Database(file);
    const row = (account: string) => `('${account}', 'vault', 'pending', 'id', 'host:1', '')`;
    db.exec(
      `INSERT INTO secret_items (account, backend, state, connection_id, owner, created_at)
       VALUES ${row('a')}, ${row('b')}`,
    );
    open(...migrations.slice(0, 8));
    expect(db.pragma('user_version', { simple: true })).toBe(8);
    expect(db.prepare('SELECT account, rotation FROM secret_items').raw().all()).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    db.exec("UPDATE secret_items SET rotation = 1 WHERE account = 'a'");
    expect(() => db.exec("UPDATE secret_items SET rotation = 1 WHERE account = 'b'")).toThrow('UNIQUE');
    db.close();
  });

  it('makes a new catalog of the newest format, without a copy', () => {
    open(first, second, third);
    expect(look()).toEqual({
      version: 3,
      notes: [{ text: 'one', colour: 'red' }],
      tables: ['more', 'notes'],
    });
    expect(copies()).toEqual([]);
  });

  it('goes through what is missing, and copies what was there before', () => {
    open(first);
    open(first, second, third);
    expect(look()).toEqual({
      version: 3,
      notes: [{ text: 'one', colour: 'red' }],
      tables: ['more', 'notes'],
    });
    expect(copies()).toEqual(['catalog.db.before-2']);
    expect(look(`${file}.before-2`)).toEqual({ version: 1, notes: [{ text: 'one' }], tables: ['notes'] });
    expect(statSync(`${file}.before-2`).mode & 0o777).toBe(0o600);
  });

  it('does nothing to a catalog of the newest format', () => {
    open(first, second);
    open(first, { ...second, up: () => expect.unreachable('a step was run twice') });
    expect(copies()).toEqual([]);
  });

  it('leaves data and version as they were when a step fails, and says where the copy is', () => {
    open(first);
    const before = look();
    const error = failure(first, broken);
    expect(error).toMatchObject({ code: 'catalog_migration_failed', cause: { name: 'TypeError' } });
    expect(error.fix).toContain(`${file}.before-2`);
    expect(look()).toEqual(before);
    expect(look(`${file}.before-2`)).toEqual(before);
    open(first, second);
    expect(look().version).toBe(2);
  });

  it('keeps what went well before the step that fails', () => {
    open(first);
    const error = failure(first, second, { ...broken, version: 3 });
    expect(error.message).toContain('format 3');
    expect(error.fix).toContain(`${file}.before-2`);
    expect(look()).toMatchObject({ version: 2, notes: [{ text: 'one', colour: 'red' }] });
  });

  it('leaves an empty file when the very first step fails', () => {
    const error = failure({ ...broken, version: 1, up: () => JSON.parse('wrong') });
    expect(error).toMatchObject({ code: 'catalog_migration_failed', fix: 'Report it, please' });
    open(first);
    expect(look().version).toBe(1);
  });

  it('makes no second copy of the same content', () => {
    open(first);
    for (let round = 0; round < 3; round += 1) failure(first, broken);
    expect(copies()).toEqual(['catalog.db.before-2']);
  });

  it('never writes over a copy of other content', () => {
    writeFileSync(`${file}.before-2`, 'an older copy');
    open(first);
    open(first, second);
    expect(copies()).toEqual(['catalog.db.before-2', 'catalog.db.before-2.2']);
    expect(statSync(`${file}.before-2`).size).toBe('an older copy'.length);
    expect(look(`${file}.before-2.2`).version).toBe(1);
  });

  it('copies what only the write-ahead log holds yet', () => {
    open(first);
    const writer = new Database(file);
    onTestFinished(() => {
      writer.close();
    });
    writer.exec("INSERT INTO notes VALUES ('in the log')");
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
    open(first, second);
    expect(look(`${file}.before-2`).notes).toEqual([{ text: 'one' }, { text: 'in the log' }]);
  });

  it('migrates nothing where no copy can be made', () => {
    open(first);
    // Whoever runs this, a directory can't be written to as a file.
    mkdirSync(`${file}.before-2.partial`);
    expect(() => open(first, second)).toThrow();
    expect(look().version).toBe(1);
  });
});
