import { expect, test } from 'vitest';
import { readConstraints, readFacts, readIndexes, textsOf } from '../../../src/catalog/metadata-rows.ts';
import { aForeignKey, anIndex, aPrimaryKey, aTable } from '../../support/structure-samples.ts';

/* What is kept leaves out what most have alike. */

test.each([
  ['a table', aTable(7, 'orders'), readFacts],
  ['a table that differs', aTable(7, 'orders', { rowSecurity: 'forced', comment: 'x' }), readFacts],
  ['a primary key', aPrimaryKey(7, 1, 2), readConstraints],
  ['a foreign key', aForeignKey(7, 'app', 'customers'), readConstraints],
  ['an index', anIndex(7, 'by_date', [3, null]), readIndexes],
])('%s that was kept whole is read as well', (_what, piece, read) => {
  expect(read(JSON.stringify(piece.content))).toEqual(piece.content);
  expect(read(textsOf(piece).content)).toEqual(piece.content);
});

test('most of a usual relation is left out', () => {
  expect(textsOf(aTable(7, 'orders')).content).toBe(
    '{"schema":"app","oid":7,"name":"orders","kind":"table","owner":"admin","estimatedRows":10}',
  );
  expect(textsOf(anIndex(7, 'by_date', [3])).content).toBe('[{"name":"by_date","columns":[3]}]');
});
