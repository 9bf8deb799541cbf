import type { View } from './answer.ts';
import { displayWidth, isSimple, padToWidth, terminalSafe, truncateToWidth } from './terminal-text.ts';

/** A column of a table. */
export interface TableColumn {
  readonly title: string;
  readonly align?: 'start' | 'end';
  /** Columns it may be cut down to where the terminal is narrow; absent: it is cut last. */
  readonly shrinkTo?: number;
}

/** A cell: text, and the style it is drawn in. Made terminal-safe here. */
export interface TableCell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

const gap = 2;

/**
 * A table without borders, its columns aligned to what a terminal shows. On a terminal that is too
 * narrow the widest columns are cut, with an `…`; elsewhere nothing ever is.
 */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly (string | TableCell)[])[],
  view: View,
): string {
  const lines: (readonly (string | TableCell)[])[] = [
    columns.map(({ title }): TableCell => ({ text: title, style: view.theme.faint })),
    ...rows,
  ];
  const widths = columns.map(() => 0);
  const texts: string[][] = [];
  const measures: ((text: string) => number)[] = [];
  for (const line of lines) {
    let safe = line.map((cell) => (typeof cell === 'string' ? cell : cell.text));
    // One look at the whole row: at a thousand rows a look at each cell takes milliseconds.
    const simple = isSimple(safe.join(''));
    if (!simple) safe = safe.map((text) => terminalSafe(text));
    const measure = simple ? lengthOf : displayWidth;
    for (let index = 0; index < widths.length; index++) {
      const width = measure(safe[index] ?? '');
      if (width > (widths[index] ?? 0)) widths[index] = width;
    }
    texts.push(safe);
    measures.push(measure);
  }
  if (view.terminal) shrink(widths, columns, view.columns);

  let drawn = '';
  for (let row = 0; row < lines.length; row++) {
    drawn += `${lineOf(columns, lines[row] ?? [], texts[row] ?? [], widths, measures[row] ?? displayWidth)}\n`;
  }
  return drawn;
}

/** The columns that each cell of these lines needs, for lines that are drawn one by one: {@link tableLine}. */
export function columnWidths(lines: Iterable<readonly string[]>): number[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [index, text] of line.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(terminalSafe(text)));
    }
  }
  return widths;
}

/** Widths that fit a terminal of so many columns, cut as {@link table} cuts. */
export function fittedWidths(
  widths: readonly number[],
  columns: readonly TableColumn[],
  room: number,
): number[] {
  const fitted = [...widths];
  shrink(fitted, columns, room);
  return fitted;
}

/** One line of a table, without a newline. */
export function tableLine(
  columns: readonly TableColumn[],
  cells: readonly (string | TableCell)[],
  widths: readonly number[],
): string {
  const texts = cells.map((cell) => terminalSafe(typeof cell === 'string' ? cell : cell.text));
  return lineOf(columns, cells, texts, widths, displayWidth);
}

/** @param texts of the cells, terminal-safe @param measure of their widths */
function lineOf(
  columns: readonly TableColumn[],
  cells: readonly (string | TableCell)[],
  texts: readonly string[],
  widths: readonly number[],
  measure: (text: string) => number,
): string {
  let drawn = '';
  let owed = 0;
  for (let index = 0; index < columns.length; index++) {
    const room = widths[index] ?? 0;
    let text = texts[index] ?? '';
    let width = measure(text);
    if (width > room) {
      text = truncateToWidth(text, room);
      width = displayWidth(text);
    }
    if (width === 0) {
      owed += room + gap;
      continue;
    }
    const before = columns[index]?.align === 'end' ? room - width : 0;
    const cell = cells[index];
    // Spaces are owed until something follows them, so that no line ends in any.
    drawn += spaces(owed + before);
    drawn += typeof cell === 'object' && cell.style !== undefined ? cell.style(text) : text;
    owed = room - width - before + gap;
  }
  return drawn;
}

function lengthOf(text: string): number {
  return text.length;
}

const runs: string[] = [];

/** That many spaces, made once. */
function spaces(count: number): string {
  runs[count] ??= ' '.repeat(count);
  return runs[count];
}

/** Cuts the widest column by one until all fit: first those that say they may be, then any. */
function shrink(widths: number[], columns: readonly TableColumn[], room: number): void {
  const floors = columns.map((column, index) => column.shrinkTo ?? widths[index] ?? 0);
  let excess = widths.reduce((sum, width) => sum + width + gap, -gap) - room;
  for (const floor of [(index: number) => floors[index] ?? 0, () => 1]) {
    while (excess > 0) {
      let widest = -1;
      for (let index = 0; index < widths.length; index++) {
        const width = widths[index] ?? 0;
        if (width > floor(index) && (widest < 0 || width > (widths[widest] ?? 0))) widest = index;
      }
      if (widest < 0) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
      excess--;
    }
  }
}

/** `Key  value` lines, the values aligned; those without a value (null) are left out. Values are made safe. */
export function keyValues(
  pairs: readonly (readonly [key: string, value: string | TableCell | null])[],
  view: View,
  indent = '',
): string {
  const shown = pairs.filter(([, value]) => value !== null);
  const width = Math.max(0, ...shown.map(([key]) => displayWidth(terminalSafe(key))));
  let text = '';
  for (const [key, value] of shown) {
    const cell = typeof value === 'string' ? { text: value } : value;
    const safe = terminalSafe(cell?.text ?? '');
    const drawn = cell?.style === undefined ? safe : cell.style(safe);
    text += `${indent}${view.theme.faint(padToWidth(terminalSafe(key), width))}  ${drawn}\n`;
  }
  return text;
}
