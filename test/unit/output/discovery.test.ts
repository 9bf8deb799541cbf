import { describe, expect, test } from 'vitest';
import type { Discovery, UserType } from '../../../src/metadata/discovery.ts';
import { discoverySchema } from '../../../src/metadata/schema.ts';
import { type StructureView, viewOfDiscovery } from '../../../src/metadata/view.ts';
import type { View } from '../../../src/output/answer.ts';
import { type DiscoveryFormat, discoveryChunks } from '../../../src/output/discovery.ts';
import { discovery, pipe, relation, terminal } from './samples.ts';

const partitioned = relation({
  name: 'empty',
  kind: 'partitioned table',
  comment: null,
  estimatedRows: null,
  columns: [],
  primaryKey: null,
  foreignKeys: [],
  partitions: { key: 'RANGE (at)', count: 1 },
});

const mood: UserType = {
  oid: 7,
  name: 'mood',
  kind: 'enum',
  comment: null,
  labels: ['glad', 'cross'],
  base: null,
  nullable: true,
  default: null,
  checks: [],
  attributes: [],
};

const schemas: Discovery['schemas'] = [
  { name: 'nothing', relations: [], types: [mood] },
  { name: 'public', relations: [relation(), partitioned], types: [] },
  { name: 'void', relations: [], types: [] },
];

async function shown(
  format: DiscoveryFormat,
  found: Discovery,
  view: View = pipe,
  changes: Partial<StructureView> = {},
): Promise<string> {
  let text = '';
  const structure = { ...viewOfDiscovery(found), ...changes };
  for await (const chunk of discoveryChunks(format, structure, view, { csvSafe: false })) text += chunk;
  return text;
}

describe('the tree', () => {
  test('has schemas, relations and columns, and what was not seen', async () => {
    expect(await shown('tree', discovery({ schemas }), terminal(90))).toBe(
      [
        'orders-prod  server 16.4, neon, read 2 h ago',
        '',
        'nothing',
        '',
        'public',
        '  orders  table, ~1,234,567 rows',
        '    every order',
        '    id           bigint   PK not null identity always',
        '    customer_id  integer  default 0 – who bought',
        '    foreign key (customer_id) → crm.customers (id) on delete cascade',
        '  empty  partitioned table, by RANGE (at), 1 partition',
        '',
        'void',
        '',
        '3 schemas, 2 relations, 2 columns',
        'Hidden: 1 schema and 2 relations that this user may not see.',
        '',
      ].join('\n'),
    );
  });

  test('of what is looked for shows no schema without any', async () => {
    const text = await shown('tree', discovery({ schemas }), pipe, { narrowed: true });
    expect(text).not.toContain('void');
    expect(text).not.toContain('nothing');
    expect(text).toContain('\n1 schema, 2 relations, 2 columns\n');
  });

  test('says when what is cached was last seen to hold still', async () => {
    const text = await shown('tree', discovery(), pipe, { checkedAt: '2026-05-04T11:59:00.000Z' });
    expect(text).toMatch(/^orders-prod {2}server 16\.4, neon, read 2 h ago, unchanged 1 min ago\n/);
  });

  test('says what a generated column is made from; nothing hidden is not mentioned', async () => {
    const [id] = relation().columns;
    if (id === undefined) throw new Error('the sample has no column');
    const total = { ...id, name: 'total', type: 'numeric', nullable: true, default: 'a + b', identity: null };
    const table = relation({
      columns: [{ ...total, generated: 'stored' }],
      primaryKey: null,
      foreignKeys: [],
    });
    const found = discovery({
      hidden: { schemas: 0, relations: 0 },
      schemas: [{ name: 's', relations: [table], types: [] }],
    });
    const text = await shown('tree', found);
    expect(text).toContain('    total  numeric  generated stored as a + b\n');
    expect(text).toMatch(/\n1 schema, 1 relation, 1 column\n$/);
  });

  test('is cut to a terminal and never elsewhere', async () => {
    expect(await shown('tree', discovery(), terminal(20))).toContain('\n    customer_id  in…\n');
    expect(await shown('tree', discovery(), { ...pipe, columns: 20 })).toContain('default 0 – who bought\n');
  });
});

test('the table has a line a relation', async () => {
  expect(await shown('table', discovery({ schemas }), terminal(100))).toBe(
    [
      'orders-prod  server 16.4, neon, read 2 h ago',
      '',
      'RELATION       KIND                     ROWS  COLUMNS  COMMENT',
      'public.orders  table              ~1,234,567        2  every order',
      'public.empty   partitioned table           –        0',
      '',
      '1 schema, 2 relations, 2 columns',
      'Hidden: 1 schema and 2 relations that this user may not see.',
      '',
    ].join('\n'),
  );
});

describe('JSON', () => {
  test.each([
    ['of all', discovery({ schemas })],
    ['of one schema', discovery()],
    ['of nothing', discovery({ schemas: [] })],
  ])('%s is the contract, indented by two', async (_what, found) => {
    const text = await shown('json', found);
    expect(discoverySchema.parse(JSON.parse(text))).toEqual(found);
    expect(text).toBe(`${JSON.stringify(found, null, 2)}\n`);
  });

  test('leaves out what a filter by text found nothing in', async () => {
    const text = await shown('json', discovery({ schemas }), pipe, { narrowed: true });
    expect(JSON.parse(text).schemas.map(({ name }: { name: string }) => name)).toEqual(['public']);
  });
});

test('CSV has a line a column, and one for a relation without any', async () => {
  expect(await shown('csv', discovery({ schemas }))).toBe(
    [
      'schema,relation,kind,column,type,nullable,default,primaryKey,comment',
      'public,orders,table,id,bigint,false,,1,',
      'public,orders,table,customer_id,integer,true,0,,who bought',
      'public,empty,partitioned table,,,,,,',
      '',
    ].join('\n'),
  );
});

test('Markdown is a data dictionary', async () => {
  const index = {
    name: 'orders_by_customer',
    unique: false,
    primary: false,
    valid: false,
    replicaIdentity: false,
    immediate: true,
    method: 'btree',
    columns: ['customer_id', null],
    include: ['id'],
    sortOrders: ['asc' as const, 'desc nulls last' as const],
    operatorClasses: ['int4_ops', null],
    collations: [null, '"C"'],
    nullsNotDistinct: true,
    expressions: 'lower(a)',
    predicate: 'id > 0',
  };
  const table = relation({ indexes: [index], checks: [{ name: 'positive', definition: 'CHECK (id > 0)' }] });
  const found = discovery({ schemas: [{ name: 'public', relations: [table], types: [] }] });
  expect(await shown('markdown', found)).toBe(
    `# orders-prod

PostgreSQL 16.4, neon, read 2026-05-04T10:00:00.000Z

## public

### orders

table, \\~1,234,567 rows

every order

| column | type | nullable | default | key | comment |
| --- | --- | --- | --- | --- | --- |
| id | bigint | no | identity always | PK |  |
| customer\\_id | integer | yes | 0 | FK → crm.customers.id | who bought |

Foreign keys:

- orders\\_customer: (customer\\_id) → crm.customers (id) on delete cascade

Checks:

- positive: CHECK (id \\> 0)

Indexes:

- orders\\_by\\_customer: btree (customer\\_id int4\\_ops, lower(a) collate "C" desc nulls last) include (id) nulls not distinct where id \\> 0, INVALID

Hidden: 1 schema and 2 relations that this user may not see.
`,
  );
});

test('Mermaid draws entities and their references', async () => {
  expect(await shown('mermaid', discovery({ schemas }))).toBe(
    [
      'erDiagram',
      '  "public.orders" {',
      '    bigint id PK',
      '    integer customer_id FK "who bought"',
      '  }',
      '  "public.empty" {',
      '  }',
      '  "crm.customers" |o--o{ "public.orders" : "customer_id"',
      '',
    ].join('\n'),
  );
});

test('a column of two foreign keys says both in Markdown', async () => {
  const [key] = relation().foreignKeys;
  if (key === undefined) throw new Error('the sample has no foreign key');
  const second = { ...key, name: 'orders_person', referencedSchema: 'hr', referencedTable: 'people' };
  const table = relation({ foreignKeys: [key, second] });
  const text = await shown(
    'markdown',
    discovery({ schemas: [{ name: 's', relations: [table], types: [] }] }),
  );
  expect(text).toContain('| FK → crm.customers.id, hr.people.id |');
});
