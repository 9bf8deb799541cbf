import { type Command, Option } from 'commander';
import type { SavedConnection } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { dueConnections, forgetDeleted, type RefreshResult, refreshAll } from '../../metadata/refresh-due.ts';
import {
  refreshResults,
  refreshTally,
  refreshWords,
  reportedRefreshes,
} from '../../output/refresh-results.ts';
import type { App, Verdict } from '../app.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { workThrough } from '../fleet.ts';
import { openReports, type ReportFlag, type Reports, reportOption } from '../reports.ts';
import { readCount, readDuration } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface RefreshVerbOptions {
  /** Names or ids; none: all sources. */
  readonly names: readonly string[];
  readonly flags: RefreshFlags;
}

interface RefreshFlags {
  due?: boolean;
  all?: boolean;
  concurrency?: number;
  timeout?: number;
  report?: ReportFlag[];
  onlyFailed?: boolean;
  allowEmpty?: boolean;
}

const defaultConcurrency = 4;
const defaultTimeoutMs = 5 * 60_000;

export function declareRefresh(command: Command, act: Act, run = runRefresh): void {
  command
    .argument('[name...]', 'names or ids; all sources when left out')
    .option('--due', 'only those whose interval says so: what a timer calls')
    .addOption(new Option('--all', 'destinations too'))
    .option(
      '--concurrency <count>',
      `how many at once (${defaultConcurrency})`,
      readCount('--concurrency', 100),
    )
    .option('--timeout <time>', 'the whole of one connection (5m)', readDuration('--timeout'))
    .addOption(reportOption())
    .option('--only-failed', 'answer only what failed: nothing when all went well')
    .option('--allow-empty', 'nothing to refresh is not an error')
    .addHelpText(
      'after',
      examples(
        'jackfield metadata refresh',
        'jackfield metadata refresh orders stock --json',
        'jackfield metadata refresh --due --quiet --only-failed # in a timer',
      ),
    )
    .action((names: string[], flags: RefreshFlags) => act((app) => run(app, { names, flags })));
}

export async function runRefresh(app: App, { names, flags }: RefreshVerbOptions): Promise<Verdict> {
  if (flags.all && names.length > 0) throw cannotGoTogether('names and --all', 'all are refreshed anyway');
  const reports = await openReports(app, flags.report ?? [], { failOn: 'failed', file: null });
  await forgetDeleted(app.services);
  const chosen = await chosenConnections(app, names, flags);
  if (chosen.length === 0 && !flags.due && !flags.allowEmpty) throw nothingToRefresh();
  const connections = flags.due ? await dueConnections(app.services, chosen) : chosen;
  if (connections.length === 0) {
    await app.done(flags.due ? 'Nothing is due' : 'There is nothing to refresh');
    await reports.write(reportedRefreshes([]), 0);
    await answer(app, [], flags);
    return 'done';
  }
  return refreshChosen(app, connections, flags, reports);
}

/** In the catalog's order. @throws NotFoundError no_such_connection */
async function chosenConnections(
  app: App,
  names: readonly string[],
  { all }: RefreshFlags,
): Promise<SavedConnection[]> {
  const catalog = await app.services.catalog();
  const named = new Set<string>();
  for (const name of names) named.add((await requireConnection(catalog, name)).id);
  const saved = await catalog.list();
  if (names.length > 0) return saved.filter(({ id }) => named.has(id));
  return all ? saved : saved.filter(({ role }) => role === 'source');
}

async function refreshChosen(
  app: App,
  connections: readonly SavedConnection[],
  flags: RefreshFlags,
  reports: Reports,
): Promise<Verdict> {
  const failedOf = (results: readonly RefreshResult[]) => results.filter(({ status }) => status === 'failed');
  const results = await workThrough<RefreshResult>(app, connections, {
    words: refreshWords,
    done: 'refreshed',
    answers: !flags.onlyFailed,
    run: (told) =>
      refreshAll(app.services, connections, {
        timeoutMs: flags.timeout ?? defaultTimeoutMs,
        signal: app.signal,
        concurrency: flags.concurrency ?? app.defaults.values.concurrency ?? defaultConcurrency,
        ...told,
      }),
    report: (finished) => reports.write(reportedRefreshes(finished), connections.length),
    tally: refreshTally,
    print: (all) => answer(app, flags.onlyFailed ? failedOf(all) : all, flags),
  });
  return failedOf(results).length > 0 ? 'said-no' : 'done';
}

/** Where only failures are wanted, a person reads nothing when there are none. */
async function answer(app: App, results: readonly RefreshResult[], flags: RefreshFlags): Promise<void> {
  if (flags.onlyFailed && results.length === 0 && app.settings.output === 'table') return;
  await app.print(refreshResults(results));
}

function nothingToRefresh(): UsageError {
  return new UsageError({
    code: 'nothing_to_refresh',
    message: 'there is nothing to refresh: no source is saved',
    fix: 'save one: jackfield connections add --role source; or add --allow-empty',
  });
}
