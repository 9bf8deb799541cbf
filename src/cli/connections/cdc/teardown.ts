import type { Command } from 'commander';
import { type PlannedTeardown, planTeardown, type TeardownWish } from '../../../cdc/teardown.ts';
import { RefusedError } from '../../../connections/errors.ts';
import { shellWord } from '../../../connections/shell-word.ts';
import { cdcTeardown } from '../../../output/cdc-plan.ts';
import { problemLines, stepLines } from '../../../output/cdc-problems.ts';
import type { App, Verdict } from '../../app.ts';
import { askingOf } from '../../asking.ts';
import { type Act, examples } from '../../verb.ts';
import { declareNameFlags, declareTimeout, type NameFlags } from './cdc-flags.ts';
import { requireYes } from './require-yes.ts';

export interface CdcTeardownOptions {
  readonly name: string;
  readonly wish: TeardownWish;
  readonly yes: boolean;
  readonly timeoutMs: number;
}

/** Long enough for a consumer to let go, in milliseconds. */
export const defaultTeardownTimeoutMs = 60_000;

export function declareCdcTeardown(command: Command, act: Act, run = runCdcTeardown): void {
  command.argument('<name>', 'name or id of a source');
  declareTimeout(declareNameFlags(command), '1m')
    .option('--yes', 'do not ask')
    .option(
      '--force',
      'end a consumer that is at work; drop a slot that only this catalog knows; take down what another connection has set up; forget what was set up where the connection does not lead any more',
    )
    .addHelpText(
      'after',
      `\nIt takes away only what setup made, and gives tables their replica identity back.\n${examples(
        'jackfield connections cdc teardown orders',
        'jackfield connections cdc teardown orders --yes --force --json',
      )}`,
    )
    .action((name: string, flags: NameFlags & { yes?: boolean; force?: boolean }) =>
      act((app) =>
        run(app, {
          name,
          wish: {
            publication: flags.publication ?? null,
            slot: flags.slot ?? null,
            force: flags.force === true,
          },
          yes: flags.yes === true,
          timeoutMs: flags.timeout ?? defaultTeardownTimeoutMs,
        }),
      ),
    );
}

export async function runCdcTeardown(app: App, options: CdcTeardownOptions): Promise<Verdict> {
  const { name, wish, yes, timeoutMs } = options;
  requireYes(app, yes, 'taking down');
  const progress = app.progress('looking at the server');
  try {
    const planned = await planTeardown(app.services, name, wish, { timeoutMs, signal: app.signal });
    if ((planned.plan.steps.length > 0 || planned.onlyForgets) && !yes) {
      progress.pause();
      await confirm(app, planned);
      progress.resume();
    }
    progress.update(planned.onlyForgets ? 'forgetting it' : 'taking it down');
    const done = await planned.run();
    progress.stop();
    await app.print(cdcTeardown(done));
    return 'done';
  } finally {
    progress.stop();
  }
}

async function confirm(app: App, { plan, onlyForgets, connection }: PlannedTeardown): Promise<void> {
  const view = await app.view('stderr');
  app.streams.stderr.write(stepLines(plan.steps, view) + problemLines(plan.left, view));
  const { confirmChange } = await import('../../../screens/confirm.ts');
  const agreed = await confirmChange(
    await askingOf(app),
    onlyForgets ? 'Forget this set-up?' : 'Run these steps?',
  );
  if (agreed) return;
  throw new RefusedError({
    code: 'not_confirmed',
    message: 'not confirmed: nothing was changed',
    fix: `jackfield connections cdc teardown ${shellWord(connection)}${onlyForgets ? ' --force' : ''} --yes`,
  });
}
