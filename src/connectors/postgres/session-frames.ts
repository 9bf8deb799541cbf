import { isFieldList } from './message-shape.ts';

/** Bounds of what a server may say in a session, in bytes. */
export interface SessionBounds {
  readonly maxMessage: number;
  /** All messages together; infinite for a session without an end. */
  readonly maxTotal: number;
}

/**
 * Takes the rows of a statement as they come, past pg, which would make objects of them and keep them.
 * What it throws ends the session.
 */
export interface RowTap {
  /** @param body of a RowDescription (manual, 54.7), before the rows it describes; its own copy */
  describe(body: Buffer): void;
  /**
   * A DataRow's body lies in `bytes` from `start` up to `end`, valid during the call alone: the number
   * of columns in two bytes, then of each its length in four (-1: NULL) and its text.
   */
  row(bytes: Buffer, start: number, end: number): void;
}

/** What may come in a session: all messages of the backend (manual, 54.7), authentication apart. */
const types = new Set([...'123ACDEGHIKNSTVWZcdnst'].map((letter) => letter.charCodeAt(0)));
/** An error or notice, which is held back until it is whole: in bytes. */
const maxHeld = 1024 * 1024;
const error = 0x45;
const notice = 0x4e;
const dataRow = 0x44;
const rowDescription = 0x54;
const commandComplete = 0x43;
const readyForQuery = 0x5a;
/**
 * What pg may keep of answers, in bytes, where nothing taps their rows; and never more than may come. Who
 * asks may keep the answers that are over: all of a session count, but for one without an end.
 */
const maxKept = 64 * 1024 * 1024;
/**
 * What it keeps beside the bytes: about as much for a row and each of its columns, for a result and each
 * of its columns. A server could else fill memory with rows and results that hold nothing.
 */
const beside = { row: 64, rowColumn: 16, result: 1024, resultColumn: 256 } as const;
/** The bytes of a column in a RowDescription, at the least: an empty name, and what stands behind it. */
const describedColumn = 19;
const none = Buffer.alloc(0);

/**
 * Reads the frames of a session as they come in chunks of any size. Only headers are looked at and the
 * bytes pass as they are; errors and notices are held back until they are whole, since their bodies
 * are looked at too.
 */
export class SessionFrames {
  readonly #bounds: SessionBounds;
  readonly #violation: (text: string) => Error;
  /** Null: rows pass as everything else does. */
  tap: RowTap | null = null;
  #total = 0;
  #kept = 0;
  /** Columns of the rows to come, at the most. */
  #columns = 0;
  /** The part of a header that has come. */
  #header: Buffer = none;
  /** Bytes of the current message that are still to come, once its header was seen. */
  #left = 0;
  /** The pieces of a message that is held back; null while bytes pass. */
  #held: Buffer[] | null = null;

  /** @param violation makes the error that ends the session */
  constructor(bounds: SessionBounds, violation: (text: string) => Error) {
    this.#bounds = bounds;
    this.#violation = violation;
  }

  /** Takes what came. @returns what may pass now @throws the violation */
  pass(chunk: Buffer): Buffer {
    this.#total += chunk.length;
    if (this.#total > this.#bounds.maxTotal) throw this.#violation('more than was asked for');
    const out: Buffer[] = [];
    // What lies before `from` has gone its way, what lies before `at` was looked at.
    let from = 0;
    let at = 0;
    const passUpTo = (end: number) => {
      if (end > from) out.push(chunk.subarray(from, end));
    };
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        at += step;
        this.#left -= step;
        if (this.#held) {
          this.#held.push(chunk.subarray(from, at));
          from = at;
        }
      } else {
        const start = at;
        at = this.#tapRows(chunk, start);
        if (at > start) {
          passUpTo(start);
          from = at;
          continue;
        }
        at = Math.min(chunk.length, at + 5 - this.#header.length);
        const split = this.#header.length > 0 || at - start < 5;
        const piece = chunk.subarray(start, at);
        const header = split ? Buffer.concat([this.#header, piece]) : piece;
        if (header.length < 5) {
          passUpTo(start);
          from = at;
          this.#header = header;
          break;
        }
        this.#header = none;
        this.#left = this.#bodyLength(header);
        const isRow = this.tap !== null && header[0] === dataRow;
        if (isRow || isHeld(header) || (this.tap !== null && header[0] === rowDescription)) {
          passUpTo(start);
          this.#held = [header];
          from = at;
        } else if (split) {
          out.push(header);
          from = at;
        }
      }
      if (this.#left === 0 && this.#held) {
        const message = this.#release(this.#held);
        if (message !== null) out.push(message);
      }
    }
    passUpTo(chunk.length);
    return out.length < 2 ? (out[0] ?? none) : Buffer.concat(out);
  }

  /**
   * Hands the rows that lie whole in a chunk from `at` on to the tap, without anything being made for
   * one: there may be millions. @returns where the next message begins
   */
  #tapRows(chunk: Buffer, at: number): number {
    const { tap } = this;
    if (tap === null || this.#header.length > 0) return at;
    let next = at;
    while (next + 5 <= chunk.length && chunk[next] === dataRow) {
      const length = chunk.readInt32BE(next + 1);
      if (length < 4 || length > this.#bounds.maxMessage) break;
      const end = next + 1 + length;
      if (end > chunk.length) break;
      tap.row(chunk, next + 5, end);
      next = end;
    }
    return next;
  }

  /** Counts what pg will make of a message. */
  #countKept(letter: number | undefined, length: number): void {
    if (letter === rowDescription) {
      this.#columns = Math.floor(length / describedColumn);
      this.#kept += beside.result + beside.resultColumn * this.#columns;
    } else if (letter === commandComplete) this.#kept += beside.result;
    // pg has let go of the answer.
    else if (letter === readyForQuery && this.#bounds.maxTotal === Number.POSITIVE_INFINITY) this.#kept = 0;
    else if (letter === dataRow && this.tap === null)
      this.#kept += length + beside.row + beside.rowColumn * this.#columns;
    if (this.#kept > Math.min(maxKept, this.#bounds.maxTotal))
      throw this.#violation('more than was asked for');
  }

  #bodyLength(header: Buffer): number {
    if (!types.has(header[0] ?? 0)) throw this.#violation('a message of a type that no server sends');
    const length = header.readInt32BE(1);
    const longest = isHeld(header) ? maxHeld : this.#bounds.maxMessage;
    if (length < 4 || length > longest) throw this.#violation(`a message of ${length} bytes`);
    this.#countKept(header[0], length);
    return length - 4;
  }

  /** @returns null for a row that the tap took */
  #release(pieces: readonly Buffer[]): Buffer | null {
    this.#held = null;
    const message = Buffer.concat(pieces);
    if (message[0] === dataRow) {
      this.tap?.row(message, 5, message.length);
      return null;
    }
    if (message[0] === rowDescription) {
      this.tap?.describe(Buffer.from(message.subarray(5)));
      return message;
    }
    if (!isFieldList(message.subarray(5))) throw this.#violation('an error or notice without its end');
    return message;
  }
}

function isHeld(header: Buffer): boolean {
  return header[0] === error || header[0] === notice;
}
