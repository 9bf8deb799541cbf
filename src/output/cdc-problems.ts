import type { CdcProblem, CdcStep } from '../cdc/cdc.ts';
import type { CellValue, View } from './answer.ts';
import { fixLines } from './fix-lines.ts';
import { terminalSafe } from './terminal-text.ts';
import { coloredMark, type Outcome } from './theme.ts';

/** What is wrong, each with its fix below; ends in a newline where there is any. */
export function problemLines(problems: readonly CdcProblem[], view: View, indent = ''): string {
  return problems
    .map(
      ({ status, message, fix }) =>
        `${indent}${coloredMark(status, view.theme, terminalSafe(message))}\n${fixLines(fix, `${indent}  `, view.theme)}`,
    )
    .join('');
}

/** Steps in their order: what each is for, and below it what is run, which is copied and not cut. */
export function stepLines(steps: readonly CdcStep[], view: View): string {
  const { theme } = view;
  return steps
    .map(
      ({ sql, effect }, index) =>
        `${String(index + 1).padStart(3)}. ${terminalSafe(effect)}\n     ${theme.accent(terminalSafe(sql))}\n`,
    )
    .join('');
}

export const stepColumns = ['step', 'transaction', 'sql', 'effect'] as const;

export function* stepRecords(steps: readonly CdcStep[]): Iterable<Record<string, CellValue>> {
  for (const step of steps) yield { ...step };
}

/** `2 warned, 1 failed`: what of a check is not as it should be. */
export function counted(statuses: readonly string[], wanted: readonly Outcome[]): string {
  return wanted.map((status) => `${statuses.filter((it) => it === status).length} ${status}`).join(', ');
}
