import type { Command } from 'commander';
import { checkCdc } from '../../../cdc/check.ts';
import { SecretError, ServerError } from '../../../connections/errors.ts';
import { type FailOn, fails } from '../../../connections/fleet.ts';
import { cdcCheck, reportedCdcCheck, reportedNoCheck } from '../../../output/cdc-check.ts';
import type { App, Verdict } from '../../app.ts';
import { failOnOption, openReports, type ReportFlag, reportOption } from '../../reports.ts';
import { repeated } from '../../values.ts';
import { type Act, examples } from '../../verb.ts';
import { declareTimeout, lookTimeoutMs } from './cdc-flags.ts';

export interface CdcCheckOptions {
  readonly name: string;
  readonly tables: readonly string[];
  readonly timeoutMs: number;
  readonly reports: readonly ReportFlag[];
  readonly failOn: FailOn;
}

interface CdcCheckFlags {
  table?: string[];
  timeout?: number;
  report?: ReportFlag[];
  failOn?: FailOn;
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
    .addOption(reportOption())
    .addOption(failOnOption())
    .addHelpText(
      'after',
      `\nExit code 1 when something is in the way.\n${examples(
        'jackfield connections cdc check orders',
        "jackfield connections cdc check orders --table 'sales.*' --json",
        'jackfield connections cdc check orders --report junit=cdc.xml --fail-on warned',
      )}`,
    )
    .action((name: string, flags: CdcCheckFlags) => act((app) => run(app, optionsOf(name, flags))));
}

function optionsOf(name: string, flags: CdcCheckFlags): CdcCheckOptions {
  const { table = [], timeout = lookTimeoutMs, report = [], failOn = 'failed' } = flags;
  return { name, tables: table, timeoutMs: timeout, reports: report, failOn };
}

export async function runCdcCheck(app: App, options: CdcCheckOptions): Promise<Verdict> {
  const { name, tables, timeoutMs, failOn } = options;
  const reports = await openReports(app, options.reports, { failOn, file: null });
  const started = performance.now();
  const progress = app.progress('looking at the server');
  try {
    const check = await checkCdc(app.services, name, tables, { timeoutMs, signal: app.signal });
    progress.stop();
    await app.print(cdcCheck(check));
    await reports.write(reportedCdcCheck(check), 1);
    return fails([check], failOn) ? 'said-no' : 'done';
  } catch (error) {
    if (error instanceof ServerError || error instanceof SecretError) {
      const durationMs = Math.round(performance.now() - started);
      await reports.write(reportedNoCheck(name, error, durationMs), 1);
    }
    throw error;
  } finally {
    progress.stop();
  }
}
