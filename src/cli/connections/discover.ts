import type { Command } from 'commander';
import { requireConnection } from '../../connections/services.ts';
import { discoverSaved } from '../../metadata/discover.ts';
import type { DiscoveryFilter } from '../../metadata/discovery.ts';
import { filterDiscovery } from '../../metadata/filter.ts';
import { discoveryTree } from '../../output/discovery.ts';
import type { App, Verdict } from '../app.ts';
import { readDuration, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface DiscoverOptions {
  readonly name: string;
  readonly filter: DiscoveryFilter;
  readonly timeoutMs: number;
}

interface DiscoverFlags {
  schema?: string[];
  table?: string[];
  search?: string;
  timeout?: number;
}

const defaultTimeoutMs = 5 * 60_000;

export function declareDiscover(command: Command, act: Act, run = runDiscover): void {
  command
    .argument('<name>', 'name or id')
    .option('--schema <glob>', 'only these schemas; repeat for several', repeated)
    .option('--table <glob>', 'only these tables, or schema.table; repeat for several', repeated)
    .option('--search <text>', 'only what has this text in a name or comment')
    .option('--timeout <time>', 'the whole of it (5m)', readDuration('--timeout'))
    .addHelpText(
      'after',
      examples(
        'jackfield connections discover orders',
        "jackfield connections discover orders --table 'app.*' --json",
        'jackfield connections discover orders --search email --output csv',
      ),
    )
    .action((name: string, flags: DiscoverFlags) => act((app) => run(app, toOptions(name, flags))));
}

function toOptions(name: string, flags: DiscoverFlags): DiscoverOptions {
  const filter = { schemas: flags.schema ?? [], tables: flags.table ?? [], search: flags.search ?? null };
  return { name, filter, timeoutMs: flags.timeout ?? defaultTimeoutMs };
}

export async function runDiscover(app: App, { name, filter, timeoutMs }: DiscoverOptions): Promise<Verdict> {
  const saved = await requireConnection(await app.services.catalog(), name);
  const progress = app.progress(`discovering ${saved.name}`);
  try {
    const discovery = await discoverSaved(app.services, saved, { timeoutMs, signal: app.signal });
    progress.stop();
    await app.print(discoveryTree(filterDiscovery(discovery, filter)));
    return 'done';
  } finally {
    progress.stop();
  }
}
