import type { Change, Diff } from '../metadata/diff.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { changePlace, changeWords } from './diff-words.ts';
import { plural } from './relation-words.ts';
import { terminalSafe, truncateToWidth } from './terminal-text.ts';

/** The formats that a diff has besides those of every answer; `text` is the table's other name. */
export const diffFormats = ['text', 'sql'] as const;

/** The answer of `connections diff`: diffSchema. CSV has a line a change. */
export function structureDiff(diff: Diff): Answer {
  return {
    value: diff,
    columns: ['kind', 'breaking', 'reason', 'schema', 'relation', 'column', 'name', 'before', 'after', 'sql'],
    *records() {
      for (const { sql, ...change } of diff.changes) yield { ...change, sql: sql.join('\n') };
    },
    text(view) {
      const { from, to, changes } = diff;
      if (from === null) return `${nothingYet(to, view)}\n`;
      if (changes.length === 0) return `${noDrift(from, to, view)}\n`;
      const { strong, faint } = view.theme;
      const head = `${strong(sideName(to))}  ${faint(`${sideText(from, view)} → ${sideText(to, view)}`)}`;
      return `${head}\n${changes.map((change, index) => changeLines(change, changes[index - 1], view)).join('')}\n${summary(changes, view)}\n`;
    },
  };
}

/**
 * The SQL of a diff, ending in a newline: exact in a file or pipe, safe to look at on a terminal.
 * @param sql in the order to run it
 */
export function diffSqlText(diff: Diff, sql: readonly string[], view: View): string {
  const nothing = diff.from === null ? '-- nothing to compare with yet' : '-- no drift';
  const lines = diff.changes.length === 0 ? [nothing] : sql;
  const shown = view.terminal ? lines.map((line) => terminalSafe(line, { multiline: true })) : lines;
  return shown.map((line) => `${line}\n`).join('');
}

function changeLines(change: Change, former: Change | undefined, view: View): string {
  const { theme } = view;
  const place = changePlace(change);
  const isFirst = former === undefined || changePlace(former) !== place;
  const { mark, text } = changeWords(change);
  const style = { '+': theme.good, '-': theme.bad, '~': theme.caution }[mark];
  const indent = '  ';
  const room = view.terminal
    ? Math.max(1, view.columns - `${indent}${mark} `.length)
    : Number.POSITIVE_INFINITY;
  const line = `${indent}${style(mark)} ${truncateToWidth(terminalSafe(text), room)}\n`;
  const head = isFirst ? `\n${theme.strong(terminalSafe(place))}\n` : '';
  const reason =
    change.reason === null ? '' : `      ${theme.bad('breaking')}: ${terminalSafe(change.reason)}\n`;
  return head + line + reason;
}

function summary(changes: readonly Change[], { theme }: View): string {
  const breaking = changes.filter((change) => change.breaking).length;
  const counted = plural(changes.length, 'change');
  return breaking === 0 ? `${counted}, none breaking` : `${counted}, ${theme.bad(`${breaking} breaking`)}`;
}

type Side = Diff['to'];

function nothingYet(to: Side, view: View): string {
  const read = `${sideName(to)} was read for the first time ${ago(to.takenAt, view.now)}`;
  return `Nothing to compare with yet: ${read}.`;
}

function noDrift(from: Side, to: Side, view: View): string {
  if (from.snapshot !== null && from.connection === to.connection) {
    const { takenAt } = from;
    return `No drift in ${sideName(to)} since ${terminalSafe(takenAt)} (${ago(takenAt, view.now)}).`;
  }
  return `No differences between ${sideName(from)} and ${sideName(to)}.`;
}

function sideName({ file, connection }: Side): string {
  return terminalSafe(file ?? connection ?? 'the database');
}

function sideText(side: Side, { now }: View): string {
  const { file, takenAt, snapshot } = side;
  const number = snapshot === null ? '' : ` (snapshot ${snapshot})`;
  return `${sideName(side)} of ${file === null ? '' : 'a reading '}${ago(takenAt, now)}${number}`;
}
