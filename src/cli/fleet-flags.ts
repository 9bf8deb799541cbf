import type { Command } from 'commander';
import type { FailOn } from '../connections/fleet.ts';
import { failOnOption, type ReportFlag, reportOption } from './reports.ts';
import { defaultConcurrency } from './test-limits.ts';
import { readCount, readDuration } from './values.ts';

/** The flags of a verb that tests many connections at once. */
export interface FleetFlags {
  all?: boolean;
  concurrency?: number;
  timeout?: number;
  report?: ReportFlag[];
  failOn?: FailOn;
  allowEmpty?: boolean;
}

/** @param doing what is done with them: `test` */
export function declareFleetFlags(command: Command, doing: string): Command {
  return command
    .option(
      '--concurrency <count>',
      `how many connections at once (${defaultConcurrency})`,
      readCount('--concurrency', 1000),
    )
    .option('--timeout <time>', 'the whole of one connection (10s)', readDuration('--timeout'))
    .addOption(reportOption())
    .addOption(failOnOption())
    .option('--allow-empty', `nothing to ${doing} is not an error`);
}
