import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import { fails } from '../../connections/fleet.ts';
import { checkTally, checkWords, pipelineChecks, reportedChecks } from '../../output/pipeline-checks.ts';
import { checkPipelines } from '../../pipelines/check.ts';
import type { PipelineCheck, SavedPipeline } from '../../pipelines/pipeline.ts';
import { requirePipelines } from '../../pipelines/require-pipeline.ts';
import type { App, Verdict } from '../app.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { workThrough } from '../fleet.ts';
import { declareFleetFlags, type FleetFlags } from '../fleet-flags.ts';
import { openReports } from '../reports.ts';
import { testConcurrency, testTimeoutMs } from '../test-limits.ts';
import { type Act, examples } from '../verb.ts';

export interface CheckVerbOptions {
  readonly names: readonly string[];
  readonly flags: FleetFlags;
}

export function declareCheck(command: Command, act: Act, run = runCheck): void {
  command.argument('[name...]', 'names or ids').option('--all', 'all pipelines');
  declareFleetFlags(command, 'check')
    .addHelpText(
      'after',
      examples(
        'jackfield pipelines check nightly',
        'jackfield pipelines check --all --report github --report junit=pipelines.xml',
      ),
    )
    .action((names: string[], flags: FleetFlags) => act((app) => run(app, { names, flags })));
}

export async function runCheck(app: App, { names, flags }: CheckVerbOptions): Promise<Verdict> {
  const { failOn = 'failed' } = flags;
  const reports = await openReports(app, flags.report ?? [], { failOn, file: null });
  const pipelines = await chosenPipelines(app, names, flags);
  const results = await workThrough<PipelineCheck>(app, pipelines, {
    words: checkWords,
    done: 'checked',
    run: (told) =>
      checkPipelines(app.services, pipelines, {
        timeoutMs: testTimeoutMs(app, flags.timeout),
        signal: app.signal,
        concurrency: testConcurrency(app, flags.concurrency),
        ...told,
      }),
    report: (finished) => reports.write(reportedChecks(finished), pipelines.length),
    tally: checkTally,
    print: (all) => app.print(pipelineChecks(all)),
  });
  return fails(results, failOn) ? 'said-no' : 'done';
}

/** Those that are named, in the order of their names as all are. @throws UsageError; NotFoundError */
async function chosenPipelines(
  app: App,
  names: readonly string[],
  { all, allowEmpty }: FleetFlags,
): Promise<SavedPipeline[]> {
  if (names.length > 0 && all) throw cannotGoTogether('names and --all', 'all are checked anyway');
  if (names.length === 0 && !all) {
    throw new UsageError({
      code: 'missing_argument',
      message: 'nothing says what to check',
      fix: 'name pipelines, or add --all',
    });
  }
  const catalog = await app.services.pipelines();
  const named = new Set((await requirePipelines(catalog, names)).map(({ id }) => id));
  const chosen = (await catalog.list()).filter(({ id }) => all || named.has(id));
  if (chosen.length > 0 || allowEmpty) return chosen;
  throw new UsageError({
    code: 'nothing_to_check',
    message: 'there is nothing to check: no pipeline is saved',
    fix: 'save one: jackfield pipelines add NAME --source A --destination B; or add --allow-empty',
  });
}
