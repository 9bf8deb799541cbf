import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import type { DiscoveryFilter } from '../../metadata/discovery.ts';
import { viewOf } from '../../metadata/view.ts';
import { discoveryChunks, discoveryFormats } from '../../output/discovery.ts';
import type { App, Verdict } from '../app.ts';
import { readDuration, repeated } from '../values.ts';
import { type Act, ownExamples } from '../verb.ts';
import { discoveryFormat, snapshotOf } from './discovered.ts';

export interface DiscoverOptions {
  readonly name: string;
  /** One relation in full; null: all that the filter shows. */
  readonly relation: string | null;
  readonly filter: DiscoveryFilter;
  readonly refresh: boolean;
  readonly details: boolean;
  readonly explore: boolean;
  readonly timeoutMs: number;
}

interface DiscoverFlags {
  schema?: string[];
  table?: string[];
  search?: string;
  refresh?: boolean;
  details?: boolean;
  explore?: boolean;
  timeout?: number;
}

const defaultTimeoutMs = 5 * 60_000;

/** More relations than these are shown as a table, a line each, where neither was asked for. */
const mostInTree = 50;

export function declareDiscover(command: Command, act: Act, run = runDiscover): void {
  command
    .argument('<name>', 'name or id')
    .argument('[relation]', 'one relation in full: schema.name, or a name that is in one schema only')
    .option('--schema <glob>', 'only these schemas; repeat for several', repeated)
    .option('--table <glob>', 'only these tables, or schema.table; repeat for several', repeated)
    .option('--search <text>', 'only what has this text in a name or comment')
    .option('--details', 'of one relation: sizes, definitions, policies and grants, asked of the server')
    .option('--explore', 'look around at a terminal')
    .option('--refresh', 'read the database now, whether it is due or not')
    .option('--timeout <time>', 'the whole of a refresh (5m)', readDuration('--timeout'))
    .addHelpText(
      'after',
      `\n--output also takes: ${discoveryFormats.join(', ')}\n${ownExamples(
        command,
        'jackfield connections discover orders',
        'jackfield connections discover orders app.customers --details',
        'jackfield connections discover orders --explore',
        "jackfield connections discover orders --table 'app.*' --json",
        'jackfield connections discover orders --search email --output csv',
        'jackfield connections discover orders --refresh --output markdown',
      )}`,
    )
    .action((name: string, relation: string | undefined, flags: DiscoverFlags) =>
      // A table that is asked for is one, also of the few that would be a tree.
      act((app) => run(app, toOptions(name, relation ?? null, flags)), ['table', ...discoveryFormats]),
    );
}

/** @throws UsageError conflicting_flags, missing_relation */
function toOptions(name: string, relation: string | null, flags: DiscoverFlags): DiscoverOptions {
  const filter = { schemas: flags.schema ?? [], tables: flags.table ?? [], search: flags.search ?? null };
  const narrows = filter.schemas.length > 0 || filter.tables.length > 0 || filter.search !== null;
  const { refresh = false, details = false, explore = false, timeout = defaultTimeoutMs } = flags;
  if (narrows && (relation !== null || explore)) {
    throw new UsageError({
      code: 'conflicting_flags',
      message: `--schema, --table and --search narrow a list, and ${explore ? '--explore' : 'one relation'} is none`,
      fix: 'leave one of them out',
    });
  }
  if (details && (relation === null || explore)) {
    throw new UsageError({
      code: explore ? 'conflicting_flags' : 'missing_relation',
      message: '--details are of one relation',
      fix: explore
        ? 'the explorer shows them where they are asked for'
        : 'name it: discover NAME SCHEMA.TABLE',
    });
  }
  return { name, relation, filter, refresh, details, explore, timeoutMs: timeout };
}

export async function runDiscover(app: App, options: DiscoverOptions): Promise<Verdict> {
  if (options.explore) {
    const { exploreConnection } = await import('./discover-explore.ts');
    return exploreConnection(app, options);
  }
  const saved = await requireConnection(await app.services.catalog(), options.name);
  const snapshot = await snapshotOf(app, saved, options);
  if (options.relation !== null) {
    const { showRelation } = await import('./discover-relation.ts');
    return showRelation(app, { ...options, saved, snapshot, relation: options.relation });
  }
  const about = { connection: saved.name, filter: options.filter };
  const found = viewOf(await app.services.metadata(), snapshot, about);
  const chosen = discoveryFormat(app);
  const small = snapshot.counts.relations <= mostInTree;
  const format = chosen === 'table' && small && app.settings.verbOutput === null ? 'tree' : chosen;
  const view = await app.view('stdout');
  for await (const chunk of discoveryChunks(format, found, view, app.settings)) await app.write(chunk);
  return 'done';
}
