import { fixLines } from './fix-lines.ts';
import { terminalSafe } from './terminal-text.ts';
import { coloredMark, type Theme } from './theme.ts';
import { wrapWords } from './wrap-text.ts';

/** A line for stderr that says what was done: `✓ Saved source orders-prod.` */
export function doneLine(sentence: string, theme: Theme): string {
  return `${coloredMark('passed', theme, terminalSafe(sentence))}\n`;
}

/** A line for stderr that warns: `! warning: …`, and below it what to do about it. */
export function warningLine(
  sentence: string,
  theme: Theme,
  fix: string | null = null,
  columns = Number.POSITIVE_INFINITY,
): string {
  // The mark and `warning:` take up eleven columns.
  const lines = wrapWords(`${'.'.repeat(10)} ${terminalSafe(sentence)}`, columns, '  ').slice(11);
  return `${coloredMark('warned', theme, 'warning:')} ${lines}\n${fixLines(fix, '  ', theme)}`;
}
