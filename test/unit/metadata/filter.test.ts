import { describe, expect, it } from 'vitest';
import type { Column, Discovery, DiscoveryFilter, Relation } from '../../../src/metadata/discovery.ts';
import { filterDiscovery } from '../../../src/metadata/filter.ts';
import { discoverySchema } from '../../../src/metadata/schema.ts';

const aTextColumn = {
  number: 1,
  type: 'text',
  nullable: true,
  default: null,
  identity: null,
  generated: null,
  collation: null,
};

function aColumn(name: string, comment: string | null = null): Column {
  return { ...aTextColumn, name, comment };
}

const plainRelation = {
  oid: 16_384,
  kind: 'table',
  owner: 'admin',
  comment: null,
  estimatedRows: null,
  unlogged: false,
  populated: true,
  rowSecurity: 'off',
  replicaIdentity: 'default',
  extension: null,
  partitions: null,
} as const;

function aRelation(name: string, fields: Partial<Relation> = {}): Relation {
  return {
    ...plainRelation,
    name,
    columns: [],
    primaryKey: null,
    foreignKeys: [],
    uniques: [],
    checks: [],
    exclusions: [],
    indexes: [],
    ...fields,
  };
}

const discovery: Discovery = {
  connection: 'orders',
  takenAt: '2026-03-01T12:00:00.000Z',
  server: { version: '18.1', provider: 'self-hosted', recovery: false, readOnly: false, tls: null },
  hidden: { schemas: 2, relations: 7 },
  schemas: [
    {
      name: 'app',
      relations: [
        aRelation('orders', { comment: 'What was Bought' }),
        aRelation('order_lines', { columns: [aColumn('order_id'), aColumn('price', 'in EURO cents')] }),
        aRelation('users', { columns: [aColumn('e_mail')] }),
      ],
      types: [],
    },
    { name: 'archive', relations: [aRelation('orders'), aRelation('dotted.name')], types: [] },
    { name: 'empty', relations: [], types: [] },
  ],
};

const all: DiscoveryFilter = { schemas: [], tables: [], search: null };

/** What is shown, as `schema: relation relation`. */
function shown(filter: Partial<DiscoveryFilter>): string[] {
  const { schemas } = filterDiscovery(discovery, { ...all, ...filter });
  return schemas.map(({ name, relations }) => [`${name}:`, ...relations.map((it) => it.name)].join(' '));
}

describe('what is shown of a discovery', () => {
  it('is all of it without a filter, schemas without relations too', () => {
    expect(discoverySchema.parse(discovery)).toEqual(discovery);
    expect(filterDiscovery(discovery, all)).toEqual(discovery);
  });

  it.each<[Partial<DiscoveryFilter>, string[]]>([
    [{ schemas: ['app'] }, ['app: orders order_lines users']],
    [{ schemas: ['a*'] }, ['app: orders order_lines users', 'archive: orders dotted.name']],
    [{ schemas: ['empty', 'nothing'] }, ['empty:']],
    [{ schemas: ['ap'] }, []],
    [{ tables: ['orders'] }, ['app: orders', 'archive: orders']],
    [{ tables: ['order*', 'users'] }, ['app: orders order_lines users', 'archive: orders']],
    [{ tables: ['app.*'] }, ['app: orders order_lines users']],
    [{ tables: ['*.orders'] }, ['app: orders', 'archive: orders']],
    [{ tables: ['dotted?name'] }, ['archive: dotted.name']],
    [{ tables: ['archive.dotted.name'] }, ['archive: dotted.name']],
    [{ tables: ['dotted.name'] }, []],
    [{ search: 'order_id' }, ['app: order_lines']],
    [{ search: 'euro' }, ['app: order_lines']],
    [{ search: 'BOUGHT' }, ['app: orders']],
    [{ search: 'archive' }, ['archive: orders dotted.name']],
    [{ search: 'empty' }, []],
    [{ search: '' }, ['app: orders order_lines users', 'archive: orders dotted.name']],
    [{ schemas: ['app'], tables: ['order*'], search: 'price' }, ['app: order_lines']],
    [{ schemas: ['archive'], search: 'price' }, []],
  ])('%j', (filter, expected) => {
    expect(shown(filter)).toEqual(expected);
  });

  it('changes nothing of what was found', () => {
    const before = structuredClone(discovery);
    const { schemas: _schemas, ...rest } = filterDiscovery(discovery, { ...all, tables: ['users'] });
    const { schemas: _all, ...found } = discovery;
    expect(rest).toEqual(found);
    expect(discovery).toEqual(before);
  });
});
