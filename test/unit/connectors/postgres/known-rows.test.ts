import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowReader } from '../../../../src/connectors/postgres/row-reader.ts';
import {
  ColumnTypes,
  columnReader,
  constraintReader,
  Fingerprint,
  indexReader,
} from '../../../../src/connectors/postgres/structure-rows.ts';

type Fields = readonly (string | null)[];

/** The body of a DataRow (manual, 54.7). */
function dataRow(fields: Fields): Buffer {
  const parts = [Buffer.from([0, fields.length])];
  for (const field of fields) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field === null ? -1 : Buffer.byteLength(field));
    parts.push(length, Buffer.from(field ?? ''));
  }
  return Buffer.concat(parts);
}

/** A row of columnsQuery behind its oid. */
const rowOf = (number: string, name: string, fallback: string | null, comment: string | null, xmin = '5') =>
  [number, name, '25', '-1', '100', 'f', '', '', fallback, comment, xmin, null, null] as const;

function typesOf(): ColumnTypes {
  const types = new ColumnTypes();
  const fields = ['25', '-1', '100', 'text', null, '2:10'];
  const row = new RowReader();
  const body = dataRow(fields);
  row.begin(body, 0, body.length, fields.length);
  types.add(row);
  return types;
}

function begin(fields: Fields): RowReader {
  const row = new RowReader();
  const body = dataRow(fields);
  row.begin(body, 0, body.length, fields.length);
  return row;
}

/** A row of constraintsQuery behind its oid, of a check or a foreign key. */
const constraintOf = (name: string, columns: string, definition: string | null, xmin = '5') =>
  [
    ...[name, definition === null ? 'f' : 'c', columns, 'f', 'f', 't', definition],
    ...['app', 'customers', '["id"]', 'a', 'c', 'f', xmin, '3'],
  ] as const;

/** A row of indexesQuery behind its oid. */
const indexOf = (name: string, columns: string, options: string, predicate: string | null, xmin = '5') =>
  [
    ...[name, 'f', 'f', 't', 'f', 't', 'btree', columns, '1', null, predicate, options, 'f', null, null],
    ...[xmin, '3'],
  ] as const;

const text = fc.oneof(
  fc.constantFrom('a', 'b', 'x'.repeat(60), `${'x'.repeat(60)}y`, 'z'.repeat(600)),
  fc.string(),
);
const xmin = fc.constantFrom('5', '7');
const numbers = fc.constantFrom('{1}', '{1,2}', '{2,1,3}');
const vectors = fc.constantFrom('1', '1 2', '0 12');

test.each([
  [
    'columns',
    () => columnReader(typesOf()),
    fc.tuple(vectors, text, fc.option(text), fc.option(text), xmin),
    rowOf,
  ],
  ['constraints', constraintReader, fc.tuple(text, numbers, fc.option(text), xmin), constraintOf],
  ['indexes', indexReader, fc.tuple(text, vectors, vectors, fc.option(text), xmin), indexOf],
])('of whatever %s, each is read as if it were the first', (_what, readerOf, rows, row) => {
  fc.assert(
    fc.property(fc.array(rows as fc.Arbitrary<never>, { maxLength: 40 }), (given) => {
      const known = readerOf();
      for (const cells of given) {
        const fields = (row as (...cells: never[]) => Fields)(...(cells as never[]));
        const [marks, expectedMarks] = [new Fingerprint(), new Fingerprint()];
        const expected = readerOf()(begin(fields), expectedMarks);
        expect(known(begin(fields), marks)).toEqual(expected);
        expect(marks.toString()).toBe(expectedMarks.toString());
      }
    }),
  );
});

test('a column that was seen before is the same object, whatever its xmin', () => {
  const read = columnReader(typesOf());
  const first = read(begin(rowOf('1', 'id', null, null, '5')), new Fingerprint());
  const marks = new Fingerprint();
  expect(read(begin(rowOf('1', 'id', null, null, '9')), marks)).toBe(first);
  expect(marks.toString()).toBe('1:9');
  expect(read(begin(rowOf('2', 'id', null, null)), new Fingerprint())).not.toBe(first);
});

test('keys and indexes that differ in their names alone share all else', () => {
  const readConstraint = constraintReader();
  const key = readConstraint(begin(constraintOf('orders_fk', '{1,2}', null)), new Fingerprint());
  const other = readConstraint(begin(constraintOf('lines_fk', '{1,2}', null)), new Fingerprint());
  expect(other).toEqual({ ...key, name: 'lines_fk' });
  expect(other.references).toBe(key.references);
  expect(key).toMatchObject({ name: 'orders_fk', type: 'foreign', columns: [1, 2] });

  const readIndex = indexReader();
  const index = readIndex(begin(indexOf('by_date', '1 0', '0 3', null)), new Fingerprint());
  expect(index).toMatchObject({ name: 'by_date', columns: [1], include: [0], sortOrders: ['asc', 'desc'] });
  expect(readIndex(begin(indexOf('by_name', '1 0', '0 3', null)), new Fingerprint()).name).toBe('by_name');
  const partial = readIndex(begin(indexOf('by_date', '1 0', '0 0', 'id > 5')), new Fingerprint());
  expect(partial).toMatchObject({ sortOrders: [], predicate: 'id > 5' });
});

test('a row that ends early can not be read, though its beginning was seen before', () => {
  const read = columnReader(typesOf());
  const whole = rowOf('1', 'id', null, null);
  read(begin(whole), new Fingerprint());
  const body = dataRow(whole);
  const row = new RowReader();
  row.begin(body, 0, body.length - 4, whole.length);
  expect(() => read(row, new Fingerprint())).toThrow(expect.objectContaining({ code: 'protocol_violation' }));
});
