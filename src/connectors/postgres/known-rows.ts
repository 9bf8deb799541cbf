import type { RowReader } from './row-reader.ts';

/** More that differ than these are forgotten and begun anew; a power of two. */
const slots = 8192;
/** Bytes that are worth remembering: a long default or comment is its table's own. */
const longest = 512;

interface Known<T> {
  readonly bytes: Buffer;
  readonly told: T;
}

/**
 * Reads some fields of rows. Most columns of a large database are alike, number, name, type and all
 * (`1 id bigint`), most keys and indexes but for their names: what is told by bytes that were seen before
 * is the same object again, which is not to be changed.
 */
export class KnownRows<T> {
  readonly #fields: number;
  readonly #read: (row: RowReader) => T;
  readonly #known = new Array<Known<T> | undefined>(slots).fill(undefined);

  /** @param fields how many `read` reads of a row */
  constructor(fields: number, read: (row: RowReader) => T) {
    this.#fields = fields;
    this.#read = read;
  }

  /** @throws StructureMovedError; Fault protocol_violation */
  read(row: RowReader): T {
    const start = row.position;
    row.skip(this.#fields);
    const { bytes, position: end } = row;
    const isLong = end - start > longest;
    const slot = isLong ? 0 : hash(bytes, start, end) & (slots - 1);
    const known = isLong ? undefined : this.#known[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.told;
    row.return(start);
    const told = this.#read(row);
    if (!isLong) this.#known[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), told };
    return told;
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
