import type { ImportStep } from '../connections/reports.ts';
import type { Answer, View } from './answer.ts';
import { terminalSafe } from './terminal-text.ts';

type Action = ImportStep['action'];

const signs: Readonly<Record<Action, string>> = {
  add: '+',
  change: '~',
  same: '=',
  conflict: '!',
  skipped: '-',
  bad: '✗',
};
const counted: Readonly<Record<Action, readonly [future: string, past: string, left: string]>> = {
  add: ['new', 'added', 'not added'],
  change: ['to change', 'changed', 'not changed'],
  same: ['unchanged', 'unchanged', 'unchanged'],
  conflict: ['in conflict', 'in conflict', 'in conflict'],
  skipped: ['skipped', 'skipped', 'skipped'],
  bad: ['bad', 'bad', 'bad'],
};
const wide = 'conflict'.length;

/**
 * The answer of `import`: importResultSchema.
 * @param about.done whether the steps were taken, or only would be
 */
export function importPlan(steps: readonly ImportStep[], about: { readonly done: boolean }): Answer {
  return {
    value: steps,
    columns: ['action', 'name', 'role', 'endpoint', 'password', 'changes', 'file', 'line', 'message', 'done'],
    *records() {
      for (const step of steps) yield { ...step, changes: JSON.stringify(step.changes) };
    },
    text(view) {
      const lines = steps.filter(({ action }) => action !== 'same').map((step) => stepLine(step, view));
      return `${[...lines, ...(lines.length > 0 ? [''] : []), summary(steps, about)].join('\n')}\n`;
    },
  };
}

function summary(steps: readonly ImportStep[], { done }: { readonly done: boolean }): string {
  const counts = (Object.keys(counted) as Action[]).flatMap((action) => {
    const [future, past, left] = counted[action];
    const count = (word: string, which: readonly ImportStep[]) =>
      which.length === 0 ? [] : [`${which.length} ${word}`];
    const those = steps.filter((step) => step.action === action);
    if (!done) return count(future, those);
    if (action !== 'add' && action !== 'change') return count(past, those);
    return [
      ...count(
        past,
        those.filter((step) => step.done),
      ),
      ...count(
        left,
        those.filter((step) => !step.done),
      ),
    ];
  });
  if (counts.length === 0) return 'There is no connection in it';
  return done ? counts.join(', ') : `${counts.join(', ')}; nothing was done yet`;
}

function stepLine(step: ImportStep, view: View): string {
  const { action, name, role, endpoint, password, changes, message } = step;
  const { good, caution, bad, faint } = view.theme;
  const styles = { add: good, change: caution, same: faint, conflict: bad, skipped: faint, bad };
  const what = [
    role,
    terminalSafe(name),
    endpoint === null ? null : faint(terminalSafe(endpoint)),
    action === 'add' && password !== null ? passwords[password] : null,
    changes.length === 0 ? null : terminalSafe(changes.join(', ')),
  ].filter((part) => part !== null);
  const place = action === 'add' || action === 'change' ? '' : `${terminalSafe(placeOf(step))}: `;
  const more = message === null ? '' : `\n  ${' '.repeat(wide)}  ${place}${terminalSafe(message)}`;
  return `${styles[action](`${signs[action]} ${action.padEnd(wide)}`)}  ${what.join('  ')}${more}`;
}

const passwords: Readonly<Record<NonNullable<ImportStep['password']>, string>> = {
  given: 'with its password',
  env: 'password from a variable',
  file: 'password from a file',
  cmd: 'password from a program',
  none: 'no password',
};

function placeOf({ file, line }: ImportStep): string {
  return line === null ? file : `${file}:${line}`;
}
