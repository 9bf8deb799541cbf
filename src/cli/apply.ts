import { dirname, isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import { type ApplyStep, planApply } from '../connections/apply.ts';
import { missingFlags } from '../connections/endpoint.ts';
import { RefusedError, UsageError } from '../connections/errors.ts';
import { type FileConnection, parseConnectionFile } from '../connections/file.ts';
import type { PlanStep } from '../connections/reports.ts';
import { applyPlan } from '../output/apply-plan.ts';
import { parseReference } from '../secrets/references.ts';
import type { App, Verdict } from './app.ts';
import { askingOf } from './asking.ts';
import { readDataFile } from './read-file.ts';
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
    .option('--file <file>', 'YAML or JSON with connections; secrets are references')
    .option('--dry-run', 'print the plan and change nothing')
    .option('--prune', 'delete the connections that the file does not name')
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
  const entries = parseConnectionFile(await readDataFile(flags.file), flags.file);
  const readReference = (text: string) => referenceOf(text, flags);
  const directory = dirname(resolve(flags.file));
  const resolved = entries.map((entry) => withFilesOf(directory, entry));
  const steps = await planApply(app.services, resolved, { prune: flags.prune === true, readReference });
  const plan = steps.map(({ action, name, role, changes }): PlanStep => ({ action, name, role, changes }));
  const changing = steps.filter(({ action }) => action !== 'same');
  if (flags.dryRun || changing.length === 0) {
    await app.print(applyPlan(plan, { done: flags.dryRun !== true }));
    return 'done';
  }
  if (!flags.yes) await confirm(app, plan);
  await carryOut(app, changing);
  await app.print(applyPlan(plan, { done: true }));
  return 'done';
}

/** What a file says can be run or read on this machine only by somebody who says that it may. */
function referenceOf(text: string, flags: ApplyFlags): ReturnType<typeof parseReference> {
  const source = parseReference(text);
  if (source.kind === 'env' || flags.trustFile) return source;
  throw new UsageError({
    code: 'file_not_trusted',
    message: `the file holds a ${source.kind}: reference, which would ${source.kind === 'cmd' ? 'run a program' : 'read a file'} here`,
    fix: 'look at what it says; if it may, add --trust-file',
  });
}

/** Relative paths in a file are meant from where the file is. */
function withFilesOf(directory: string, entry: FileConnection): FileConnection {
  const result = { ...entry };
  for (const field of ['sslRootCert', 'sslCert', 'sslKey', 'sslCrl'] as const) {
    const path = entry[field];
    if (path == null || isAbsolute(path) || (field === 'sslRootCert' && path === 'system')) continue;
    result[field] = resolve(directory, path);
  }
  return result;
}

async function confirm(app: App, plan: readonly PlanStep[]): Promise<void> {
  const refusal = (message: string) =>
    new RefusedError({
      code: 'not_confirmed',
      message,
      fix: 'look at the plan with --dry-run, then add --yes',
    });
  if (!app.interactive) throw refusal('the plan changes something, and nobody can be asked here');
  const view = await app.view('stderr');
  app.streams.stderr.write(applyPlan(plan, { done: false }).text(view));
  const { confirmChange } = await import('../screens/confirm.ts');
  const agreed = await confirmChange(await askingOf(app), 'Apply this?');
  if (!agreed) throw refusal('the plan was not confirmed: nothing was changed');
}

async function carryOut(app: App, steps: readonly ApplyStep[]): Promise<void> {
  for (const step of steps) await step.prepare();
  for (const step of steps) {
    app.signal.throwIfAborted();
    await step.run();
  }
}
