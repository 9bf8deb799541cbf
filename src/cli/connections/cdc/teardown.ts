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
    .option('--force', 'end a consumer that is at work; drop a slot that only this catalog knows')
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
  const progress = app.progress('looking at the server');
  try {
    const planned = await planTeardown(app.services, name, wish, { timeoutMs, signal: app.signal });
    if (planned.plan.steps.length > 0 && !yes) {
      progress.pause();
      await confirm(app, planned);
      progress.resume();
    }
    progress.update('taking it down');
    const done = await planned.run();
    progress.stop();
    await app.print(cdcTeardown(done));
    return 'done';
  } finally {
    progress.stop();
  }
}

async function confirm(app: App, { plan, connection }: PlannedTeardown): Promise<void> {
  const refusal = (message: string) =>
    new RefusedError({
      code: 'not_confirmed',
      message,
      fix: `jackfield connections cdc teardown ${shellWord(connection)} --yes`,
    });
  if (!app.interactive) throw refusal('taking down changes the database, and nobody can be asked here');
  const view = await app.view('stderr');
  app.streams.stderr.write(stepLines(plan.steps, view) + problemLines(plan.left, view));
  const { confirmChange } = await import('../../../screens/confirm.ts');
  const agreed = await confirmChange(await askingOf(app), 'Run these steps?');
  if (!agreed) throw refusal('not confirmed: nothing was changed');
}
