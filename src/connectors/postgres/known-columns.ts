import type { Column } from '../../metadata/discovery.ts';
import type { RowReader } from './row-reader.ts';
import { type ColumnTypes, type Fingerprint, readColumn } from './structure-rows.ts';

/** More different columns than these are forgotten and begun anew; a power of two. */
const slots = 8192;
/** Bytes of a column that is worth remembering: a long default or comment is its table's own. */
const longest = 512;

/** The fields of a row of columnsQuery that tell the column; the sums of xmin come behind them. */
const toldBy = 10;

interface Known {
  readonly bytes: Buffer;
  readonly column: Column;
}

/**
 * Reads the rows of columnsQuery. Most columns of a large database are alike, number, name, type and all
 * (`1 id bigint`): one whose bytes were seen before is the same object again, which is not to be changed.
 */
export class KnownColumns {
  readonly #types: ColumnTypes;
  readonly #known = new Array<Known | undefined>(slots).fill(undefined);

  constructor(types: ColumnTypes) {
    this.#types = types;
  }

  /** @param row behind its oid @throws StructureMovedError */
  read(row: RowReader, fingerprint: Fingerprint): Column {
    const start = row.position;
    row.skip(toldBy);
    const { bytes, position: end } = row;
    const isLong = end - start > longest;
    const slot = isLong ? 0 : hash(bytes, start, end) & (slots - 1);
    const known = isLong ? undefined : this.#known[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) {
      fingerprint.add(row.number() + row.number() + row.number());
      return known.column;
    }
    row.return(start);
    const column = readColumn(row, this.#types, fingerprint);
    if (!isLong) this.#known[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), column };
    return column;
  }
}

/** Number, name and type of most columns lie in so many bytes; those that differ behind them share a place. */
const hashed = 40;

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), in 32 bits, of the length and the first bytes. */
function hash(bytes: Buffer, start: number, end: number): number {
  let value = 0x811c9dc5 ^ (end - start);
  const last = Math.min(end, start + hashed);
  for (let at = start; at < last; at += 1) value = Math.imul(value ^ (bytes[at] ?? 0), 0x01000193);
  return value ^ (value >>> 15);
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at += 1) if (known[at] !== bytes[start + at]) return false;
  return true;
}
