import { isFieldList } from './message-shape.ts';

/** Bounds of what a server may say in a session, in bytes. */
export interface SessionBounds {
  readonly maxMessage: number;
  /** All messages together. */
  readonly maxTotal: number;
}

/** What may come in a session: all messages of the backend (manual, 54.7), authentication apart. */
const types = new Set([...'123ACDEGHIKNSTVWZcdnst'].map((letter) => letter.charCodeAt(0)));
/** An error or notice, which is held back until it is whole: in bytes. */
const maxHeld = 1024 * 1024;
const error = 0x45;
const notice = 0x4e;
const none = Buffer.alloc(0);

/**
 * Reads the frames of a session as they come in chunks of any size. Only headers are looked at and the
 * bytes pass as they are; errors and notices are held back until they are whole, since their bodies
 * are looked at too.
 */
export class SessionFrames {
  readonly #bounds: SessionBounds;
  readonly #violation: (text: string) => Error;
  #total = 0;
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
        if (isHeld(header)) {
          passUpTo(start);
          this.#held = [header];
          from = at;
        } else if (split) {
          out.push(header);
          from = at;
        }
      }
      if (this.#left === 0 && this.#held) out.push(this.#release(this.#held));
    }
    passUpTo(chunk.length);
    return out.length === 1 ? (out[0] ?? none) : Buffer.concat(out);
  }

  #bodyLength(header: Buffer): number {
    if (!types.has(header[0] ?? 0)) throw this.#violation('a message of a type that no server sends');
    const length = header.readInt32BE(1);
    const longest = isHeld(header) ? maxHeld : this.#bounds.maxMessage;
    if (length < 4 || length > longest) throw this.#violation(`a message of ${length} bytes`);
    return length - 4;
  }

  #release(pieces: readonly Buffer[]): Buffer {
    this.#held = null;
    const message = Buffer.concat(pieces);
    if (!isFieldList(message.subarray(5))) throw this.#violation('an error or notice without its end');
    return message;
  }
}

function isHeld(header: Buffer): boolean {
  return header[0] === error || header[0] === notice;
}
