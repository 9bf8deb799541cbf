import type { ColumnKind, QueryColumn } from '../../connections/query-port.ts';

/** Types by OID, which never change (src/include/catalog/pg_type.dat); all others are text. */
const kinds: ReadonlyMap<number, ColumnKind> = new Map([
  [16, 'boolean'],
  [20, 'number'],
  [21, 'integer'],
  [23, 'integer'],
  [26, 'integer'],
  [114, 'json'],
  [700, 'float'],
  [701, 'float'],
  [1700, 'number'],
  [3802, 'json'],
]);

/** Behind a column's name: its table, number, type, size, modifier and format. */
const fixedPart = 18;

/** @param body of a RowDescription (manual, 54.7) @throws RangeError where it is none */
export function readColumns(body: Buffer): QueryColumn[] {
  const count = body.readInt16BE(0);
  const columns: QueryColumn[] = [];
  let at = 2;
  for (let index = 0; index < count; index += 1) {
    const end = body.indexOf(0, at);
    if (end < 0) throw new RangeError('a column without an end of its name');
    const type = body.readUInt32BE(end + 1 + 6);
    columns.push({ name: body.toString('utf8', at, end), kind: kinds.get(type) ?? 'text' });
    at = end + 1 + fixedPart;
  }
  return columns;
}

/** Whether a DataRow's body holds what it says: that many fields, and nothing else. */
export function isRow(bytes: Buffer, start: number, end: number, columns: number): boolean {
  if (end - start < 2 || bytes.readInt16BE(start) !== columns) return false;
  let at = start + 2;
  for (let index = 0; index < columns; index += 1) {
    if (at + 4 > end) return false;
    // By hand: readInt32BE is called a few million times otherwise.
    const length =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
    at += 4;
    if (length > 0) at += length;
    else if (length < -1) return false;
  }
  return at === end;
}
