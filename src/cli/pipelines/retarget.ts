import type { Command } from 'commander';
import type { TestResult } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import { pipelineDetail } from '../../output/pipeline-detail.ts';
import { pipelineList } from '../../output/pipeline-list.ts';
import { testResults, verdict } from '../../output/test-results.ts';
import { type SavedPipeline, toPipeline } from '../../pipelines/pipeline.ts';
import { planRetarget, planRetargetAll, type RetargetPlan, retarget } from '../../pipelines/retarget.ts';
import type { App, Verdict } from '../app.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { liveLadder } from '../connections/saving.ts';
import { testTimeoutMs } from '../test-limits.ts';
import { readDuration } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface RetargetOptions {
  readonly name: string | undefined;
  readonly flags: RetargetFlags;
}

interface RetargetFlags {
  source?: string;
  destination?: string;
  from?: string;
  to?: string;
  /** False with --no-test. */
  test: boolean;
  timeout?: number;
}

export function declareRetarget(command: Command, act: Act, run = runRetarget): void {
  command
    .argument('[name]', 'name or id; left out with --from')
    .option('--source <name>', 'the connection it reads from, from now on')
    .option('--destination <name>', 'the connection it writes to, from now on')
    .option('--from <name>', 'of every pipeline that uses this connection, or used it before it was deleted')
    .option('--to <name>', 'the connection that takes its place')
    .option('--no-test', 'do not test the new connection first')
    .option('--timeout <time>', 'the whole of one test (10s)', readDuration('--timeout'))
    .addHelpText(
      'after',
      examples(
        'jackfield pipelines retarget nightly --source shop-replica',
        'jackfield pipelines retarget --from shop --to shop-eu',
      ),
    )
    .action((name: string | undefined, flags: RetargetFlags) => act((app) => run(app, { name, flags })));
}

export async function runRetarget(app: App, { name, flags }: RetargetOptions): Promise<Verdict> {
  const { from, to } = flags;
  refuseContradictions(name, flags);
  if (name === undefined && from !== undefined && to !== undefined) {
    const plan = await planRetargetAll(app.services, from, to);
    const changed = await carryOut(app, plan, flags);
    if (changed === null) return 'said-no';
    if (changed.length === 0) await app.done(`No pipeline uses ${from}`);
    // A list of none would say that none is saved.
    if (changed.length > 0 || app.settings.output !== 'table')
      await app.print(pipelineList(changed.map(toPipeline), { total: changed.length }));
    return 'done';
  }
  const { source, destination } = flags;
  const plan = await planRetarget(app.services, name ?? '', {
    ...(source !== undefined && { source }),
    ...(destination !== undefined && { destination }),
  });
  const changed = await carryOut(app, plan, flags);
  if (changed === null) return 'said-no';
  if (changed.length === 0) await app.done(`${plan.pipeline.name} is like that already`);
  await app.print(pipelineDetail(toPipeline(changed[0] ?? plan.pipeline)));
  return 'done';
}

/** @throws UsageError conflicting_flags, missing_argument */
function refuseContradictions(
  name: string | undefined,
  { source, destination, from, to }: RetargetFlags,
): void {
  const sides = source !== undefined || destination !== undefined;
  const all = from !== undefined || to !== undefined;
  if (all && name !== undefined)
    throw cannotGoTogether('a name and --from or --to', 'they are for every pipeline');
  if (all && sides)
    throw cannotGoTogether('--from, --to and --source, --destination', 'each names the new ones');
  if (all ? from !== undefined && to !== undefined : name !== undefined && sides) return;
  throw new UsageError({
    code: 'missing_argument',
    message: 'nothing says what is to be retargeted, or to what',
    fix: 'jackfield pipelines retarget NAME --source OTHER, or --destination, or for all: --from ONE --to OTHER',
  });
}

/** @returns those that were changed; null when a test failed and nothing was */
async function carryOut(
  app: App,
  plan: RetargetPlan,
  { test: isTested, timeout }: RetargetFlags,
): Promise<readonly SavedPipeline[] | null> {
  if (plan.moves.length === 0) return [];
  const view = await app.view('stderr');
  const isLive = !app.settings.quiet && view.terminal;
  const show = async (result: TestResult) => void app.streams.stderr.write(verdict(result, view));
  const test = {
    timeoutMs: testTimeoutMs(app, timeout),
    signal: app.signal,
    ...(isLive && { onStage: (await liveLadder(app, 'stderr')).onStage, onResult: show }),
  };
  const { changed, tests } = await retarget(app.services, plan, isTested ? test : null);
  if (changed === null) {
    const wasSeen = isLive && app.settings.output === 'table' && (await app.view('stdout')).terminal;
    if (!wasSeen) await app.print(testResults(tests));
    await app.warn('Nothing was retargeted', 'mend what failed, name another connection, or add --no-test');
    return null;
  }
  const names = changed.map(({ name }) => name).join(', ');
  await app.done(`Retargeted ${names}${isTested ? '' : ', without a test'}`);
  return changed;
}
