import type { Command } from 'commander';
import type { ApplyStep } from '../connections/apply-step.ts';
import { missingFlags } from '../connections/endpoint.ts';
import type { PlanStep } from '../connections/reports.ts';
import { applyPlan } from '../output/apply-plan.ts';
import { planFile } from '../pipelines/apply.ts';
import type { App, Verdict } from './app.ts';
import { confirmPlan } from './confirm-plan.ts';
import { readWholeFile, referenceReader } from './connection-file.ts';
import { type Act, examples } from './verb.ts';

export interface ApplyFlags {
  file?: string;
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
  trustFile?: boolean;
}

export function declareApply(command: Command, act: Act, run = runApply): void {
  command
    .option('--file <file>', 'YAML or JSON with connections and pipelines; secrets are references')
    .option('--dry-run', 'print the plan and change nothing')
    .option('--prune', 'delete the connections and pipelines that the file does not name')
    .option('--yes', 'do not ask')
    .option('--trust-file', 'allow cmd: and file: references in it')
    .addHelpText(
      'after',
      examples(
        'jackfield apply --file connections.yaml --dry-run',
        'jackfield apply --file connections.yaml --yes',
      ),
    )
    .action((flags: ApplyFlags) => act((app) => run(app, flags)));
}

export async function runApply(app: App, flags: ApplyFlags): Promise<Verdict> {
  if (flags.file === undefined) throw missingFlags(['file']);
  const content = await readWholeFile(flags.file);
  const readReference = referenceReader(flags.trustFile === true);
  const { file: source, prune = false } = flags;
  const steps = await planFile(app.services, content, { prune, readReference, source });
  const plan = steps.map(
    ({ action, kind, name, role, changes }): PlanStep => ({ action, kind, name, role, changes }),
  );
  const changing = steps.filter(({ action }) => action !== 'same');
  if (flags.dryRun || changing.length === 0) {
    await app.print(applyPlan(plan, { done: flags.dryRun !== true }));
    return 'done';
  }
  if (!flags.yes) await confirmPlan(app, applyPlan(plan, { done: false }), 'Apply this?');
  await carryOut(app, changing);
  await app.print(applyPlan(plan, { done: true }));
  return 'done';
}

async function carryOut(app: App, steps: readonly ApplyStep[]): Promise<void> {
  for (const step of steps) await step.prepare();
  for (const step of steps) {
    app.signal.throwIfAborted();
    await step.run();
  }
}
