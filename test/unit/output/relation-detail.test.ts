import { describe, expect, test } from 'vitest';
import type { RelationDetail } from '../../../src/metadata/discovery.ts';
import type { View } from '../../../src/output/answer.ts';
import type { DiscoveryFormat } from '../../../src/output/discovery.ts';
import { relationChunks, relationDetail } from '../../../src/output/relation-detail.ts';
import { bytesText } from '../../../src/output/relation-details-words.ts';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { pipe, relation, relationDetails, relationInFull, terminal } from './samples.ts';

async function shown(format: DiscoveryFormat, detail: RelationDetail, view: View = pipe): Promise<string> {
  const { schema, connection: _connection, takenAt: _takenAt, types: _types, ...rest } = detail;
  const { referencedBy: _referencedBy, details: _details, ...own } = rest;
  const neighbourhood = [{ schema, relation: own }];
  let text = '';
  for await (const chunk of relationChunks(format, { detail, neighbourhood }, view, { csvSafe: false }))
    text += chunk;
  return text;
}

const plain: RelationDetail = {
  ...relation(),
  connection: 'orders-prod',
  schema: 'public',
  takenAt: '2026-05-04T10:00:00.000Z',
  types: [],
  referencedBy: [],
  details: null,
};

describe('the text', () => {
  test('says no more than there is', () => {
    expect(relationDetail(plain).text(pipe)).toBe(`public.orders  table, ~1,234,567 rows, read 2 h ago
every order

owner  admin

COLUMN       KEY  TYPE     NULL      DEFAULT          COMMENT
id           PK   bigint   not null  identity always
customer_id       integer  null      0                who bought

Primary key
  orders_pkey: (id)

Foreign keys
  orders_customer: (customer_id) → crm.customers (id) on delete cascade
`);
  });

  test('with details has all that they say', () => {
    const text = relationDetail(relationInFull('x')).text(pipe);
    for (const line of [
      'foreign server  x',
      'size            1.5 MB (table 977 kB, indexes 488 kB, TOAST 35 kB)',
      'rows            ~1,200 live, ~3 dead',
      'analyzed        1 h ago, ~7 rows changed since',
      'vacuumed        never',
      'partitioned     x, 2 in all',
      '  x: (x) deferrable',
      '  x: (x) → x.x (x) on update cascade on delete restrict deferrable NOT VALID',
      '  x: x.x (x) → (x) on update cascade on delete restrict deferrable NOT VALID',
      '  x: btree (x collate x x desc, x collate x x) include (x) nulls not distinct where x, unique, INVALID',
      "  x.x: enum ('x'), not null, default x, x, – x",
      '  x  8 kB',
      '  x: restrictive, update to x using x with check x',
      '  x  DISABLED',
      '  x.x of x, its identity',
      '  x: x on x with grant option, by x',
      '  x.x: x, of x.x, ~12 rows, 100 bytes',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  test("keeps the lines of a view's definition, and nothing that a terminal obeys", () => {
    const definition = " SELECT a,\n    'b\u202e\u001b[2J'\n   FROM t;";
    const details = relationDetails('x', { definition });
    const text = relationDetail(relationInFull('x', { details })).text(pipe);
    expect(text).toContain(
      "\nDefinition\n   SELECT a,\n      'b\\u202e\\x1b[2J'\n     FROM t;\n\nIndex definitions\n",
    );
  });

  test('of a relation without columns says so', () => {
    const text = relationDetail({ ...plain, columns: [], primaryKey: null, foreignKeys: [] }).text(pipe);
    expect(text).toMatch(/\nno columns\n$/);
  });

  test('cuts the columns to a terminal, and no definition', () => {
    const long = 'x'.repeat(150);
    const text = relationDetail(relationInFull(long)).text(terminal(80));
    const table = text.slice(text.indexOf('COLUMN'), text.indexOf('Primary key'));
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    expect(text).toContain(`\n  ${long}: ${long}\n`);
  });
});

test('CSV says which columns a column refers to', async () => {
  const csv = await shown('csv', plain);
  expect(csv.split('\n')).toEqual([
    'schema,relation,number,column,type,nullable,default,identity,generated,collation,primaryKey,references,comment',
    'public,orders,1,id,bigint,false,,always,,,1,,',
    'public,orders,2,customer_id,integer,true,0,,,,,crm.customers.id,who bought',
    '',
  ]);
});

describe('Markdown', () => {
  test('is the section of the data dictionary, and what only one relation has', async () => {
    const markdown = await shown('markdown', relationInFull('a|b'));
    expect(markdown).toMatch(/^# a\\\|b\n\nread 2026-05-04T10:00:00\.000Z\n\n## a\\\|b\n\n### a\\\|b\n/);
    expect(markdown).toContain('\nReferenced by:\n\n- a\\|b: a\\|b.a\\|b (a\\|b) → (a\\|b)');
    expect(markdown).toContain('\nOn the server:\n\n- foreign server: a\\|b\n- size: 1.5 MB');
  });

  test("fences a view's definition, whatever stands in it", async () => {
    const details = relationDetails('x', { definition: " SELECT '```'\n FROM t;" });
    const markdown = await shown('markdown', relationInFull('x', { details }));
    expect(markdown).toContain("\nDefinition:\n\n````sql\n SELECT '```'\n FROM t;\n````\n");
  });
});

test('a tree of one relation is its text, a diagram is of its neighbourhood', async () => {
  expect(await shown('tree', plain)).toBe(relationDetail(plain).text(pipe));
  expect(await shown('mermaid', plain)).toMatch(/^erDiagram\n {2}"public\.orders" \{\n/);
});

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 kB'],
  [1536, '1.5 kB'],
  [10_300, '10 kB'],
  [1_073_741_824, '1 GB'],
  [5e15, '4.4 PB'],
  [9e18, '7994 PB'],
])('%d bytes are %s', (count, text) => {
  expect(bytesText(count)).toBe(text);
});
