import type { RefreshResult } from '../metadata/refresh-due.ts';
import type { Answer, View } from './answer.ts';
import { formatDuration } from './duration.ts';
import { fixLines } from './fix-lines.ts';
import type { FleetWords } from './fleet-progress.ts';
import { plural } from './relation-words.ts';
import type { Reported } from './report-content.ts';
import { displayWidth, padToWidth, terminalSafe } from './terminal-text.ts';
import { mark, type Outcome, outcomeStyle } from './theme.ts';

const outcomes: Readonly<Record<RefreshResult['status'], Outcome>> = {
  refreshed: 'passed',
  unchanged: 'passed',
  failed: 'failed',
  skipped: 'skipped',
};
const markWidth = displayWidth(mark('passed', 'refreshed'));
const statuses = ['refreshed', 'unchanged', 'failed', 'skipped'] as const;

/** The answer of `metadata refresh`: refreshResultListSchema. */
export function refreshResults(results: readonly RefreshResult[]): Answer {
  return {
    value: results,
    columns: ['connection', 'status', 'durationMs', 'relations', 'columns', 'code', 'message', 'fix'],
    records: () => results,
    text(view) {
      if (results.length === 0) return 'Nothing was refreshed.\n';
      const width = Math.max(...results.map(({ connection }) => displayWidth(terminalSafe(connection))));
      const rows = results.map((result) => refreshRow(result, width, view)).join('');
      return `${rows}\n${refreshTally(results)}\n`;
    },
  };
}

/** How refreshes are shown while they are made. */
export const refreshWords: FleetWords<RefreshResult> = {
  doing: 'refreshing',
  row: refreshRow,
  finished: (result) => ({
    outcome: outcomes[result.status],
    text: `${markOf(result)}  ${terminalSafe(result.connection)}  ${told(result)}`,
  }),
};

/** How many there are of each: `3 connections: 2 refreshed, 0 unchanged, 1 failed, 0 skipped`. */
export function refreshTally(results: readonly RefreshResult[]): string {
  const counts = statuses.map((status) => `${results.filter((it) => it.status === status).length} ${status}`);
  return `${plural(results.length, 'connection')}: ${counts.join(', ')}`;
}

/** Refreshes as reports show them: a case each. */
export function reportedRefreshes(results: readonly RefreshResult[]): Reported {
  return {
    results: results.map(({ connection, status, durationMs, code, message, fix }) => {
      const outcome = outcomes[status];
      const stage = { stage: 'refresh', status: outcome, durationMs, code, message, fix };
      return { connection, status: outcome, durationMs, stages: [stage] };
    }),
    value: results,
    summary: refreshTally(results),
    done: 'refreshed',
  };
}

function refreshRow(result: RefreshResult, nameWidth: number, view: View): string {
  const style = outcomeStyle(outcomes[result.status], view.theme);
  const name = padToWidth(terminalSafe(result.connection), nameWidth);
  const line = `${style(padToWidth(markOf(result), markWidth))}  ${name}  ${told(result)}\n`;
  return line + fixLines(result.fix, '    ', view.theme);
}

function markOf({ status }: RefreshResult): string {
  return mark(outcomes[status], status);
}

function told({ durationMs, relations, columns, code, message }: RefreshResult): string {
  const time = formatDuration(durationMs);
  if (relations !== null && columns !== null)
    return `${time}  ${plural(relations, 'relation')}, ${plural(columns, 'column')}`;
  return `${time}  ${terminalSafe(message ?? code ?? '')}`;
}
