import type { CdcPlan, CdcSetup, CdcStep, CdcTeardown } from '../cdc/cdc.ts';
import type { Answer, View } from './answer.ts';
import { problemLines, stepColumns, stepLines, stepRecords } from './cdc-problems.ts';
import { plural } from './relation-words.ts';
import { terminalSafe } from './terminal-text.ts';
import { coloredMark } from './theme.ts';

/** The format that a plan has besides those of every answer. */
export const cdcPlanFormats = ['sql'] as const;

/** The answer of `connections cdc plan`: cdcPlanSchema. CSV has a line a step. */
export function cdcPlan(plan: CdcPlan): Answer {
  return {
    value: plan,
    columns: stepColumns,
    records: () => stepRecords(plan.steps),
    text: (view) => planText(plan, view),
  };
}

export function planText(plan: CdcPlan, view: View): string {
  const head = `${view.theme.strong(terminalSafe(plan.connection))}  ${namesOf(plan)}\n`;
  if (plan.steps.length === 0) {
    return `${head}${coloredMark('passed', view.theme, 'all is as it should be: nothing to do')}\n${problemLines(plan.problems, view)}`;
  }
  const tail = plan.ready
    ? ''
    : `\n${coloredMark('failed', view.theme, 'setup would refuse this: first what failed above')}\n`;
  const problems = plan.problems.length === 0 ? '' : `\n${problemLines(plan.problems, view)}`;
  return `${head}${stepLines(plan.steps, view)}${problems}${tail}`;
}

/**
 * A plan as a script for psql, ending in a newline: transactions around what belongs together. Exact in a
 * file or pipe, safe to look at on a terminal.
 */
export function cdcPlanSql(plan: CdcPlan, view: View): string {
  const safe = (text: string) => (view.terminal ? terminalSafe(text, { multiline: true }) : text);
  const lines = [`CDC of ${plan.connection}: ${namesOf(plan)}`, ...plan.problems.map(warningOf)];
  if (plan.steps.length === 0) lines.push('all is as it should be: nothing to do');
  const head = lines.map(commentOf).join('');
  return safe(`${head}${transactionsOf(plan.steps).map(transactionSql).join('')}`);
}

function warningOf({ status, message }: CdcPlan['problems'][number]): string {
  return `${status === 'failed' ? 'FAILED' : 'warning'}: ${message}`;
}

function transactionsOf(steps: readonly CdcStep[]): CdcStep[][] {
  const numbers = [...new Set(steps.map(({ transaction }) => transaction))];
  return numbers.map((number) => steps.filter(({ transaction }) => transaction === number));
}

/** A slot can't be made in a transaction that has written: one step alone is a statement by itself. */
function transactionSql(steps: readonly CdcStep[]): string {
  const body = steps.map(({ sql, effect }) => `\n${commentOf(effect)}${sql}\n`).join('');
  if (steps.every(({ step }) => step === 'create_slot')) return body;
  return `\nBEGIN;\nSET LOCAL search_path = pg_catalog, pg_temp;\nSET LOCAL lock_timeout = '10s';\n${body}\nCOMMIT;\n`;
}

/** Each line of a text as a comment: a name in it may hold line feeds. */
function commentOf(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `-- ${line}\n`)
    .join('');
}

/** The answer of `connections cdc setup`: cdcSetupSchema. */
export function cdcSetup(setup: CdcSetup): Answer {
  return {
    value: setup,
    columns: stepColumns,
    records: () => stepRecords(setup.steps),
    text(view) {
      const done =
        setup.steps.length === 0
          ? 'all was as it should be: nothing was done'
          : `done: ${plural(setup.steps.length, 'step')}, ${plural(setup.tables.length, 'table')} published`;
      const position = setup.slotPosition === null ? '' : `; changes are kept from ${setup.slotPosition} on`;
      const next = `  a consumer reads: slot ${setup.slot}, plugin pgoutput, proto_version 1, publication_names ${setup.publication}`;
      const hint = setup.slotPosition === null ? '' : `${view.theme.faint(terminalSafe(next))}\n`;
      return `${view.theme.strong(terminalSafe(setup.connection))}  ${namesOf(setup)}\n${coloredMark('passed', view.theme, terminalSafe(done + position))}\n${hint}`;
    },
  };
}

/** The answer of `connections cdc teardown`: cdcTeardownSchema. */
export function cdcTeardown(teardown: CdcTeardown): Answer {
  return {
    value: teardown,
    columns: stepColumns,
    records: () => stepRecords(teardown.steps),
    text(view) {
      const { steps, forgotten } = teardown;
      const nothing = forgotten
        ? 'this catalog has forgotten the set-up; nothing was changed on a server'
        : 'there is nothing of ours to take down';
      const done = steps.length === 0 ? nothing : `taken down, in ${plural(steps.length, 'step')}`;
      return `${view.theme.strong(terminalSafe(teardown.connection))}  ${namesOf(teardown)}\n${coloredMark('passed', view.theme, done)}\n${problemLines(teardown.left, view)}`;
    },
  };
}

function namesOf({ publication, slot }: { publication: string; slot: string }): string {
  return terminalSafe(`publication ${publication}, slot ${slot}`);
}
