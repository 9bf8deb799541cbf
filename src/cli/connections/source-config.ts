import { type Command, Option } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { configureSource } from '../../metadata/configured.ts';
import { defaultSourceConfig, type SourceConfig } from '../../metadata/source-config.ts';
import { sourceStatusOf } from '../../metadata/source-status.ts';
import { sourceConfig } from '../../output/source-config.ts';
import type { App, Verdict } from '../app.ts';
import { readInterval, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface SourceConfigOptions {
  readonly name: string;
  /** What is to be saved; null: nothing, it is only shown. */
  readonly changes: Partial<SourceConfig> | null;
  /** Whether a person sees each snapshot that is kept. */
  readonly snapshots: boolean;
}

interface SourceConfigFlags {
  /** 0: off. */
  refreshEvery?: number;
  include?: string[];
  exclude?: string[];
  reset?: boolean;
  snapshots?: boolean;
}

export function declareSourceConfig(command: Command, act: Act, run = runSourceConfig): void {
  command
    .argument('<name>', 'name or id')
    .option('--refresh-every <time>', 'how old its metadata may get: 30m, 6h, 7d, or off', readIntervalOrOff)
    .option('--include <glob>', "read only what matches, 'sales.*'; repeat for several, '' for all", repeated)
    .option(
      '--exclude <glob>',
      "leave out what matches, '*_audit'; repeat for several, '' for none",
      repeated,
    )
    .addOption(
      new Option('--reset', 'back to the defaults').conflicts(['refreshEvery', 'include', 'exclude']),
    )
    .option('--snapshots', 'list the snapshots that are kept')
    .addHelpText(
      'after',
      examples(
        'jackfield connections source-config orders',
        'jackfield connections source-config orders --refresh-every 1h',
        "jackfield connections source-config orders --include 'sales.*' --exclude '*_audit'",
        "jackfield connections source-config orders --exclude ''",
      ),
    )
    .action((name: string, flags: SourceConfigFlags) => act((app) => run(app, toOptions(name, flags))));
}

function toOptions(name: string, flags: SourceConfigFlags): SourceConfigOptions {
  const { refreshEvery, include, exclude, reset } = flags;
  const changes: Partial<SourceConfig> = {
    ...(refreshEvery !== undefined && { refreshEveryMs: refreshEvery || null }),
    ...(include && { include: globsOf('--include', include) }),
    ...(exclude && { exclude: globsOf('--exclude', exclude) }),
    ...(reset && defaultSourceConfig),
  };
  return {
    name,
    changes: Object.keys(changes).length === 0 ? null : changes,
    snapshots: flags.snapshots === true,
  };
}

/** 0 for off: commander takes null for no value at all. @throws UsageError bad_value */
export function readIntervalOrOff(text: string): number {
  return text === 'off' ? 0 : readInterval('--refresh-every')(text);
}

/** One that is empty, alone, takes away those there are. @throws UsageError conflicting_flags */
function globsOf(flag: string, globs: readonly string[]): readonly string[] {
  if (!globs.includes('')) return globs;
  if (globs.length === 1) return [];
  throw new UsageError({
    code: 'conflicting_flags',
    message: `an empty ${flag} takes all away, and another one is given with it`,
    fix: 'leave the empty one out: those that are given take the place of the former ones',
  });
}

export async function runSourceConfig(app: App, options: SourceConfigOptions): Promise<Verdict> {
  const { name, changes, snapshots } = options;
  const saved = await requireConnection(await app.services.catalog(), name);
  if (changes !== null) {
    await configureSource(app.services, saved, changes);
    await app.done(`Saved how the metadata of ${saved.name} is kept`);
  }
  await app.print(sourceConfig(await sourceStatusOf(app.services, saved), { snapshots }));
  return 'done';
}
