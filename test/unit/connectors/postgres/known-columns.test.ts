import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KnownColumns } from '../../../../src/connectors/postgres/known-columns.ts';
import { RowReader } from '../../../../src/connectors/postgres/row-reader.ts';
import { ColumnTypes, Fingerprint, readColumn } from '../../../../src/connectors/postgres/structure-rows.ts';

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

test('of whatever rows, each is read as if it were the first', () => {
  const text = fc.oneof(
    fc.constantFrom('a', 'b', 'x'.repeat(60), `${'x'.repeat(60)}y`, 'z'.repeat(600)),
    fc.string(),
  );
  const rows = fc.tuple(
    fc.constantFrom('1', '2'),
    text,
    fc.option(text),
    fc.option(text),
    fc.constantFrom('5', '7'),
  );
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 40 }), (given) => {
      const known = new KnownColumns(typesOf());
      for (const cells of given) {
        const [fields, marks, expectedMarks] = [rowOf(...cells), new Fingerprint(), new Fingerprint()];
        const expected = readColumn(begin(fields), typesOf(), expectedMarks);
        expect(known.read(begin(fields), marks)).toEqual(expected);
        expect(marks.toString()).toBe(expectedMarks.toString());
      }
    }),
  );
});

test('one that was seen before is the same object, whatever its xmin', () => {
  const known = new KnownColumns(typesOf());
  const first = known.read(begin(rowOf('1', 'id', null, null, '5')), new Fingerprint());
  const marks = new Fingerprint();
  expect(known.read(begin(rowOf('1', 'id', null, null, '9')), marks)).toBe(first);
  expect(marks.toString()).toBe('1:9');
  expect(known.read(begin(rowOf('2', 'id', null, null)), new Fingerprint())).not.toBe(first);
});

test('a row that ends early can not be read, though its beginning was seen before', () => {
  const known = new KnownColumns(typesOf());
  const whole = rowOf('1', 'id', null, null);
  known.read(begin(whole), new Fingerprint());
  const body = dataRow(whole);
  const row = new RowReader();
  row.begin(body, 0, body.length - 4, whole.length);
  expect(() => known.read(row, new Fingerprint())).toThrow(
    expect.objectContaining({ code: 'protocol_violation' }),
  );
});
