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

/** How a CSV is written. */
export interface CsvOptions {
  /** Whether cells that a spreadsheet would run are made text. */
  readonly csvSafe: boolean;
}

/** An answer in the format that was asked for, ending in a newline. */
export async function renderAnswer(
  format: OutputFormat,
  answer: Answer,
  view: View,
  csv?: CsvOptions,
): Promise<string> {
  let text = '';
  for await (const chunk of renderChunks(format, answer, view, csv)) text += chunk;
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
  csv: CsvOptions = { csvSafe: false },
): AsyncGenerator<string, void> {
  if (format === 'json') yield* jsonChunks(answer.value);
  else if (format === 'csv') yield* csvChunks(answer, view.terminal, csv);
  else if (format === 'yaml') yield await yamlText(answer.value);
  else yield answer.text(view);
}

/**
 * CSV as RFC 4180 has it, but with LF, as `psql --csv` and COPY write it. NULL is an empty cell, an
 * empty string `""`, as COPY tells them apart. Texts are written as they are; only on a terminal is
 * what is unsafe made visible, and only with `csvSafe` what a spreadsheet would run made text.
 */
function* csvChunks(answer: Answer, terminal: boolean, { csvSafe }: CsvOptions): Generator<string> {
  const options = { terminal, csvSafe };
  let chunk = csvLine(answer.columns, options);
  for (const record of answer.records()) {
    chunk += csvLine(
      answer.columns.map((name) => record[name] ?? null),
      options,
    );
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

/** One line of a CSV, with its line feed. */
export function csvLine(
  values: readonly CellValue[],
  { terminal, csvSafe }: CsvOptions & { readonly terminal: boolean },
): string {
  return `${values.map((value) => csvCell(csvSafe ? neutralised(value) : value, terminal)).join(',')}\n`;
}

/** What begins a formula (OWASP, CSV Injection): its signs, full-width ones too, and blanks before them. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A spreadsheet shows what follows a `'` as text. A number of ours stays one. */
export function neutralised(value: CellValue): CellValue {
  return typeof value === 'string' && formula.test(value) ? `'${value}` : value;
}

/** A cell of a CSV, in quotes where it needs them. */
export function csvCell(value: CellValue, terminal: boolean): string {
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
export async function yamlText(value: unknown): Promise<string> {
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
