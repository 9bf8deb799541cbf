import type { ResultSink } from '../connections/query-port.ts';
import type { OutputFormat, View } from './answer.ts';
import { QueryBlocks } from './query-blocks.ts';
import { QueryCsv } from './query-csv.ts';
import { jsonLayout, ndjsonLayout, QueryJson, yamlLayout } from './query-json.ts';
import { QueryMarkdown } from './query-markdown.ts';
import { QueryTable } from './query-table.ts';

/** The formats that results have besides those of every answer. */
export const queryFormats = ['ndjson', 'markdown'] as const;
export type QueryFormat = OutputFormat | (typeof queryFormats)[number];

/** What results are written with. */
export interface QueryWriterOptions {
  readonly format: QueryFormat;
  /** Of stdout. */
  readonly view: View;
  readonly csvSafe: boolean;
  /** How many statements there are: several have several results. */
  readonly statements: number;
  /** Writes bytes to stdout; resolves when they were taken. */
  readonly write: (bytes: Buffer) => Promise<void>;
}

/** Takes results, and writes them as they come. */
export interface QueryWriter extends ResultSink {
  /** Writes what stands behind the last result, and waits until all was taken. */
  finish(): Promise<void>;
  /** Writes what was formatted of a result that ended early: a table's rows wait for the widths of its columns. */
  abandon(): Promise<void>;
}

/** The writer of a format. */
export function queryWriter(options: QueryWriterOptions): QueryWriter {
  const { format, view, csvSafe, statements, write } = options;
  const blocks = new QueryBlocks(write);
  const sink = sinkOf(format, blocks, { view, csvSafe, statements });
  return {
    begin: (columns) => sink.begin(columns),
    row: (bytes, start, end) => sink.row(bytes, start, end),
    end: async (outcome) => {
      await sink.end(outcome);
      await blocks.flush();
    },
    finish: async () => {
      if (sink instanceof QueryJson) sink.finish();
      await blocks.flush();
    },
    abandon: () => blocks.flush(),
  };
}

function sinkOf(
  format: QueryFormat,
  blocks: QueryBlocks,
  { view, csvSafe, statements }: Pick<QueryWriterOptions, 'view' | 'csvSafe' | 'statements'>,
): ResultSink {
  switch (format) {
    case 'csv':
      return new QueryCsv(blocks, { terminal: view.terminal, csvSafe });
    case 'json':
      return new QueryJson(blocks, jsonLayout(statements));
    case 'ndjson':
      return new QueryJson(blocks, ndjsonLayout);
    case 'yaml':
      return new QueryJson(blocks, yamlLayout);
    case 'markdown':
      return new QueryMarkdown(blocks);
    default:
      return new QueryTable(blocks, view);
  }
}
