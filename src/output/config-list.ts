import type { ConfigEntry } from '../connections/reports.ts';
import type { Answer } from './answer.ts';
import { keyValues } from './table.ts';
import { terminalSafe } from './terminal-text.ts';

const columns = ['key', 'value', 'source', 'from'];

/** The answer of `config list`: configListSchema. */
export function configList(entries: readonly ConfigEntry[]): Answer {
  return {
    value: entries,
    columns,
    records: () => entries,
    text: (view) =>
      keyValues(
        entries.map(({ key, value, source, from }) => [key, `${value}  (${from ?? source})`]),
        view,
      ),
  };
}

/** The answer of `config get`: one entry of it, to a person its value alone. */
export function configEntry(entry: ConfigEntry): Answer {
  return { value: entry, columns, records: () => [entry], text: () => `${terminalSafe(entry.value)}\n` };
}
