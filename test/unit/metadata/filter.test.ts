import { describe, expect, it } from 'vitest';
import type { DiscoveryFilter } from '../../../src/metadata/discovery.ts';
import { relationFilter, schemaFilter } from '../../../src/metadata/filter.ts';

const relations = [
  ['app', 'orders'],
  ['app', 'order_lines'],
  ['app', 'users'],
  ['archive', 'orders'],
  ['archive', 'dotted.name'],
] as const;
const all: DiscoveryFilter = { schemas: [], tables: [], search: null };

describe('the schemas that a filter shows', () => {
  it.each([
    [[], ['app', 'archive', 'empty']],
    [['app'], ['app']],
    [['a*'], ['app', 'archive']],
    [['empty', 'nothing'], ['empty']],
    [['ap'], []],
  ])('%j', (schemas, expected) => {
    expect(['app', 'archive', 'empty'].filter(schemaFilter({ ...all, schemas }))).toEqual(expected);
  });
});

describe('the relations that a filter shows', () => {
  it.each<[Partial<DiscoveryFilter>, string[]]>([
    [{}, ['app.orders', 'app.order_lines', 'app.users', 'archive.orders', 'archive.dotted.name']],
    [{ schemas: ['app'] }, ['app.orders', 'app.order_lines', 'app.users']],
    [{ tables: ['orders'] }, ['app.orders', 'archive.orders']],
    [{ tables: ['order*', 'users'] }, ['app.orders', 'app.order_lines', 'app.users', 'archive.orders']],
    [{ tables: ['app.*'] }, ['app.orders', 'app.order_lines', 'app.users']],
    [{ tables: ['*.orders'] }, ['app.orders', 'archive.orders']],
    [{ tables: ['dotted?name'] }, ['archive.dotted.name']],
    [{ tables: ['archive.dotted.name'] }, ['archive.dotted.name']],
    [{ tables: ['dotted.name'] }, []],
    [{ schemas: ['app'], tables: ['order*'] }, ['app.orders', 'app.order_lines']],
    [{ schemas: ['archive'], tables: ['users'] }, []],
  ])('%j', (filter, expected) => {
    const shows = relationFilter({ ...all, ...filter });
    const found = relations.filter(([schema, name]) => shows(schema, name));
    expect(found.map((names) => names.join('.'))).toEqual(expected);
  });
});
