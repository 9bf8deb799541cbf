import type { PlanStep } from '../connections/reports.ts';
import type { Answer, View } from './answer.ts';
import { terminalSafe } from './terminal-text.ts';

const signs = { add: '+', change: '~', same: '=', delete: '-' } as const;
const past = { add: 'added', change: 'changed', same: 'unchanged', delete: 'deleted' } as const;
const future = { add: 'to add', change: 'to change', same: 'unchanged', delete: 'to delete' } as const;

/**
 * The answer of `apply`: planSchema.
 * @param about.done whether the steps were taken, or only would be (`--dry-run`)
 */
export function applyPlan(steps: readonly PlanStep[], about: { readonly done: boolean }): Answer {
  return {
    value: steps,
    columns: ['action', 'name', 'role', 'changes', 'kind'],
    *records() {
      for (const step of steps) yield { ...step, changes: JSON.stringify(step.changes) };
    },
    text(view) {
      const lines = steps.filter(({ action }) => action !== 'same').map((step) => stepLine(step, view));
      const words = about.done ? past : future;
      const counts = (['add', 'change', 'delete', 'same'] as const).map(
        (action) => `${steps.filter((step) => step.action === action).length} ${words[action]}`,
      );
      const summary = about.done ? counts.join(', ') : `${counts.join(', ')}; nothing was done yet`;
      return `${[...lines, ...(lines.length > 0 ? [''] : []), summary].join('\n')}\n`;
    },
  };
}

function stepLine({ action, kind, name, role, changes }: PlanStep, view: View): string {
  const { good, caution, bad, faint } = view.theme;
  const style = { add: good, change: caution, same: faint, delete: bad }[action];
  const fields = changes.length === 0 ? '' : `: ${terminalSafe(changes.join(', '))}`;
  return `${style(`${signs[action]} ${action.padEnd('change'.length)}`)}  ${role ?? kind} ${terminalSafe(name)}${fields}`;
}
