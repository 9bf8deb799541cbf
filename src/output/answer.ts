import { jsonChunks } from './json-text.ts';
import { escapeUnsafeAboveAscii, hasUnsafeAboveAscii, terminalSafe } from './terminal-text.ts';
import type { Theme } from './theme.ts';

/** UTF-16 units that are gathered before a chunk is handed on. */
const chunkSize = 65_536;

export const outputFormats = ['table', 'json', 'csv', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** What the answer is shown on. */
export interface View {
  /** Width of the terminal; Infinity where there is none. */
  readonly columns: number;
  readonly theme: Theme;
  readonly now: Date;
  /** Whether the stream is a terminal. */
  readonly terminal: boolean;
}

/** A CSV cell before it is written: null is empty. */
export type CellValue = string | number | boolean | null;

/** What a command answers, in every format it may be asked for. */
export interface Answer {
  /** What `--json` and `--yaml` print: a value of the contract in `schema.ts`. */
  readonly value: unknown;
  /** The header of the CSV, which stands there when there are no records too. */
  readonly columns: readonly string[];
  /** One record a line of the CSV, keyed by {@link columns}. Lists and maps are JSON in a cell. */
  records(): Iterable<Readonly<Record<string, CellValue>>>;
  /** For a person: terminal-safe, ending in a newline. */
  text(view: View): string;
}

/** An answer in the format that was asked for, ending in a newline. */
export async function renderAnswer(format: OutputFormat, answer: Answer, view: View): Promise<string> {
  let text = '';
  for await (const chunk of renderChunks(format, answer, view)) text += chunk;
  return text;
}

/**
 * {@link renderAnswer} in pieces: JSON and CSV of a large discovery, tens of megabytes, are never in
 * memory as a whole. Write each, and wait for the stream to drain, before the next is asked for.
 */
export async function* renderChunks(
  format: OutputFormat,
  answer: Answer,
  view: View,
): AsyncGenerator<string, void> {
  if (format === 'json') yield* jsonChunks(answer.value);
  else if (format === 'csv') yield* csvChunks(answer, view.terminal);
  else if (format === 'yaml') yield await yamlText(answer.value);
  else yield answer.text(view);
}

/**
 * CSV as RFC 4180 has it, but with LF, as `psql --csv` and COPY write it. NULL is an empty cell, an
 * empty string `""`, as COPY tells them apart. Cells are written as they are, those that a
 * spreadsheet would take for a formula too; only on a terminal is unsafe text made visible.
 */
function* csvChunks(answer: Answer, terminal: boolean): Generator<string> {
  let chunk = `${answer.columns.map((name) => csvCell(name, terminal)).join(',')}\n`;
  for (const record of answer.records()) {
    chunk += `${answer.columns.map((name) => csvCell(record[name] ?? null, terminal)).join(',')}\n`;
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function csvCell(value: CellValue, terminal: boolean): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = terminal ? terminalSafe(value) : value;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * YAML 1.2 that a YAML 1.1 reader takes for the same (`"yes"`, `"2026-01-01"`). Strings with
 * characters that a terminal might obey, or with spaces at an end, are in double quotes, where the
 * former have escapes; so are those of several lines: blocks lose spaces before a line's end.
 */
async function yamlText(value: unknown): Promise<string> {
  const { Document, visit } = await import('yaml');
  const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, scalar) {
      const text = scalar.value;
      if (typeof text !== 'string') return;
      if (terminalSafe(text) !== text || text.trim() !== text) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  const yaml = document.toString({
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  });
  return hasUnsafeAboveAscii(yaml) ? escapeUnsafeAboveAscii(yaml, yamlEscape) : yaml;
}

/** YAML 1.2.2, section 5.7. */
function yamlEscape(codePoint: number): string {
  const hex = codePoint.toString(16);
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
