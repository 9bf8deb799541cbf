import type { CdcCheck } from '../cdc/cdc.ts';
import type { JackfieldError } from '../connections/errors.ts';
import type { Answer, View } from './answer.ts';
import { counted, problemLines } from './cdc-problems.ts';
import { formatDuration } from './duration.ts';
import { fixLines } from './fix-lines.ts';
import type { Reported, ReportedResult, ReportedStage } from './report-content.ts';
import { displayWidth, padToWidth, terminalSafe } from './terminal-text.ts';
import { coloredMark, mark, outcomeStyle } from './theme.ts';

const markWidth = displayWidth(mark('skipped'));
const checkWidth = 'sender_timeout'.length;

/** The answer of `connections cdc check`: cdcCheckSchema. CSV has a line a check, then one for each problem of a table. */
export function cdcCheck(check: CdcCheck): Answer {
  return {
    value: check,
    columns: ['check', 'table', 'status', 'code', 'message', 'fix'],
    *records() {
      for (const it of check.checks) yield { ...it, table: null };
      for (const { schema, name, status, problems } of check.tables) {
        const table = `${schema}.${name}`;
        if (problems.length === 0)
          yield { check: 'tables', table, status, code: null, message: null, fix: null };
        for (const problem of problems) yield { check: 'tables', table, ...problem };
      }
    },
    text: (view) => checkText(check, view),
  };
}

/** The check as reports show it: each look at the server and each table is a line. */
export function reportedCdcCheck(check: CdcCheck): Reported {
  const stages = [
    ...check.checks.map(({ check: stage, ...it }): ReportedStage => ({ ...it, stage, durationMs: 0 })),
    ...check.tables.map(({ schema, name, status, problems }): ReportedStage => {
      const [worst] = problems.filter((it) => it.status === status);
      const all = (of: 'message' | 'fix') =>
        problems.length === 0 ? null : [...new Set(problems.flatMap((it) => it[of] ?? []))].join('\n');
      const told = { code: worst?.code ?? null, message: all('message'), fix: all('fix') || null };
      return { stage: `table ${schema}.${name}`, status, durationMs: 0, ...told };
    }),
  ];
  return reported(check, { ...check, stages }, `${check.connection} ${verdicts[check.status]}`);
}

/** A check that came to nothing, since the server could not be looked at, or its password not be had. */
export function reportedNoCheck(connection: string, error: JackfieldError, durationMs: number): Reported {
  const { code, message, fix } = error;
  const told = { code, message, fix: fix ?? null };
  const stages: ReportedStage[] = [{ stage: 'connection', status: 'failed', durationMs, ...told }];
  const result = { connection, status: 'failed', durationMs, stages } as const;
  return reported({ error: { connection, ...told } }, result, `${connection} could not be checked`);
}

function reported(value: unknown, result: ReportedResult, summary: string): Reported {
  return { results: [result], value, summary, done: 'checked' };
}

function checkText(check: CdcCheck, view: View): string {
  const checks = check.checks.map((it) => checkLine(it, view)).join('');
  const tables = check.tables
    .filter(({ problems }) => problems.length > 0)
    .map((it) => {
      const name = view.theme.strong(terminalSafe(`${it.schema}.${it.name}`));
      const facts = [it.kind, ...(it.partitions === null ? [] : [`${it.partitions} partitions`])].join(', ');
      return `${name}  ${view.theme.faint(terminalSafe(facts))}\n${problemLines(it.problems, view, '  ')}`;
    })
    .join('');
  const { version, provider, recovery } = check.server;
  const server = `server ${version}, ${provider}${recovery ? ', standby' : ''}`;
  const word = `${check.connection} ${verdicts[check.status]}, in ${formatDuration(check.durationMs)}: ${counted(
    check.checks.map(({ status }) => status),
    ['passed', 'warned', 'failed'],
  )}`;
  return `${checks}${tables === '' ? '' : `\n${tables}`}\n${view.theme.faint(terminalSafe(server))}\n${coloredMark(
    check.status,
    view.theme,
    terminalSafe(word),
  )}\n`;
}

const verdicts = {
  passed: 'is ready for CDC',
  warned: 'is ready for CDC, with warnings',
  failed: 'is not ready for CDC',
} as const;

function checkLine({ check, status, message, fix }: CdcCheck['checks'][number], view: View): string {
  const outcome = outcomeStyle(status, view.theme)(padToWidth(mark(status), markWidth));
  const line = `${outcome}  ${padToWidth(check, checkWidth)}  ${terminalSafe(message ?? '')}`.trimEnd();
  return `${line}\n${fixLines(fix, ' '.repeat(markWidth + 2), view.theme)}`;
}
