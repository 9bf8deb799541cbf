import { Fault } from './faults.ts';

/**
 * Reads the fields of DataRows in turn, straight from the bytes they came in (manual, 54.7): numbers
 * and letters without a string in between. A discovery reads a million fields.
 */
export class RowReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /**
   * Begins with the next row.
   * @param fields how many it has to have
   * @throws Fault protocol_violation
   */
  begin(bytes: Buffer, start: number, end: number, fields: number): void {
    this.#bytes = bytes;
    this.#at = start + 2;
    this.#end = end;
    if (end - start < 2 || bytes.readInt16BE(start) !== fields) throw unreadable();
  }

  /** The next field's text; null for NULL. */
  textOrNull(): string | null {
    const length = this.#length();
    return length < 0 ? null : this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  /** The next field's text; empty for NULL. */
  text(): string {
    return this.textOrNull() ?? '';
  }

  /** A number in decimal; null for NULL. */
  numberOrNull(): number | null {
    const length = this.#length();
    return length < 0 ? null : numberIn(this.#bytes, this.#at - length, this.#at);
  }

  /** A number in decimal; 0 for NULL. */
  number(): number {
    return this.numberOrNull() ?? 0;
  }

  /** The numbers of an int2[] (`{1,2}`) or an int2vector (`1 2`); none for NULL. */
  numbers(): number[] {
    return (this.text().match(/\d+/g) ?? []).map(Number);
  }

  /** A boolean, or a "char" that stands for one; false for NULL. */
  flag(): boolean {
    return this.letter() === 't';
  }

  /** A "char" or a text of one ASCII character; empty where there is none. */
  letter(): string {
    const length = this.#length();
    return length <= 0 ? '' : String.fromCharCode(this.#bytes[this.#at - length] ?? 0);
  }

  /** Where the next field begins, in the bytes that `begin` was given. */
  get position(): number {
    return this.#at;
  }

  /** The bytes that `begin` was given. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Moves behind the next fields. */
  skip(fields: number): void {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    for (let field = 0; field < fields; field += 1) at += 4 + Math.max(0, lengthAt(bytes, at, end));
    this.#at = at;
  }

  /** Moves back, to a position that a field had. */
  return(position: number): void {
    this.#at = position;
  }

  /** Moves behind the next field. @returns its length, -1 for NULL */
  #length(): number {
    const length = lengthAt(this.#bytes, this.#at, this.#end);
    this.#at += 4 + Math.max(0, length);
    return length;
  }
}

/** The length of the field that begins there, -1 for NULL. By hand, since it is asked a million times. */
function lengthAt(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw unreadable();
  const length =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number);
  if (length < -1 || at + 4 + length > end) throw unreadable();
  return length;
}

function numberIn(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = (bytes[at] as number) - 0x30;
    // A sign, a fraction, an exponent: rare enough for a string.
    if (digit < 0 || digit > 9) return Number(bytes.toString('latin1', from, to));
    value = value * 10 + digit;
  }
  return value;
}

/** More relations or types than any database has: something is kept of each. */
const mostOids = 2_000_000;

/** Holds the rows of a statement to what was asked for: each oid once, in order, and not without end. */
export class Oids {
  #last = 0;
  #count = 0;

  /** @throws Fault protocol_violation for one that came before, or is one too many */
  take(oid: number): void {
    this.#count += 1;
    if (!(oid > this.#last) || this.#count > mostOids) throw unreadable();
    this.#last = oid;
  }
}

function unreadable(): Fault {
  return new Fault('protocol_violation', { text: 'a row that can not be read' });
}
