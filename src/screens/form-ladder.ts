import type { StageResult, TestResult } from '../connections/connection.ts';
import { stages } from '../connections/vocabulary.ts';
import { formatDuration } from '../output/duration.ts';
import { displayWidth, padToWidth, terminalSafe } from '../output/terminal-text.ts';
import { mark, outcomeStyle, type Theme } from '../output/theme.ts';
import { wrapped } from './wrapped-text.ts';

/** A test of what a form holds, as far as it has come. */
export interface Ladder {
  /** The rungs that are done, in order. */
  readonly rungs: readonly StageResult[];
  readonly state: 'running' | 'cancelled' | 'done';
  /** What came of it in the end. */
  readonly result: TestResult | null;
}

/** A ladder whose first rung is being climbed. */
export const startedLadder: Ladder = { rungs: [], state: 'running', result: null };

const stageWidth = Math.max(...stages.map((stage) => stage.length));

/**
 * A ladder in lines of at most `columns`: a rung a line where there are `rows` for them, else the rungs
 * side by side, and below them what was found wrong. Styled and terminal-safe.
 */
export function ladderLines(
  ladder: Ladder,
  theme: Theme,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string[] {
  const full = [
    ...stages.flatMap((stage) => rungLines(ladder, stage, theme, columns)),
    verdictLine(ladder, theme),
  ];
  if (full.length <= rows) return full;
  const troubles = ladder.rungs
    .filter(({ status }) => status === 'failed' || status === 'warned')
    .flatMap((rung) => troubleLines(rung, theme, columns));
  return [...sideBySide(ladder, theme, columns), ...troubles, verdictLine(ladder, theme)];
}

function rungOf({ rungs }: Ladder, stage: StageResult['stage']): StageResult | undefined {
  return rungs.find((rung) => rung.stage === stage);
}

/** The sign of a rung that was not reached: the first of them is being climbed. */
function waiting(ladder: Ladder, stage: StageResult['stage']): string {
  return ladder.state === 'running' && stages[ladder.rungs.length] === stage ? '…' : '·';
}

function rungLines(ladder: Ladder, stage: StageResult['stage'], theme: Theme, columns: number): string[] {
  const rung = rungOf(ladder, stage);
  if (rung === undefined) return [theme.faint(`${waiting(ladder, stage)} ${stage}`)];
  const time = rung.status === 'skipped' ? '' : formatDuration(rung.durationMs);
  const head = `${padToWidth(mark(rung.status, stage), stageWidth + 2)}  ${padToWidth(time, 7, 'end')}  `;
  const indent = Math.min(displayWidth(head), Math.floor(columns / 3));
  const [first = '', ...rest] = wrapped(terminalSafe(rung.message ?? ''), columns - displayWidth(head));
  return [
    outcomeStyle(rung.status, theme)(`${head}${first}`.trimEnd()),
    ...rest.map((line) => outcomeStyle(rung.status, theme)(' '.repeat(displayWidth(head)) + line)),
    ...fixLines(rung, theme, columns, indent),
  ];
}

function fixLines({ fix }: StageResult, theme: Theme, columns: number, indent: number): string[] {
  if (fix === null) return [];
  return fix
    .split('\n')
    .flatMap((line) => wrapped(terminalSafe(line), columns - indent - 2))
    .map((line, index) => `${' '.repeat(indent)}${index === 0 ? '→' : ' '} ${theme.accent(line)}`);
}

function troubleLines(rung: StageResult, theme: Theme, columns: number): string[] {
  const text = `${mark(rung.status, rung.stage)}: ${terminalSafe(rung.message ?? rung.code ?? rung.status)}`;
  const style = outcomeStyle(rung.status, theme);
  return [...wrapped(text, columns).map(style), ...fixLines(rung, theme, columns, 2)];
}

function sideBySide(ladder: Ladder, theme: Theme, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const stage of stages) {
    const rung = rungOf(ladder, stage);
    const text = rung === undefined ? `${waiting(ladder, stage)} ${stage}` : mark(rung.status, stage);
    const styled = rung === undefined ? theme.faint(text) : outcomeStyle(rung.status, theme)(text);
    if (width > 0 && width + 2 + displayWidth(text) > columns) {
      lines.push(line);
      line = '';
      width = 0;
    }
    line += width === 0 ? styled : `  ${styled}`;
    width += displayWidth(text) + (width === 0 ? 0 : 2);
  }
  return [...lines, line];
}

function verdictLine({ state, result }: Ladder, theme: Theme): string {
  if (state === 'cancelled') return theme.caution('! the test was cancelled');
  if (result === null) return theme.faint('testing; Ctrl-C cancels the test');
  const server = result.server === null ? '' : `, server ${terminalSafe(result.server.version)}`;
  const words = `${result.status} in ${formatDuration(result.durationMs)}${server}`;
  return outcomeStyle(result.status, theme)(mark(result.status, words));
}
