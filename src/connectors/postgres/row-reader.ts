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
    if (length < 0) return null;
    let value = 0;
    for (let at = this.#at - length; at < this.#at; at += 1) {
      const digit = (this.#bytes[at] ?? 0) - 0x30;
      // A sign, a fraction, an exponent: rare enough for a string.
      if (digit < 0 || digit > 9) return Number(this.#bytes.toString('latin1', this.#at - length, this.#at));
      value = value * 10 + digit;
    }
    return value;
  }

  /** A number in decimal; 0 for NULL. */
  number(): number {
    return this.numberOrNull() ?? 0;
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
    for (let field = 0; field < fields; field += 1) this.#length();
  }

  /** Moves back, to a position that a field had. */
  return(position: number): void {
    this.#at = position;
  }

  /** Moves behind the next field. @returns its length, -1 for NULL */
  #length(): number {
    if (this.#at + 4 > this.#end) throw unreadable();
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4 + Math.max(0, length);
    if (length < -1 || this.#at > this.#end) throw unreadable();
    return length;
  }
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
