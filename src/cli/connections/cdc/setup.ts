import type { Command } from 'commander';
import type { CdcPlan, CdcWish } from '../../../cdc/cdc.ts';
import { planCdc, setupCdc } from '../../../cdc/setup.ts';
import { RefusedError } from '../../../connections/errors.ts';
import { shellWord } from '../../../connections/shell-word.ts';
import { cdcSetup, planText } from '../../../output/cdc-plan.ts';
import type { App, Verdict } from '../../app.ts';
import { askingOf } from '../../asking.ts';
import { type Act, examples } from '../../verb.ts';
import { declareSetupFlags, declareTimeout, type SetupFlags, wishOf } from './cdc-flags.ts';
import { requireYes } from './require-yes.ts';

export interface CdcSetupOptions {
  readonly name: string;
  readonly wish: CdcWish;
  readonly yes: boolean;
  readonly timeoutMs: number;
}

/** Making a slot waits for transactions that are under way. */
export const defaultSetupTimeoutMs = 2 * 60_000;

export function declareCdcSetup(command: Command, act: Act, run = runCdcSetup): void {
  command.argument('<name>', 'name or id of a source');
  declareTimeout(declareSetupFlags(command), '2m')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `\nRun again it goes on where it ended, and makes what is there what is asked for. Without --table it\nkeeps the tables that are set up.\n${examples(
        "jackfield connections cdc setup orders --table 'sales.*'",
        'jackfield connections cdc setup orders --table sales.orders --publish insert --yes --json',
      )}`,
    )
    .action((name: string, flags: SetupFlags & { yes?: boolean }) =>
      act((app) =>
        run(app, {
          name,
          wish: wishOf(flags),
          yes: flags.yes === true,
          timeoutMs: flags.timeout ?? defaultSetupTimeoutMs,
        }),
      ),
    );
}

export async function runCdcSetup(app: App, options: CdcSetupOptions): Promise<Verdict> {
  const { name, wish, yes, timeoutMs } = options;
  requireYes(app, yes, 'setting up');
  const limits = { timeoutMs, signal: app.signal };
  const progress = app.progress('looking at the server');
  try {
    const plan = yes ? null : await planCdc(app.services, name, wish, limits);
    if (plan !== null && plan.steps.length > 0 && plan.ready) {
      progress.pause();
      await confirm(app, plan);
      progress.resume();
    }
    const done = await setupCdc(app.services, name, wish, {
      ...limits,
      agreed: plan === null ? null : plan.ready ? plan.steps : [],
      onProgress: (text) => progress.update(text),
    });
    progress.stop();
    await app.print(cdcSetup(done));
    return 'done';
  } finally {
    progress.stop();
  }
}

async function confirm(app: App, plan: CdcPlan): Promise<void> {
  app.streams.stderr.write(planText(plan, await app.view('stderr')));
  const { confirmChange } = await import('../../../screens/confirm.ts');
  const agreed = await confirmChange(await askingOf(app), 'Run these steps?');
  if (agreed) return;
  throw new RefusedError({
    code: 'not_confirmed',
    message: 'not confirmed: nothing was changed',
    fix: `the same with --yes; what it would do: jackfield connections cdc plan ${shellWord(plan.connection)} --table …`,
  });
}
