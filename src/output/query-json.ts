import type { ColumnKind, QueryColumn, ResultSink } from '../connections/query-port.ts';
import { shown } from './json-text.ts';
import type { QueryBlocks } from './query-blocks.ts';
import { fieldLength } from './query-fields.ts';

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const minus = 0x2d;
const letterT = 0x74;

/** Bytes of ASCII that stand for themselves in a string: 0; what has to be escaped: 1; the rest: 2. */
const classes = new Uint8Array(256).fill(2, 0x7f);
classes.fill(1, 0, space);
classes[quote] = 1;
classes[backslash] = 1;

const words = { null: Buffer.from('null'), true: Buffer.from('true'), false: Buffer.from('false') };
const hexDigits = Buffer.from('0123456789abcdef');
const shortEscapes = new Map(
  [
    [0x08, 'b'],
    [0x09, 't'],
    [0x0a, 'n'],
    [0x0c, 'f'],
    [0x0d, 'r'],
  ].map(([byte, letter]) => [byte, String(letter).charCodeAt(0)] as [number, number]),
);

/** A byte becomes six at the most: `\u0001`. */
const growth = 6;
/** Every decimal number of so many digits is told by an IEEE double (DBL_DIG). */
const exactDigits = 15;

/** How rows are joined: each an object on one line. */
export interface JsonLayout {
  /** Around the rows of each result, and between them. */
  readonly open: string;
  readonly separator: string;
  readonly close: string;
  /** The whole of a result without rows. */
  readonly empty: string;
  /** Around and between results where there may be several; empty strings where there is one. */
  readonly openAll: string;
  readonly separatorOfResults: string;
  readonly closeAll: string;
  /** Whether a statement without columns has an empty result of its own. */
  readonly everyStatement: boolean;
}

/** One array of objects; an array of those where there are several statements. */
export function jsonLayout(statements: number): JsonLayout {
  const several = statements > 1;
  return {
    open: '[\n  ',
    separator: ',\n  ',
    close: several ? '\n]' : '\n]\n',
    empty: several ? '[]' : '[]\n',
    openAll: several ? '[' : '',
    separatorOfResults: ',\n',
    closeAll: several ? ']\n' : '',
    everyStatement: true,
  };
}

/** An object a line, of all results (https://github.com/ndjson/ndjson-spec). */
export const ndjsonLayout: JsonLayout = {
  open: '',
  separator: '\n',
  close: '\n',
  empty: '',
  openAll: '',
  separatorOfResults: '',
  closeAll: '',
  everyStatement: false,
};

/** A list of flow mappings, which JSON objects are; several results are documents. */
export const yamlLayout: JsonLayout = {
  open: '- ',
  separator: '\n- ',
  close: '\n',
  empty: '[]\n',
  openAll: '',
  separatorOfResults: '---\n',
  closeAll: '',
  everyStatement: true,
};

/**
 * Results as JSON, from bytes to bytes where a value is ASCII. Nothing is lost: numbers that an IEEE
 * double can't tell are strings, as NaN and the infinities are; json is JSON; all other types are the
 * text that PostgreSQL prints.
 */
export class QueryJson implements ResultSink {
  readonly #blocks: QueryBlocks;
  readonly #layout: JsonLayout;
  #kinds: readonly ColumnKind[] = [];
  /** What stands before each value: `{"id": `, `, "name": `. */
  #prefixes: readonly Buffer[] = [];
  #prefixBytes = 0;
  #rows = 0;
  #results = 0;

  constructor(blocks: QueryBlocks, layout: JsonLayout) {
    this.#blocks = blocks;
    this.#layout = layout;
  }

  begin(columns: readonly QueryColumn[]): void {
    this.#kinds = columns.map(({ kind }) => kind);
    this.#prefixes = uniqueNames(columns).map((name, index) =>
      Buffer.from(`${index === 0 ? '{' : ', '}${shown(JSON.stringify(name))}: `),
    );
    this.#prefixBytes = this.#prefixes.reduce((sum, { length }) => sum + length, 0);
  }

  row(bytes: Buffer, start: number, end: number): Promise<void> | null {
    const { open, separator } = this.#layout;
    if (this.#rows === 0) this.#beginResult();
    this.#blocks.text(this.#rows === 0 ? open : separator);
    this.#rows += 1;
    this.#object(bytes, start, end);
    return this.#blocks.pressure();
  }

  async end({ hasColumns }: { readonly hasColumns: boolean }): Promise<void> {
    const { close, empty, everyStatement } = this.#layout;
    if (this.#rows > 0) this.#blocks.text(close);
    else if (everyStatement || hasColumns) {
      this.#beginResult();
      this.#blocks.text(empty);
    }
    this.#rows = 0;
  }

  /** Writes what stands behind the last result. */
  finish(): void {
    this.#blocks.text(this.#layout.closeAll);
  }

  #beginResult(): void {
    const { openAll, separatorOfResults } = this.#layout;
    this.#blocks.text(this.#results === 0 ? openAll : separatorOfResults);
    this.#results += 1;
  }

  #object(bytes: Buffer, start: number, end: number): void {
    const blocks = this.#blocks;
    const kinds = this.#kinds;
    blocks.room(growth * (end - start) + this.#prefixBytes + 3);
    const out = blocks.bytes;
    let to = blocks.at;
    let at = start;
    for (let column = 0; column < kinds.length; column += 1) {
      const prefix = this.#prefixes[column] as Buffer;
      for (let index = 0; index < prefix.length; index += 1) out[to++] = prefix[index] as number;
      const length = fieldLength(bytes, at);
      at += 4;
      if (length < 0) {
        to += words.null.copy(out, to);
        continue;
      }
      to = writeValue(kinds[column] as ColumnKind, out, to, bytes, at, at + length);
      at += length;
    }
    if (kinds.length === 0) out[to++] = 0x7b;
    out[to++] = 0x7d;
    blocks.at = to;
  }
}

/** Names as keys: one that was there already gets a number, `id`, `id_2`. */
export function uniqueNames(columns: readonly QueryColumn[]): string[] {
  const all = new Set(columns.map(({ name }) => name));
  const used = new Set<string>();
  return columns.map(({ name }) => {
    let key = name;
    for (let number = 2; used.has(key); number += 1) {
      const numbered = `${name}_${number}`;
      if (!all.has(numbered)) key = numbered;
    }
    used.add(key);
    return key;
  });
}

/** @returns where to go on writing */
function writeValue(
  kind: ColumnKind,
  out: Buffer,
  to: number,
  bytes: Buffer,
  start: number,
  end: number,
): number {
  switch (kind) {
    case 'integer':
      return to + bytes.copy(out, to, start, end);
    case 'boolean':
      return to + (bytes[start] === letterT ? words.true : words.false).copy(out, to);
    case 'float':
    case 'number': {
      const plain = isFiniteNumber(bytes, start) && (kind === 'float' || isExact(bytes, start, end));
      return plain ? to + bytes.copy(out, to, start, end) : writeString(out, to, bytes, start, end);
    }
    case 'json':
      return writeJson(out, to, bytes, start, end);
    default:
      return writeString(out, to, bytes, start, end);
  }
}

/** Not NaN or an infinity: it begins with a digit, or with one behind a sign. */
function isFiniteNumber(bytes: Buffer, start: number): boolean {
  const first = bytes[bytes[start] === minus ? start + 1 : start] as number;
  return first >= 0x30 && first <= 0x39;
}

function isExact(bytes: Buffer, start: number, end: number): boolean {
  if (end - start <= exactDigits) return true;
  const text = bytes.toString('latin1', start, end);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return true;
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '');
  return digits.length <= exactDigits;
}

function writeString(out: Buffer, first: number, bytes: Buffer, start: number, end: number): number {
  let to = first;
  let found = 0;
  out[to++] = quote;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    found |= classes[byte] as number;
    out[to++] = byte;
  }
  if (found >= 2) {
    return first + out.write(shown(JSON.stringify(bytes.toString('utf8', start, end))), first);
  }
  if (found === 1) to = writeEscaped(out, first + 1, bytes, start, end);
  out[to++] = quote;
  return to;
}

function writeEscaped(out: Buffer, first: number, bytes: Buffer, start: number, end: number): number {
  let to = first;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= space) {
      if (byte === quote || byte === backslash) out[to++] = backslash;
      out[to++] = byte;
      continue;
    }
    out[to++] = backslash;
    const short = shortEscapes.get(byte);
    if (short !== undefined) out[to++] = short;
    else {
      to += out.write('u00', to);
      out[to++] = hexDigits[byte >> 4] as number;
      out[to++] = hexDigits[byte & 15] as number;
    }
  }
  return to;
}

/** Controls are blanks between its values, and become spaces, so that a row stays on its line. */
function writeJson(out: Buffer, first: number, bytes: Buffer, start: number, end: number): number {
  let to = first;
  let ascii = true;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x7f) ascii = false;
    out[to++] = Math.max(byte, space);
  }
  if (ascii) return to;
  const text = out.toString('utf8', first, to);
  return first + out.write(shown(text), first);
}
