import { type Command, Option } from 'commander';
import type { Role, SavedConnection, TestResult } from '../../connections/connection.ts';
import { testEdit } from '../../connections/edit.ts';
import { completeEndpoint, missingFlags } from '../../connections/endpoint.ts';
import { UsageError } from '../../connections/errors.ts';
import { testFleet } from '../../connections/fleet.ts';
import { secretsFromInput } from '../../connections/secrets-of.ts';
import { requireConnection } from '../../connections/services.ts';
import { type TestOptions, testEndpoint, testSaved } from '../../connections/test.ts';
import { testResults, verdict } from '../../output/test-results.ts';
import type { App, Verdict } from '../app.ts';
import {
  declareEndpointFlags,
  type EndpointFlags,
  readEndpointFlags,
  speaksOfEndpoint,
} from '../endpoint-flags.ts';
import { readCount, readDuration, readRole, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { planFromFlags } from './edit.ts';
import { defaultTestTimeoutMs, liveLadder } from './saving.ts';

export interface TestFlags extends EndpointFlags {
  all?: boolean;
  role?: Role;
  tag?: string[];
  name?: string;
  connector?: string;
  concurrency?: number;
  timeout?: number;
  allowEmpty?: boolean;
}

export interface TestCommandOptions {
  readonly names: readonly string[];
  readonly flags: TestFlags;
}

const defaultConcurrency = 8;

export function declareTest(command: Command, act: Act, run = runTest): void {
  command
    .argument('[name...]', 'names or ids; with endpoint flags, the one whose edit is tried')
    .option('--all', 'all connections')
    .option('--role <role>', 'only this role; for an endpoint that is not saved, its role', readRole)
    .option('--tag <tag>', 'only those with this tag; repeat for several', repeated)
    .option(
      '--concurrency <count>',
      `how many at once (${defaultConcurrency})`,
      readCount('--concurrency', 1000),
    )
    .option('--timeout <time>', 'the whole of one connection (10s)', readDuration('--timeout'))
    .option('--allow-empty', 'nothing to test is not an error')
    .addOption(new Option('--name <name>', 'what an endpoint that is not saved is called in the result'))
    .addOption(new Option('--connector <name>', 'the connector of an endpoint that is not saved'));
  declareEndpointFlags(command);
  command
    .addHelpText(
      'after',
      examples(
        'jackfield connections test orders',
        'jackfield connections test --all --json',
        'jackfield connections test --role source --url-env DATABASE_URL # saves nothing',
        'jackfield connections test orders --schema sales # tries an edit',
      ),
    )
    .action((names: string[], flags: TestFlags) => act((app) => run(app, { names, flags })));
}

export async function runTest(app: App, { names, flags }: TestCommandOptions): Promise<Verdict> {
  const [name] = names;
  const named = flags.name !== undefined || flags.connector !== undefined;
  if (named && (name !== undefined || !speaksOfEndpoint(flags))) {
    throw conflicting('--name or --connector and what is saved', 'they describe an endpoint that is not');
  }
  if (speaksOfEndpoint(flags)) return testUnsaved(app, names, flags);
  const chosen = await choose(app, names, flags);
  if (chosen.length === 0) {
    if (!flags.allowEmpty) throw nothingToTest();
    await app.print(testResults([]));
    return 'done';
  }
  const [only] = chosen;
  if (only && names.length === 1)
    return showOne(app, flags, (options) => testSaved(app.services, only, options));
  return testMany(app, chosen, flags);
}

/** The connections that names and filters choose, in the catalog's order. */
async function choose(app: App, names: readonly string[], flags: TestFlags): Promise<SavedConnection[]> {
  const filters = flags.role !== undefined || flags.tag !== undefined;
  if (names.length === 0 && !flags.all && !filters) throw missingNames();
  if (names.length > 0 && flags.all) throw conflicting('names and --all', 'all are tested anyway');
  const catalog = await app.services.catalog();
  const named = new Set<string>();
  for (const name of names) named.add((await requireConnection(catalog, name)).id);
  return (await catalog.list()).filter(
    ({ id, role, tags }) =>
      (names.length === 0 || named.has(id)) &&
      (flags.role === undefined || role === flags.role) &&
      (flags.tag ?? []).every((tag) => tags.includes(tag)),
  );
}

async function testUnsaved(app: App, names: readonly string[], flags: TestFlags): Promise<Verdict> {
  const [name, ...more] = names;
  if (more.length > 0)
    throw conflicting('several names and an endpoint', 'an edit is tried on one connection');
  if (flags.all || flags.tag) throw conflicting('--all or --tag and an endpoint', 'one endpoint is tested');
  if (name !== undefined) {
    if (flags.role) throw conflicting('--role and an edit', 'a role does not change');
    const saved = await requireConnection(await app.services.catalog(), name);
    const plan = await planFromFlags(app, saved, flags);
    return showOne(app, flags, (options) => testEdit(app.services, plan, options));
  }
  const { role } = flags;
  if (role === undefined) throw missingFlags(['role']);
  const connector = await app.services.connectors.load(flags.connector ?? 'postgres');
  const { input, password, sslKeyPassword } = await readEndpointFlags(app, connector, flags);
  const endpoint = completeEndpoint(connector, input);
  await connector.checkFiles(endpoint);
  const none = { kind: 'none' as const };
  const inputs = { password: password ?? none, sslKeyPassword: sslKeyPassword ?? none };
  const secrets = await secretsFromInput(app.services, inputs);
  const subject = { name: flags.name ?? null, savedAs: null, role, endpoint, secrets };
  return showOne(app, flags, (options) => testEndpoint(app.services, subject, options));
}

/** Runs one test; on a terminal its ladder fills in as it is climbed. */
async function showOne(
  app: App,
  flags: TestFlags,
  test: (options: TestOptions) => Promise<TestResult>,
): Promise<Verdict> {
  const view = await app.view('stdout');
  const live = app.settings.output === 'table' && view.terminal;
  const result = await test({
    timeoutMs: flags.timeout ?? defaultTestTimeoutMs,
    signal: app.signal,
    ...(live && { onStage: await liveLadder(app, 'stdout') }),
  });
  if (live) await app.write(verdict(result, view));
  else await app.print(testResults([result]));
  return result.status === 'failed' ? 'said-no' : 'done';
}

async function testMany(
  app: App,
  connections: readonly SavedConnection[],
  flags: TestFlags,
): Promise<Verdict> {
  const progress = app.progress(`testing ${connections.length} connections`);
  let finished = 0;
  try {
    const results = await testFleet(app.services, connections, {
      timeoutMs: flags.timeout ?? defaultTestTimeoutMs,
      signal: app.signal,
      concurrency: flags.concurrency ?? defaultConcurrency,
      onResult: () => {
        finished += 1;
        progress.update(`tested ${finished} of ${connections.length}`);
      },
    });
    progress.stop();
    await app.print(testResults(results));
    return results.some(({ status }) => status === 'failed') ? 'said-no' : 'done';
  } finally {
    progress.stop();
  }
}

function missingNames(): UsageError {
  return new UsageError({
    code: 'missing_argument',
    message: 'nothing says what to test',
    fix: 'name connections, or add --all, or describe an endpoint with --url-env or --host',
  });
}

function nothingToTest(): UsageError {
  return new UsageError({
    code: 'nothing_to_test',
    message: 'there is nothing to test',
    fix: 'save a connection first, loosen the filter, or add --allow-empty',
  });
}

function conflicting(what: string, why: string): UsageError {
  return new UsageError({
    code: 'conflicting_flags',
    message: `${what} can't go together: ${why}`,
    fix: 'leave one of them out',
  });
}
