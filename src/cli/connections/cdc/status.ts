import type { Command } from 'commander';
import { openStatus } from '../../../cdc/status.ts';
import { UsageError } from '../../../connections/errors.ts';
import { cdcStatus } from '../../../output/cdc-status.ts';
import type { App, Verdict } from '../../app.ts';
import { readCount, readDuration, readSize } from '../../values.ts';
import { type Act, examples } from '../../verb.ts';
import { declareNameFlags, declareTimeout, lookTimeoutMs, type NameFlags } from './cdc-flags.ts';
import type { CdcStatusOptions } from './status-options.ts';

interface StatusFlags extends NameFlags {
  maxLag?: number;
  maxRetained?: number;
  watch?: boolean;
  interval?: number;
  count?: number;
}

const defaultIntervalMs = 2_000;

export function declareCdcStatus(command: Command, act: Act, run = runCdcStatus): void {
  command.argument('<name>', 'name or id of a source');
  declareTimeout(declareNameFlags(command), '30s')
    .option(
      '--max-lag <size>',
      'fail where the consumer is further behind: 500MB, 1GiB',
      readSize('--max-lag'),
    )
    .option('--max-retained <size>', 'fail where more WAL is kept for it', readSize('--max-retained'))
    .option('--watch', 'look again and again, until Ctrl-C')
    .option('--interval <time>', 'with --watch: how often (2s)', readDuration('--interval'))
    .option('--count <n>', 'with --watch: end after so many', readCount('--count', 1_000_000))
    .addHelpText(
      'after',
      `\nExit code 1 when the slot is lost or missing, a table breaks its application, or a limit is exceeded.\n${examples(
        'jackfield connections cdc status orders',
        'jackfield connections cdc status orders --max-lag 1GiB --json',
        'jackfield connections cdc status orders --watch --interval 5s',
      )}`,
    )
    .action((name: string, flags: StatusFlags) => act((app) => run(app, toOptions(name, flags))));
}

/** @throws UsageError missing_flags */
function toOptions(name: string, flags: StatusFlags): CdcStatusOptions {
  const { publication = null, slot = null, maxLag = null, maxRetained = null } = flags;
  const { watch = false, interval = defaultIntervalMs, count = null } = flags;
  if (!watch && (flags.interval !== undefined || count !== null)) {
    throw new UsageError({
      code: 'missing_flags',
      message: '--interval and --count are about --watch',
      fix: 'add --watch',
    });
  }
  return {
    name,
    given: { publication, slot },
    limits: { maxLag, maxRetained },
    watch: watch ? { intervalMs: interval, count } : null,
    timeoutMs: flags.timeout ?? lookTimeoutMs,
  };
}

export async function runCdcStatus(app: App, options: CdcStatusOptions): Promise<Verdict> {
  if (options.watch !== null) {
    const { watchStatus } = await import('./watch.ts');
    return watchStatus(app, options, options.watch);
  }
  const { name, given, limits, timeoutMs } = options;
  const progress = app.progress('looking at the server');
  try {
    const reader = await openStatus(app.services, name, given, { ...limits, timeoutMs, signal: app.signal });
    try {
      const status = await reader.read();
      progress.stop();
      await app.print(cdcStatus(status));
      return status.status === 'failed' ? 'said-no' : 'done';
    } finally {
      reader.close();
    }
  } finally {
    progress.stop();
  }
}
