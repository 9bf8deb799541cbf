import type { QueryColumn, ResultSink } from '../connections/query-port.ts';
import { markdownCell } from './markdown-text.ts';
import type { QueryBlocks } from './query-blocks.ts';
import { rowTexts } from './query-fields.ts';

/** Results as tables of GitHub's Markdown; NULL is in italics, which no text is. */
export class QueryMarkdown implements ResultSink {
  readonly #blocks: QueryBlocks;
  #columns = 0;
  #results = 0;

  constructor(blocks: QueryBlocks) {
    this.#blocks = blocks;
  }

  begin(columns: readonly QueryColumn[]): void {
    this.#columns = columns.length;
    if (this.#results > 0) this.#blocks.text('\n');
    this.#results += 1;
    const rule = columns.map(({ kind }) =>
      kind === 'integer' || kind === 'number' || kind === 'float' ? '---:' : '---',
    );
    this.#line(columns.map(({ name }) => markdownCell(name)));
    this.#line(rule);
  }

  row(bytes: Buffer, start: number): Promise<void> | null {
    this.#line(
      rowTexts(bytes, start, this.#columns).map((text) => (text === null ? '*NULL*' : markdownCell(text))),
    );
    return this.#blocks.pressure();
  }

  async end(): Promise<void> {}

  #line(cells: readonly string[]): void {
    this.#blocks.text(`| ${cells.join(' | ')} |\n`);
  }
}
