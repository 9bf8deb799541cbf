import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMetadata } from '../../../src/catalog/metadata-store.ts';
import { namesReader } from '../../../src/catalog/names-reader.ts';
import { openCatalog } from '../../../src/catalog/sqlite-catalog.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { aTable, theFacts } from '../../support/structure-samples.ts';

const id = '00000000-0000-4000-8000-000000000001';
let home: string;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'jackfield-names-'));
  const catalog = openCatalog({ home });
  await catalog.add(id, aDraft({ name: 'shop' }));
  await catalog.close();
  await openMetadata({ home, isAtWork: () => false }).close();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** @param gone whether a later snapshot has it no more */
function discovered(...relations: [schema: string, name: string, gone?: boolean][]): void {
  const db = new Database(join(home, 'metadata.db'));
  db.prepare('INSERT INTO sources (id, connection_id) VALUES (7, ?)').run(id);
  const insert = db.prepare("INSERT INTO relations VALUES (7, ?, 1, ?, ?, ?, '', '', '')");
  for (const [at, [schema, name, gone]] of relations.entries()) insert.run(at, gone ? 2 : null, schema, name);
  db.close();
}

it('gives what is there now and begins so, letter by letter', () => {
  discovered(
    ['app', 'orders'],
    ['app', 'Orders'],
    ['app', 'o%d'],
    ['app', 'gone', true],
    ['a.b', 'orders'],
    ['old', 'gone', true],
  );
  const names = namesReader(home);
  expect(names.schemas('shop')).toEqual(['a.b', 'app']);
  expect(names.tables('shop', 'o', 9)).toEqual(['o%d', 'orders']);
  expect(names.tables('shop', 'o%', 9)).toEqual(['o%d']);
  expect(names.tables('shop', '', 2)).toEqual(['Orders', 'o%d']);
  expect(names.relations('shop', 'a.b.o', 9)).toEqual(['a.b.orders']);
  expect(names.relations(id, 'app.O', 9)).toEqual(['app.Orders']);
  expect([names.schemas('nobody'), names.tables('nobody', '', 9)]).toEqual([[], []]);
});

it('gives nothing of a reading that was begun, and then seen to have nothing new', async () => {
  const store = openMetadata({ home, isAtWork: () => false });
  const first = await store.beginRefresh(id);
  await first.begin();
  await first.write([aTable(1, 'orders')]);
  await first.complete(theFacts(), 'scope', 1);
  const second = await store.beginRefresh(id);
  await second.begin();
  await second.write([aTable(1, 'renamed'), aTable(2, 'fresh')]);
  await second.confirm(theFacts(), 1);
  await store.close();
  expect(namesReader(home).tables('shop', '', 9)).toEqual(['orders']);
});

it('looks at no row for it, but at the index alone', () => {
  const db = new Database(join(home, 'metadata.db'), { readonly: true });
  const plan = db
    .prepare(`EXPLAIN QUERY PLAN SELECT DISTINCT r.name FROM relations AS r
      WHERE r.source = 1 AND r.until IS NULL AND substr(r.name, 1, 1) = 'o' ORDER BY r.name`)
    .all() as { detail: string }[];
  db.close();
  expect(plan.map(({ detail }) => detail).join()).toContain('COVERING INDEX relations_by_name');
});
