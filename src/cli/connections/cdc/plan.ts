import type { Command } from 'commander';
import type { CdcWish } from '../../../cdc/cdc.ts';
import { planCdc } from '../../../cdc/setup.ts';
import { cdcPlan, cdcPlanFormats, cdcPlanSql } from '../../../output/cdc-plan.ts';
import type { App, Verdict } from '../../app.ts';
import { type Act, examples } from '../../verb.ts';
import { declareSetupFlags, declareTimeout, lookTimeoutMs, type SetupFlags, wishOf } from './cdc-flags.ts';

export interface CdcPlanOptions {
  readonly name: string;
  readonly wish: CdcWish;
  readonly timeoutMs: number;
}

export function declareCdcPlan(command: Command, act: Act, run = runCdcPlan): void {
  command.argument('<name>', 'name or id of a source');
  declareTimeout(declareSetupFlags(command), '30s')
    .addHelpText(
      'after',
      `\nIt changes nothing. --output also takes: ${cdcPlanFormats.join(', ')}\n${examples(
        "jackfield connections cdc plan orders --table 'sales.*'",
        'jackfield connections cdc plan orders --table sales.orders --table sales.lines --output sql',
      )}`,
    )
    .action((name: string, flags: SetupFlags) =>
      act(
        (app) => run(app, { name, wish: wishOf(flags), timeoutMs: flags.timeout ?? lookTimeoutMs }),
        cdcPlanFormats,
      ),
    );
}

export async function runCdcPlan(app: App, { name, wish, timeoutMs }: CdcPlanOptions): Promise<Verdict> {
  const progress = app.progress('looking at the server');
  try {
    const plan = await planCdc(app.services, name, wish, { timeoutMs, signal: app.signal });
    progress.stop();
    if (app.settings.verbOutput === 'sql') await app.write(cdcPlanSql(plan, await app.view('stdout')));
    else await app.print(cdcPlan(plan));
    return 'done';
  } finally {
    progress.stop();
  }
}
