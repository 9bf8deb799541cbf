import { expect, test } from 'vitest';
import { discoverySchema } from '../../../src/metadata/schema.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { discoveryTree } from '../../../src/output/discovery.ts';
import { discovery, pipe, relation, terminal } from './samples.ts';

const view = relation({
  name: 'empty',
  kind: 'partitioned table',
  comment: null,
  estimatedRows: null,
  columns: [],
  primaryKey: null,
  foreignKeys: [],
  partitions: { key: 'RANGE (at)', count: 1 },
});

test('is a tree of schemas, relations and columns', () => {
  const schemas = [
    { name: 'public', relations: [relation(), view] },
    { name: 'void', relations: [] },
  ];
  expect(discoveryTree(discovery({ schemas })).text(terminal(80))).toBe(
    [
      'orders-prod  server 16.4, neon, read 2 h ago',
      '',
      'public  2 relations',
      '  orders  table, ~1,234,567 rows',
      '    every order',
      '    id           bigint   PK not null identity always',
      '    customer_id  integer  default 0 – who bought',
      '    foreign key (customer_id) → crm.customers (id)',
      '  empty  partitioned table, by RANGE (at), 1 partition',
      '',
      'void  0 relations',
      '',
      '2 schemas, 2 relations, 2 columns',
      'Hidden: 1 schema and 2 relations that this user may not see.',
      '',
    ].join('\n'),
  );
});

test('a generated column says what it is made from; nothing hidden is not mentioned', () => {
  const [id] = relation().columns;
  const column = { ...id, name: 'total', type: 'numeric', nullable: true, default: 'a + b', identity: null };
  const generated = discovery({
    hidden: { schemas: 0, relations: 0 },
    schemas: [
      {
        name: 's',
        relations: [
          relation({
            columns: [{ comment: null, ...column, generated: 'stored' }],
            primaryKey: null,
            foreignKeys: [],
          }),
        ],
      },
    ],
  });
  const text = discoveryTree(generated).text(pipe);
  expect(text).toContain('    total  numeric  generated stored as a + b\n');
  expect(text).toMatch(/\n1 schema, 1 relation, 1 column\n$/);
});

test('lines are cut to a terminal and never elsewhere', () => {
  expect(discoveryTree(discovery()).text(terminal(20))).toContain('\n    customer_id  in…\n');
  expect(discoveryTree(discovery()).text({ ...pipe, columns: 20 })).toContain('default 0 – who bought\n');
});

test('JSON is the contract', () => {
  const found = discovery({ schemas: [{ name: 'public', relations: [relation(), view] }] });
  expect(discoverySchema.parse(discoveryTree(found).value)).toEqual(found);
});

test('CSV has a line a column, and one for a relation without any', async () => {
  const found = discovery({ schemas: [{ name: 'public', relations: [relation(), view] }] });
  expect(await renderAnswer('csv', discoveryTree(found), pipe)).toBe(
    [
      'schema,relation,kind,column,type,nullable,default,primaryKey,comment',
      'public,orders,table,id,bigint,false,,1,',
      'public,orders,table,customer_id,integer,true,0,,who bought',
      'public,empty,partitioned table,,,,,,',
      '',
    ].join('\n'),
  );
});
