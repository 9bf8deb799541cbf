import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { inspectCatalog } from '../../../src/catalog/health.ts';
import { openCatalog } from '../../../src/catalog/sqlite-catalog.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { probed } from '../../support/in-memory-connector.ts';

describe("the catalog's health", () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    const directory = mkdtempSync(join(tmpdir(), 'jackfield-health-'));
    home = join(directory, 'home');
    file = join(home, 'catalog.db');
    onTestFinished(() => rmSync(directory, { recursive: true }));
  });

  /** A closed catalog with some connections in it. */
  async function fill(): Promise<void> {
    const catalog = openCatalog({ home });
    for (let n = 0; n < 200; n += 1) {
      const { id, lastTest } = await catalog.add(crypto.randomUUID(), aDraft({ name: `c${n}` }));
      const result = { connection: `c${n}`, ...probed() };
      await catalog.recordTest(id, 1, { lastTest, provider: 'neon', result });
    }
    await catalog.close();
  }

  function change(sql: string): void {
    const db = new Database(file);
    db.unsafeMode();
    db.exec(sql);
    db.close();
  }

  async function found(): Promise<string[]> {
    return (await inspectCatalog(home)).map(({ status, code }) => `${status} ${code}`);
  }

  const whole = ['ok permissions_ok', 'ok catalog_ok'];

  it('is good, open or closed', async () => {
    await fill();
    expect(await found()).toEqual(whole);
    const catalog = openCatalog({ home });
    await catalog.add(crypto.randomUUID(), aDraft());
    const findings = await catalog.health();
    expect(findings.map(({ status, code }) => `${status} ${code}`)).toEqual(whole);
    expect(findings.every(({ fix }) => fix === null)).toBe(true);
    expect(await found()).toEqual(whole);
    await catalog.close();
  });

  it('makes no catalog where there is none', async () => {
    expect(await found()).toEqual(['ok catalog_absent']);
    mkdirSync(home, { mode: 0o700 });
    expect(await found()).toEqual(['ok catalog_absent']);
    expect(existsSync(file)).toBe(false);
  });

  it('names every problem of permissions, and reads on', async () => {
    await fill();
    chmodSync(home, 0o777);
    chmodSync(file, 0o644);
    expect(await found()).toEqual([
      'problem catalog_home_writable',
      'problem catalog_open_to_others',
      'ok catalog_ok',
    ]);
  });

  it('looks at the files beside the catalog too', async () => {
    const catalog = openCatalog({ home });
    await catalog.add(crypto.randomUUID(), aDraft());
    chmodSync(`${file}-wal`, 0o640);
    const findings = await catalog.health();
    await catalog.close();
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'catalog_open_to_others', fix: `chmod 600 ${file}-wal` }),
    );
  });

  it('finds rows that point nowhere', async () => {
    await fill();
    change(
      `PRAGMA foreign_keys = OFF; INSERT INTO pipelines VALUES ('p', 'p', 'gone', NULL, 'active', '', '', NULL, NULL, NULL, NULL, NULL, 1)`,
    );
    expect(await found()).toEqual(['ok permissions_ok', 'problem catalog_dangling_row']);
  });

  it('finds results of a connection that is gone', async () => {
    await fill();
    change(
      `PRAGMA foreign_keys = OFF; INSERT INTO test_results VALUES (201, 'gone', '', 'passed', 1, NULL, NULL, '{}')`,
    );
    const findings = await inspectCatalog(home);
    expect(findings.at(-1)).toMatchObject({
      code: 'catalog_dangling_row',
      message: expect.stringContaining('Row 201 of test_results'),
    });
  });

  it('finds values that no jackfield writes', async () => {
    await fill();
    change("PRAGMA ignore_check_constraints = ON; UPDATE connections SET port = 0 WHERE name = 'c7'");
    const catalog = openCatalog({ home });
    const findings = await catalog.health();
    await catalog.close();
    expect(findings.at(-1)).toMatchObject({ status: 'problem', code: 'catalog_damaged' });
    expect(findings.at(-1)?.message).toContain('CHECK constraint failed in connections');
  });

  it('finds a damaged page, and changes no byte', async () => {
    await fill();
    const bytes = readFileSync(file);
    // Each page but the first: that one says what the file is.
    for (let page = 1; page < bytes.length / 4096; page += 1) {
      const damaged = Buffer.from(bytes);
      damaged.fill(0xa5, page * 4096, (page + 1) * 4096);
      writeFileSync(file, damaged);
      expect(await found(), `page ${page + 1}`).toContain('problem catalog_damaged');
      expect(readFileSync(file).equals(damaged)).toBe(true);
    }
  });

  it.each([
    ['of a newer version', 'PRAGMA user_version = 99', 'catalog_newer_version'],
    ['of another program', 'PRAGMA application_id = 1', 'catalog_of_another_program'],
  ])('tells a catalog %s', async (_what, sql, code) => {
    await fill();
    change(sql);
    expect(await found()).toEqual(['ok permissions_ok', `problem ${code}`]);
  });

  it('tells what is no database', async () => {
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(file, 'a shopping list, and quite a long one at that: '.repeat(100), { mode: 0o600 });
    expect(await found()).toEqual(['ok permissions_ok', 'problem catalog_not_a_database']);
    writeFileSync(file, 'x');
    expect(await found()).toEqual(['ok permissions_ok', 'problem catalog_not_a_database']);
    rmSync(file);
    mkdirSync(file);
    expect(await found()).toEqual(['problem catalog_not_a_file']);
  });

  it('tells a home that is no directory', async () => {
    writeFileSync(home, '');
    expect(await found()).toEqual(['problem catalog_home_not_a_directory']);
  });
});
