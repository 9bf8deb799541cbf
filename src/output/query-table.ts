import type { QueryColumn, ResultSink, StatementOutcome } from '../connections/query-port.ts';
import type { View } from './answer.ts';
import type { QueryBlocks } from './query-blocks.ts';
import { rowTexts } from './query-fields.ts';
import { plural } from './relation-words.ts';
import { keyValues } from './table.ts';
import { displayWidth, terminalSafe, truncateToWidth } from './terminal-text.ts';

/** Rows that are looked at together for the widths of the columns: all of what a terminal shows. */
const batch = 1_000;
const gap = 2;
/** A column narrower than this tells nothing; where they don't all fit so, each row is a list. */
const leastWidth = 8;
/** What NULL looks like: no text of a database does. */
const nullSign = '∅';

/**
 * Results for a person: aligned columns, cut where a terminal is too narrow, or a list of each row's
 * columns where there are too many of them. A result of any size passes in batches; a later one may
 * have wider columns.
 */
export class QueryTable implements ResultSink {
  readonly #blocks: QueryBlocks;
  readonly #view: View;
  #columns: readonly QueryColumn[] = [];
  #titles: string[] = [];
  #rows: (string | null)[][] = [];
  #widths: number[] = [];
  #drawn = 0;
  #results = 0;

  constructor(blocks: QueryBlocks, view: View) {
    this.#blocks = blocks;
    this.#view = view;
  }

  begin(columns: readonly QueryColumn[]): void {
    this.#columns = columns;
    this.#titles = columns.map(({ name }) => terminalSafe(name));
    this.#rows = [];
    this.#drawn = 0;
    this.#widths = this.#titles.map((title) => displayWidth(title));
  }

  row(bytes: Buffer, start: number): Promise<void> | null {
    this.#rows.push(rowTexts(bytes, start, this.#columns.length));
    if (this.#rows.length < batch) return null;
    this.#draw();
    return this.#blocks.pressure();
  }

  async end({ command, rowCount, hasColumns, more }: StatementOutcome): Promise<void> {
    if (!hasColumns) {
      this.#separate();
      const count = rowCount === null ? '' : `, ${plural(rowCount, 'row')}`;
      this.#blocks.text(`${terminalSafe(command)}${count}\n`);
      return;
    }
    if (this.#rows.length > 0 || this.#drawn === 0) this.#draw();
    const shown = rowCount ?? this.#drawn;
    const foot = more ? `… the first ${plural(shown, 'row')}; --limit 0 shows all` : plural(shown, 'row');
    this.#blocks.text(`${this.#view.theme.faint(foot)}\n`);
    this.#columns = [];
  }

  #separate(): void {
    if (this.#results > 0) this.#blocks.text('\n');
    this.#results += 1;
  }

  #draw(): void {
    if (this.#drawn === 0) this.#separate();
    if (this.#asLists()) this.#drawLists();
    else this.#drawColumns();
    this.#drawn += this.#rows.length;
    this.#rows = [];
  }

  #asLists(): boolean {
    const { terminal, columns } = this.#view;
    const least = this.#titles.length * (leastWidth + gap) - gap;
    return terminal && this.#titles.length > 1 && least > columns;
  }

  #drawLists(): void {
    for (const [index, row] of this.#rows.entries()) {
      const pairs = row.map((text, column): [string, string] => [
        this.#columns[column]?.name ?? '',
        text ?? nullSign,
      ]);
      const head = this.#view.theme.faint(`row ${this.#drawn + index + 1}`);
      this.#blocks.text(`${head}\n${keyValues(pairs, this.#view, '  ')}`);
    }
  }

  #drawColumns(): void {
    const { theme } = this.#view;
    const rows = this.#rows.map((row) => row.map((text) => (text === null ? null : terminalSafe(text))));
    for (const row of rows) {
      for (const [column, text] of row.entries()) {
        const width = displayWidth(text ?? nullSign);
        if (width > (this.#widths[column] ?? 0)) this.#widths[column] = width;
      }
    }
    const widths = this.#fitting();
    if (this.#drawn === 0) {
      this.#line(this.#titles.map((title, column) => this.#padded(title, column, widths, theme.faint)));
    }
    for (const row of rows) {
      this.#line(
        row.map((text, column) =>
          text === null
            ? this.#padded(nullSign, column, widths, theme.faint)
            : this.#padded(text, column, widths),
        ),
      );
    }
  }

  #line(cells: readonly string[]): void {
    this.#blocks.text(`${cells.join(' '.repeat(gap)).trimEnd()}\n`);
  }

  #padded(
    text: string,
    column: number,
    widths: readonly number[],
    style: (text: string) => string = (it) => it,
  ): string {
    const width = widths[column] ?? 0;
    const cut = truncateToWidth(text, width);
    const spaces = ' '.repeat(Math.max(0, width - displayWidth(cut)));
    if (isNumeric(this.#columns[column])) return spaces + style(cut);
    const last = column === widths.length - 1;
    return style(cut) + (last ? '' : spaces);
  }

  /** The widths, the widest cut by one until all fit. */
  #fitting(): number[] {
    const widths = [...this.#widths];
    if (!this.#view.terminal) return widths;
    let excess = widths.reduce((sum, width) => sum + width + gap, -gap) - this.#view.columns;
    while (excess > 0) {
      const widest = Math.max(...widths);
      if (widest <= 1) break;
      // All that are as wide at once, as far as is needed: a wide cell is not cut a column at a time.
      const next = Math.max(1, ...widths.filter((width) => width < widest));
      const count = widths.filter((width) => width === widest).length;
      const step = Math.max(1, Math.min(widest - next, Math.ceil(excess / count)));
      for (const [column, width] of widths.entries()) {
        if (width !== widest || excess <= 0) continue;
        const less = Math.min(step, excess);
        widths[column] = width - less;
        excess -= less;
      }
    }
    return widths;
  }
}

function isNumeric(column: QueryColumn | undefined): boolean {
  return column?.kind === 'integer' || column?.kind === 'number' || column?.kind === 'float';
}
