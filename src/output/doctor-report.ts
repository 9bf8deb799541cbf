import type { DoctorFinding } from '../connections/reports.ts';
import type { Answer, View } from './answer.ts';
import { fixLines } from './fix-lines.ts';
import { padToWidth, terminalSafe } from './terminal-text.ts';
import { mark, type Outcome, outcomeStyle } from './theme.ts';

const outcomes: Readonly<Record<DoctorFinding['status'], Outcome>> = {
  ok: 'passed',
  problem: 'failed',
  repaired: 'passed',
  unknown: 'warned',
};
const markWidth = mark('passed', 'repaired').length;
const checkWidth = 'permissions'.length;

/** The answer of `doctor`: doctorReportSchema. */
export function doctorReport(findings: readonly DoctorFinding[]): Answer {
  return {
    value: findings,
    columns: ['check', 'status', 'code', 'message', 'fix'],
    records: () => findings.map((finding) => ({ ...finding })),
    text(view) {
      const problems = findings.filter(({ status }) => status === 'problem').length;
      const verdict =
        problems === 0
          ? 'No problems found.'
          : `${problems} ${problems === 1 ? 'problem' : 'problems'} found.`;
      return `${findings.map((finding) => findingLines(finding, view)).join('')}\n${verdict}\n`;
    },
  };
}

function findingLines({ check, status, message, fix }: DoctorFinding, view: View): string {
  const style = outcomeStyle(outcomes[status], view.theme);
  const head = style(padToWidth(mark(outcomes[status], status), markWidth));
  const line = `${head}  ${check.padEnd(checkWidth)}  ${terminalSafe(message)}\n`;
  return line + fixLines(fix, ' '.repeat(markWidth + 2), view.theme);
}
