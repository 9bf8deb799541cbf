import type { Command } from 'commander';
import { checkCdc } from '../../../cdc/check.ts';
import { cdcCheck } from '../../../output/cdc-check.ts';
import type { App, Verdict } from '../../app.ts';
import { repeated } from '../../values.ts';
import { type Act, examples } from '../../verb.ts';
import { declareTimeout, lookTimeoutMs } from './cdc-flags.ts';

export interface CdcCheckOptions {
  readonly name: string;
  readonly tables: readonly string[];
  readonly timeoutMs: number;
}

export function declareCdcCheck(command: Command, act: Act, run = runCdcCheck): void {
  command
    .argument('<name>', 'name or id of a source')
    .option(
      '--table <glob>',
      "look at these tables: 'sales.*', sales.orders; all of the schema when left out",
      repeated,
    );
  declareTimeout(command, '30s')
    .addHelpText(
      'after',
      `\nExit code 1 when something is in the way.\n${examples(
        'jackfield connections cdc check orders',
        "jackfield connections cdc check orders --table 'sales.*' --json",
      )}`,
    )
    .action((name: string, flags: { table?: string[]; timeout?: number }) =>
      act((app) => run(app, { name, tables: flags.table ?? [], timeoutMs: flags.timeout ?? lookTimeoutMs })),
    );
}

export async function runCdcCheck(app: App, { name, tables, timeoutMs }: CdcCheckOptions): Promise<Verdict> {
  const progress = app.progress('looking at the server');
  try {
    const check = await checkCdc(app.services, name, tables, { timeoutMs, signal: app.signal });
    progress.stop();
    await app.print(cdcCheck(check));
    return check.status === 'failed' ? 'said-no' : 'done';
  } finally {
    progress.stop();
  }
}
