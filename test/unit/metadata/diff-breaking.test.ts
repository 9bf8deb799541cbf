import { describe, expect, it } from 'vitest';
import type { Column, Relation } from '../../../src/metadata/discovery.ts';
import {
  aColumn,
  anEnum,
  anIndex,
  aTable,
  changesBetween,
  keyedBy,
  type Schemas,
  structureOf,
} from '../../support/compared-structures.ts';

/** The kinds of changes, those that break something with a `!`. */
async function marks(before: Schemas, after: Schemas): Promise<string[]> {
  const changes = await changesBetween(structureOf(before), structureOf(after));
  return changes.map(({ kind, reason }) => `${kind}${reason === null ? '' : '!'}`);
}

const ofTable = (before: Partial<Relation>, after: Partial<Relation>) =>
  marks({ app: [aTable(1, 'orders', before)] }, { app: [aTable(1, 'orders', after)] });

const ofColumn = (before: Partial<Column>, after: Partial<Column>) =>
  ofTable({ columns: [aColumn('total', before)] }, { columns: [aColumn('total', after)] });

describe('what breaks who reads or writes a column', () => {
  it.each<[string, Partial<Column>, Partial<Column>, string[]]>([
    ['a wider type', { type: 'integer' }, { type: 'bigint' }, ['column_type_changed']],
    ['a narrower type', { type: 'bigint' }, { type: 'integer' }, ['column_type_changed!']],
    ['another name', {}, { name: 'amount' }, ['column_renamed!']],
    ['NOT NULL', {}, { nullable: false }, ['column_nullability_changed!']],
    ['NULL', { nullable: false }, {}, ['column_nullability_changed']],
    ['a default', {}, { default: '0' }, ['column_default_changed']],
    ['no default', { default: '0' }, {}, ['column_default_changed']],
    [
      'no default where there has to be a value',
      { default: '0', nullable: false },
      { nullable: false },
      ['column_default_changed!'],
    ],
    ['identity always', {}, { identity: 'always' }, ['column_identity_changed!']],
    ['identity by default', { identity: 'always' }, { identity: 'by default' }, ['column_identity_changed']],
    [
      'no identity where there has to be a value',
      { identity: 'by default', nullable: false },
      { nullable: false },
      ['column_identity_changed!'],
    ],
    ['generated', {}, { generated: 'stored', default: '1' }, ['column_generated_changed!']],
    [
      'generated in another way',
      { generated: 'stored', default: '1' },
      { generated: 'stored', default: '2' },
      ['column_generated_changed'],
    ],
    ['a collation', {}, { collation: '"C"' }, ['column_collation_changed']],
    ['a comment', {}, { comment: 'in cents' }, ['column_comment_changed']],
  ])('%s', async (_what, before, after, expected) => {
    expect(await ofColumn(before, after)).toEqual(expected);
  });

  it('columns that go, and those that come and have to be written', async () => {
    const columns = (...names: [string, Partial<Column>][]) => ({
      columns: names.map(([name, changes]) => aColumn(name, changes)),
    });
    const one = columns(['id', {}]);
    expect(await ofTable(columns(['id', {}], ['total', {}]), one)).toEqual(['column_dropped!']);
    expect(await ofTable(one, columns(['id', {}], ['total', {}]))).toEqual(['column_added']);
    expect(await ofTable(one, columns(['id', {}], ['total', { nullable: false }]))).toEqual([
      'column_added!',
    ]);
    const filled = { nullable: false, default: '0' };
    expect(await ofTable(one, columns(['id', {}], ['total', filled]))).toEqual(['column_added']);
  });
});

describe('what breaks keys and CDC', () => {
  const id = { columns: [aColumn('id', { nullable: false }), aColumn('line', { nullable: false })] };
  const keyed = { ...id, ...keyedBy('orders_pkey', 'id') };

  it('a primary key that is lost, with the only key that CDC can use', async () => {
    expect(await ofTable(keyed, id)).toEqual(['replication_key_lost!', 'primary_key_dropped!']);
    expect(await ofTable({ ...keyed, replicaIdentity: 'full' }, { ...id, replicaIdentity: 'full' })).toEqual([
      'primary_key_dropped!',
    ]);
    expect(await ofTable(id, keyed)).toEqual(['primary_key_added']);
  });

  it('a primary key of other columns, or one that is deferrable', async () => {
    expect(await ofTable(keyed, { ...id, ...keyedBy('orders_pkey', 'id', 'line') })).toEqual([
      'primary_key_changed!',
    ]);
    const [index] = keyed.indexes;
    const deferrable = {
      ...id,
      primaryKey: { name: 'orders_pkey', columns: ['id'], deferrable: true, initiallyDeferred: false },
      indexes: index === undefined ? [] : [{ ...index, immediate: false }],
    };
    expect(await ofTable(keyed, deferrable)).toEqual(['replication_key_lost!', 'primary_key_changed!']);
    const deferred = {
      ...deferrable,
      primaryKey: { name: 'orders_pkey', columns: ['id'], deferrable: true, initiallyDeferred: true },
    };
    expect(await ofTable(deferrable, deferred)).toEqual(['primary_key_changed']);
    expect(await ofTable(deferrable, keyed)).toEqual(['primary_key_changed']);
  });

  it('a key that is only called otherwise breaks nothing', async () => {
    expect(await ofTable(keyed, { ...id, ...keyedBy('orders_key', 'id') })).toEqual(['primary_key_renamed']);
  });

  it('a unique constraint or index that is lost, and no other index', async () => {
    const unique = {
      uniques: [
        { name: 'u', columns: ['id'], deferrable: false, initiallyDeferred: false, nullsNotDistinct: false },
      ],
    };
    expect(await ofTable(unique, {})).toEqual(['unique_dropped!']);
    expect(await ofTable({}, unique)).toEqual(['unique_added']);
    expect(await ofTable({ indexes: [anIndex('u', { unique: true })] }, {})).toEqual(['index_dropped!']);
    expect(await ofTable({ indexes: [anIndex('i')] }, {})).toEqual(['index_dropped']);
    expect(await ofTable({ indexes: [anIndex('i', { unique: true })] }, { indexes: [anIndex('i')] })).toEqual(
      ['index_changed!'],
    );
  });

  it('a replica identity of nothing, or of an index that is gone', async () => {
    expect(await ofTable(keyed, { ...keyed, replicaIdentity: 'nothing' })).toEqual([
      'replica_identity_changed!',
    ]);
    expect(await ofTable(keyed, { ...keyed, replicaIdentity: 'full' })).toEqual(['replica_identity_changed']);
    const chosen = {
      ...id,
      replicaIdentity: 'index' as const,
      indexes: [anIndex('u', { unique: true, replicaIdentity: true })],
    };
    expect(await ofTable(chosen, { ...id, replicaIdentity: 'index' as const })).toEqual([
      'replica_identity_changed',
      'replication_key_lost!',
      'index_dropped!',
    ]);
  });

  it('what CDC leaves out, or readers do not see', async () => {
    expect(await ofTable({}, { unlogged: true })).toEqual(['persistence_changed!']);
    expect(await ofTable({ unlogged: true }, {})).toEqual(['persistence_changed']);
    expect(await ofTable({}, { rowSecurity: 'on' })).toEqual(['row_security_changed!']);
    expect(await ofTable({ rowSecurity: 'on' }, { rowSecurity: 'forced' })).toEqual([
      'row_security_changed!',
    ]);
    expect(await ofTable({ rowSecurity: 'on' }, {})).toEqual(['row_security_changed']);
    expect(await ofTable({}, { kind: 'view' })).toEqual(['relation_kind_changed!']);
    expect(await ofTable({ kind: 'view' }, { kind: 'materialized view' })).toEqual(['relation_kind_changed']);
  });

  it('owners, comments, checks, foreign keys and partitions break nothing', async () => {
    const reference = {
      name: 'fk',
      columns: ['id'],
      referencedSchema: 'app',
      referencedTable: 'orders',
      referencedColumns: ['id'],
      deferrable: false,
      initiallyDeferred: false,
      onUpdate: 'no action' as const,
      onDelete: 'no action' as const,
      validated: true,
    };
    const before = { foreignKeys: [reference], partitions: { key: 'RANGE (id)', count: 1 } };
    const after = {
      owner: 'other',
      comment: 'orders',
      checks: [{ name: 'c', definition: 'CHECK ((id > 0))' }],
      partitions: { key: 'RANGE (id)', count: 2 },
    };
    expect(await ofTable(before, after)).toEqual([
      'owner_changed',
      'comment_changed',
      'partition_count_changed',
      'foreign_key_dropped',
      'check_added',
    ]);
  });
});

it('what is gone or is called otherwise breaks who names it', async () => {
  const mood = anEnum(2, 'mood', 'glad', 'cross');
  expect(await marks({ app: [aTable(1, 'orders'), mood] }, { app: [] })).toEqual([
    'type_dropped!',
    'relation_dropped!',
  ]);
  expect(await marks({ app: [aTable(1, 'orders')] }, { app: [aTable(1, 'purchases')] })).toEqual([
    'relation_renamed!',
  ]);
  expect(await marks({ app: [mood] }, { app: [anEnum(2, 'mood', 'glad')] })).toEqual(['enum_label_removed!']);
  expect(await marks({ app: [] }, { app: [aTable(1, 'orders'), mood] })).toEqual([
    'type_added',
    'relation_added',
  ]);
});
