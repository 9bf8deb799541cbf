import { endpointOf, type Role, type SavedConnection, type TestResult } from '../connections/connection.ts';
import { SecretError } from '../connections/errors.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { secretFailure, type TestOptions, tellingRung, testEndpoint } from '../connections/test.ts';
import { workThrough } from '../connections/workers.ts';
import {
  type EndCheck,
  type PipelineCheck,
  retargetCommand,
  type SavedPipeline,
  tablesAt,
} from './pipeline.ts';
import { recordWhole } from './record-whole.ts';
import { keyOfTable, tablesOfAll } from './tables.ts';

/** How pipelines are checked. */
export interface CheckOptions extends Omit<TestOptions, 'onStage'> {
  /** How many connections are tested at once. */
  readonly concurrency: number;
  /** Told as the first end of a pipeline is begun; `index` is its place among them. */
  readonly onStart?: (index: number) => void;
  /** Told as both ends of one are done, in the order they finish. */
  readonly onResult?: (result: PipelineCheck, index: number) => void;
}

/** What is known of each connection, by its id and the pipeline's; null while it is not tested. */
type Ends = Map<string, ReadonlyMap<string, TestResult> | null>;

/** A connection, and those of the pipelines that use it. */
interface Shared {
  readonly connection: SavedConnection;
  readonly users: SavedPipeline[];
}

/**
 * Tests both ends of pipelines with just the tables that each uses. A connection that several share is
 * tested once, with the tables of all; only where something about the tables is not well, once more for
 * each that uses others, so that none is blamed for the tables of another.
 * @returns in the order of the pipelines
 * @throws UsageError for files that can't be read, before anything is dialled; InterruptedError, after
 * what was under way has ended
 */
export async function checkPipelines(
  services: ConnectionServices,
  pipelines: readonly SavedPipeline[],
  options: CheckOptions,
): Promise<PipelineCheck[]> {
  const shared = await connectionsOf(services, pipelines);
  for (const { connection } of shared) {
    const connector = await services.connectors.load(connection.connector);
    await connector.checkFiles(endpointOf(connection));
  }
  const ends: Ends = new Map(shared.map(({ connection }) => [connection.id, null]));
  const results = new Array<PipelineCheck>(pipelines.length);
  const finish = () => {
    for (const [index, pipeline] of pipelines.entries()) {
      if (results[index] !== undefined) continue;
      const result = resultOf(pipeline, ends);
      if (result === null) continue;
      results[index] = result;
      options.onResult?.(result, index);
    }
  };
  const begun = new Set<string>();
  finish();
  await workThrough(shared, options.concurrency, async ({ connection, users }) => {
    options.signal.throwIfAborted();
    for (const [index, { id }] of pipelines.entries()) {
      if (begun.has(id) || !users.some((user) => user.id === id)) continue;
      begun.add(id);
      options.onStart?.(index);
    }
    ends.set(connection.id, await testShared(services, { connection, users }, options));
    finish();
  });
  return results;
}

/** The connections of pipelines, in the order they are come upon. */
async function connectionsOf(
  services: ConnectionServices,
  pipelines: readonly SavedPipeline[],
): Promise<Shared[]> {
  const saved = new Map((await (await services.catalog()).list()).map((it) => [it.id, it]));
  const shared = new Map<string, Shared>();
  for (const pipeline of pipelines) {
    for (const { id } of [pipeline.source, pipeline.destination]) {
      const connection = id === null ? undefined : saved.get(id);
      if (connection === undefined) continue;
      const known = shared.get(connection.id) ?? { connection, users: [] };
      known.users.push(pipeline);
      shared.set(connection.id, known);
    }
  }
  return [...shared.values()];
}

/** Tests a connection for each of its users. @returns the results by the pipelines' ids */
async function testShared(
  services: ConnectionServices,
  { connection, users }: Shared,
  options: TestOptions,
): Promise<Map<string, TestResult>> {
  const results = new Map<string, TestResult>();
  // Those that name no tables stand for the whole schema, those that do for the tables of all of them.
  for (const group of [users.filter(({ tables }) => tables.length > 0), users.filter(namesNone)]) {
    if (group.length === 0) continue;
    const result = await testTables(services, connection, group, options);
    for (const { id } of group) results.set(id, result);
    const kinds = new Map<string, SavedPipeline[]>();
    for (const user of group) {
      const kind = tablesAt(user, connection.role).map(keyOfTable).join();
      kinds.set(kind, [...(kinds.get(kind) ?? []), user]);
    }
    if (kinds.size === 1 || !isAboutTables(result)) continue;
    for (const same of kinds.values()) {
      const own = await testTables(services, connection, same, options, { recorded: false });
      for (const { id } of same) results.set(id, own);
    }
  }
  return results;
}

function namesNone({ tables }: SavedPipeline): boolean {
  return tables.length === 0;
}

/** Whether it is the tables, or what may be done with them, that is not well. */
function isAboutTables({ stages }: TestResult): boolean {
  return stages.some(
    ({ stage, status }) =>
      (stage === 'schema' || stage === 'privileges') && (status === 'failed' || status === 'warned'),
  );
}

async function testTables(
  services: ConnectionServices,
  connection: SavedConnection,
  users: readonly SavedPipeline[],
  { timeoutMs, signal }: TestOptions,
  { recorded = true }: { readonly recorded?: boolean } = {},
): Promise<TestResult> {
  const { name, role } = connection;
  const tables = tablesOfAll(users, role);
  const test = async () => {
    const secrets = await secretsOf(services, connection);
    const subject = { name, savedAs: name, role, endpoint: endpointOf(connection), secrets, tables };
    return testEndpoint(services, subject, { timeoutMs, signal });
  };
  const result = await test().catch((error: unknown) => {
    if (error instanceof SecretError) return secretFailure(name, error);
    throw error;
  });
  if (recorded) await recordWhole(services, connection, tables, result);
  return result;
}

/** What a pipeline's ends come to; null while one of them is not tested yet. */
function resultOf(pipeline: SavedPipeline, ends: Ends): PipelineCheck | null {
  const endOf = (role: Role): EndCheck | null => {
    const { id, name } = pipeline[role];
    // One that was deleted since the pipeline was read is no different.
    if (id === null || !ends.has(id)) return lostEnd(pipeline, role);
    const result = ends.get(id)?.get(pipeline.id);
    return result === undefined ? null : endCheck(name, result);
  };
  const source = endOf('source');
  const destination = endOf('destination');
  if (source === null || destination === null) return null;
  const statuses = [source.status, destination.status];
  const worst = (['failed', 'warned'] as const).find((status) => statuses.includes(status)) ?? 'passed';
  const { state } = pipeline;
  return {
    pipeline: pipeline.name,
    state,
    status: worst === 'failed' && state === 'paused' ? 'warned' : worst,
    durationMs: Math.max(source.durationMs, destination.durationMs),
    source,
    destination,
  };
}

function endCheck(connection: string, result: TestResult): EndCheck {
  const { status, durationMs, stages } = result;
  const { code = null, message = null, fix = null } = tellingRung(result) ?? {};
  return { connection, status, durationMs, code, message, fix, stages };
}

function lostEnd(pipeline: SavedPipeline, role: Role): EndCheck {
  const { name } = pipeline[role];
  return {
    connection: name,
    status: 'failed',
    durationMs: 0,
    code: 'pipeline_disconnected',
    message: `the ${role} ${name} was deleted`,
    fix: retargetCommand(pipeline.name, role),
    stages: [],
  };
}
