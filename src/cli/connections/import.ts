import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Role } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import { carryOut } from '../../connections/exchange/carry-out.ts';
import type { ImportedItem } from '../../connections/exchange/imported.ts';
import { planImport } from '../../connections/exchange/plan-import.ts';
import type { ImportStep } from '../../connections/reports.ts';
import { importPlan } from '../../output/import-plan.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { confirmPlan } from '../confirm-plan.ts';
import { oneOf, readRole, readVariableName, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';

const formatNames = ['jackfield', 'pg-service', 'env', 'dbt', 'airflow', 'dbeaver', 'sling'] as const;

export interface ImportFlags {
  from?: (typeof formatNames)[number];
  urlEnv?: string[];
  credentials?: string;
  role?: Role;
  name?: string;
  tag?: string[];
  update?: boolean;
  renameConflicts?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  trustFile?: boolean;
}

export interface ImportOptions {
  readonly file: string | null;
  readonly flags: ImportFlags;
}

export function declareImport(command: Command, act: Act, run = runImport): void {
  command
    .argument('[file]', 'what to import; - is standard input')
    .option(
      '--from <format>',
      `what it is, where that can't be told: ${formatNames.join(', ')}`,
      oneOf('--from', formatNames),
    )
    .option(
      '--url-env <variable>',
      'the URL that a variable holds, instead of a file; repeat for several',
      (text, former: string[] | undefined) => repeated(readVariableName('--url-env')(text), former),
    )
    .option('--credentials <file>', 'the passwords of it: a .pgpass, or a credentials-config.json of DBeaver')
    .option('--role <role>', 'of what does not say it; source when left out', readRole)
    .option('--name <name>', 'what it is saved as, where there is one')
    .option('--tag <tag>', 'a tag for what is new; repeat for several', repeated)
    .option('--update', 'change what is saved and differs')
    .option('--rename-conflicts', 'save as NAME-2 what has the name of another endpoint')
    .option('--dry-run', 'print the plan and change nothing')
    .option('--yes', 'do not ask')
    .option('--trust-file', 'allow cmd: and file: references in it')
    .addHelpText(
      'after',
      examples(
        'jackfield connections import ~/.pg_service.conf --dry-run',
        'jackfield connections import .env --role destination --yes',
        'jackfield connections import ~/.dbt/profiles.yml --update',
        'airflow connections export - --file-format json | jackfield connections import - --from airflow --yes',
      ),
    )
    .action((file: string | undefined, flags: ImportFlags) =>
      act((app) => run(app, { file: file ?? null, flags })),
    );
}

export async function runImport(app: App, { file, flags }: ImportOptions): Promise<Verdict> {
  const items = named(await readItems(app, file, flags), flags.name);
  const planned = await planImport(app.services, items, {
    role: flags.role ?? 'source',
    tags: flags.tag ?? [],
    renameConflicts: flags.renameConflicts === true,
    resolvePath: (path) => resolve(file === null || file === '-' ? '.' : dirname(file), path),
  });
  const steps = planned.map(({ step }) => step);
  if (flags.dryRun) {
    await app.print(importPlan(steps, { done: false }));
    return verdictOf(steps, (step) => isWanted(step, flags.update === true));
  }
  const update = flags.update === true || (await asksForUpdate(app, steps, flags));
  const wanted = (step: ImportStep) => isWanted(step, update);
  const isChanging = planned.some(({ step, run }) => run !== null && wanted(step));
  if (isChanging && !flags.yes) await confirmPlan(app, importPlan(steps, { done: false }), 'Import this?');
  const done = await carryOut(planned, wanted, app.signal);
  await app.print(importPlan(done, { done: true }));
  return verdictOf(done, (step) => step.done);
}

/** @throws UsageError missing_argument, conflicting_flags */
async function readItems(app: App, file: string | null, flags: ImportFlags): Promise<ImportedItem[]> {
  const { readImportFile, readImportVariables } = await import('./import-file.ts');
  const { urlEnv = [], from, credentials, trustFile = false } = flags;
  if (file === null && urlEnv.length === 0) {
    throw new UsageError({
      code: 'missing_argument',
      message: 'nothing says what to import',
      fix: 'name a file, - for standard input, or a variable with --url-env DATABASE_URL',
    });
  }
  const ofFile = file === null ? [] : await readImportFile(app, { file, from, credentials, trustFile });
  return [...ofFile, ...readImportVariables(app, urlEnv)];
}

/** @throws UsageError conflicting_flags */
function named(items: ImportedItem[], name: string | undefined): ImportedItem[] {
  if (name === undefined) return items;
  const entries = items.filter(({ kind }) => kind === 'entry');
  if (entries.length !== 1) {
    throw new UsageError({
      code: 'conflicting_flags',
      message: `--name is for one connection, and there are ${entries.length}`,
      fix: 'leave it out, or import them one by one',
    });
  }
  return items.map((item) => {
    if (item.kind !== 'entry') return item;
    const { namedAfter: _, ...entry } = item;
    return { ...entry, name };
  });
}

function isWanted({ action }: ImportStep, update: boolean): boolean {
  return action === 'add' || (action === 'change' && update);
}

/** Whether what differs is to be changed too, asked of a person who did not say it. */
async function asksForUpdate(app: App, steps: readonly ImportStep[], flags: ImportFlags): Promise<boolean> {
  const changed = steps.filter(({ action }) => action === 'change');
  if (changed.length === 0 || flags.yes || !app.interactive) return false;
  const view = await app.view('stderr');
  app.streams.stderr.write(importPlan(changed, { done: false }).text(view));
  const { confirmChange } = await import('../../screens/confirm.ts');
  const what = changed.length === 1 ? 'One that is saved differs' : `${changed.length} that are saved differ`;
  return confirmChange(await askingOf(app), `${what}. Change what is saved too?`);
}

/** No, where something of the file is not in the catalog, and would not be. */
function verdictOf(steps: readonly ImportStep[], isTaken: (step: ImportStep) => boolean): Verdict {
  const isIn = (step: ImportStep) => step.action === 'same' || step.action === 'skipped' || isTaken(step);
  return steps.every(isIn) ? 'done' : 'said-no';
}
