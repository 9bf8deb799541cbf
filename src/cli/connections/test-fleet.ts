import type { TestResult } from '../../connections/connection.ts';
import { NotFoundError } from '../../connections/errors.ts';
import { type FleetSubject, fails, savedFleet, shardOf, testFleet } from '../../connections/fleet.ts';
import { trimmedName } from '../../connections/names.ts';
import { requireConnection } from '../../connections/services.ts';
import { shownWord } from '../../connections/shown-word.ts';
import { reportedTests, tally, testResults, testWords } from '../../output/test-results.ts';
import type { App, Verdict } from '../app.ts';
import { workThrough } from '../fleet.ts';
import type { Reports } from '../reports.ts';
import { testConcurrency, testTimeoutMs } from '../test-limits.ts';
import type { TestFlags } from './test-flags.ts';

/** The saved connections that names and filters choose, in the catalog's order. @throws NotFoundError */
export async function fleetInCatalog(
  app: App,
  names: readonly string[],
  flags: TestFlags,
): Promise<FleetSubject[]> {
  const catalog = await app.services.catalog();
  const named = new Set<string>();
  for (const name of names) named.add((await requireConnection(catalog, name)).id);
  const chosen = (await catalog.list()).filter(({ id }) => names.length === 0 || named.has(id));
  return filtered(savedFleet(app.services, chosen), flags);
}

/**
 * The connections of a file that names and filters choose, in the file's order. The catalog is not
 * opened.
 * @throws UsageError; NotFoundError no_such_connection
 */
export async function fleetInFile(
  app: App,
  file: string,
  names: readonly string[],
  flags: TestFlags,
): Promise<FleetSubject[]> {
  const { readConnectionFile, referenceReader } = await import('../connection-file.ts');
  const { fleetOfFile } = await import('../../connections/file-fleet.ts');
  const entries = await readConnectionFile(file);
  const fleet = await fleetOfFile(app.services, entries, referenceReader(flags.trustFile === true));
  const named = new Set(names.map(trimmedName));
  for (const name of named) {
    if (fleet.some((subject) => subject.name === name)) continue;
    throw new NotFoundError({
      code: 'no_such_connection',
      message: `there is no connection ${shownWord(name)} in ${file}`,
      fix: 'use a name that stands in the file, or leave the names out to test all of it',
    });
  }
  return filtered(
    fleet.filter(({ name }) => names.length === 0 || named.has(name)),
    flags,
  );
}

function filtered(fleet: readonly FleetSubject[], { role, tag = [] }: TestFlags): FleetSubject[] {
  return fleet.filter(
    (it) => (role === undefined || it.role === role) && tag.every((wanted) => it.tags.includes(wanted)),
  );
}

/** Tests a fleet, or the shard of it that the flags ask for; shows it, reports it and says how it went. */
export async function runFleet(
  app: App,
  whole: readonly FleetSubject[],
  flags: TestFlags,
  reports: Reports,
): Promise<Verdict> {
  const { shard } = flags;
  const fleet = shard === undefined ? whole : shardOf(whole, shard);
  if (shard !== undefined && fleet.length === 0) {
    const { index, count } = shard;
    await app.done(
      `shard ${index}/${count} is empty: there are fewer connections (${whole.length}) than shards`,
    );
  }
  const results = await workThrough<TestResult>(app, fleet, {
    words: testWords,
    done: 'tested',
    run: (told) =>
      testFleet(app.services, fleet, {
        timeoutMs: testTimeoutMs(app, flags.timeout),
        signal: app.signal,
        concurrency: testConcurrency(app, flags.concurrency),
        ...told,
      }),
    report: (finished) => reports.write(reportedTests(finished), fleet.length),
    tally,
    print: (all) => app.print(testResults(all)),
  });
  return fails(results, flags.failOn ?? 'failed') ? 'said-no' : 'done';
}
