import type { QueryColumn, ResultSink } from '../connections/query-port.ts';
import { csvCell, neutralised } from './answer.ts';
import type { QueryBlocks } from './query-blocks.ts';
import { fieldLength, rowTexts } from './query-fields.ts';

const comma = 0x2c;
const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const dot = 0x2e;

/** What has a field quoted: `,` `"` CR LF. */
const special = new Uint8Array(256);
for (const byte of [comma, newline, quote, 0x0d]) special[byte] = 1;

/** How a result is written as CSV. */
export interface QueryCsvOptions {
  /** Whether it goes to a terminal, where what is unsafe is made visible. */
  readonly terminal: boolean;
  /** Whether cells that a spreadsheet would run are made text. */
  readonly csvSafe: boolean;
}

/**
 * Results as CSV, from the bytes of the server to those of the output without a string in between.
 * NULL is an empty cell, an empty string `""`, as COPY tells them apart; quoted is what `psql --csv`
 * quotes. Several results have an empty line between them.
 */
export class QueryCsv implements ResultSink {
  readonly #blocks: QueryBlocks;
  readonly #options: QueryCsvOptions;
  #columns: readonly QueryColumn[] = [];
  #results = 0;

  constructor(blocks: QueryBlocks, options: QueryCsvOptions) {
    this.#blocks = blocks;
    this.#options = options;
  }

  begin(columns: readonly QueryColumn[]): void {
    this.#columns = columns;
    const before = this.#results === 0 ? '' : '\n';
    this.#results += 1;
    this.#blocks.text(`${before}${columns.map(({ name }) => this.#cell(name, 'text')).join(',')}\n`);
  }

  row(bytes: Buffer, start: number, end: number): Promise<void> | null {
    const { terminal, csvSafe } = this.#options;
    if (terminal || csvSafe) this.#rowOfTexts(bytes, start);
    else this.#rowOfBytes(bytes, start, end);
    return this.#blocks.pressure();
  }

  async end(): Promise<void> {}

  #rowOfTexts(bytes: Buffer, start: number): void {
    const texts = rowTexts(bytes, start, this.#columns.length);
    const cells = texts.map((text, column) => this.#cell(text, this.#columns[column]?.kind ?? 'text'));
    this.#blocks.text(`${cells.join(',')}\n`);
  }

  #cell(text: string | null, kind: QueryColumn['kind']): string {
    const { terminal, csvSafe } = this.#options;
    const runs = csvSafe && (kind === 'text' || kind === 'json');
    return csvCell(runs ? neutralised(text) : text, terminal);
  }

  #rowOfBytes(bytes: Buffer, start: number, end: number): void {
    const columns = this.#columns.length;
    const blocks = this.#blocks;
    // Each byte may be a quote; the four bytes of each length make up for a comma and two quotes.
    blocks.room(2 * (end - start) + 1);
    const out = blocks.bytes;
    let to = blocks.at;
    let at = start;
    for (let column = 0; column < columns; column += 1) {
      if (column > 0) out[to++] = comma;
      const length = fieldLength(bytes, at);
      at += 4;
      if (length > 0) {
        const first = to;
        const stop = at + length;
        let found = 0;
        while (at < stop) {
          const byte = bytes[at++] as number;
          found |= special[byte] as number;
          out[to++] = byte;
        }
        if (found !== 0) to = writeQuoted(out, first, bytes, stop - length, stop);
        // COPY takes it for the end of its data.
        else if (length === 2 && out[first] === backslash && out[first + 1] === dot) {
          to = writeQuoted(out, first, bytes, stop - length, stop);
        }
      } else if (length === 0) {
        out[to++] = quote;
        out[to++] = quote;
      }
    }
    out[to++] = newline;
    blocks.at = to;
  }
}

function writeQuoted(out: Buffer, first: number, bytes: Buffer, start: number, stop: number): number {
  let to = first;
  out[to++] = quote;
  for (let at = start; at < stop; at += 1) {
    const byte = bytes[at] as number;
    if (byte === quote) out[to++] = quote;
    out[to++] = byte;
  }
  out[to++] = quote;
  return to;
}
