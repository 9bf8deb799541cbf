import { endpointOf, type Role, type SavedConnection, type TestResult } from '../connections/connection.ts';
import { NotFoundError, UsageError } from '../connections/errors.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import { shownWord } from '../connections/shown-word.ts';
import { type TestOptions, testEndpoint } from '../connections/test.ts';
import { requireSide } from './add.ts';
import type { PipelineChange } from './catalog.ts';
import type { SavedPipeline } from './pipeline.ts';
import { recordWhole } from './record-whole.ts';
import { requireRole } from './refusals.ts';
import { requirePipeline } from './require-pipeline.ts';
import { tablesOfAll } from './tables.ts';
import { warnOfUnknownTables } from './unknown-tables.ts';

/** A retargeting that is thought through, before anything is tested or saved. */
export interface RetargetPlan {
  /** What is changed; empty when all is like that already. */
  readonly moves: readonly Move[];
}

/** A pipeline that is given other connections: one side, or both. */
interface Move {
  readonly pipeline: SavedPipeline;
  readonly to: Partial<Readonly<Record<Role, SavedConnection>>>;
}

/**
 * One pipeline is given another source, another destination, or both.
 * @throws NotFoundError no_such_pipeline, no_such_connection; UsageError wrong_role
 */
export async function planRetarget(
  services: ConnectionServices,
  name: string,
  sides: { readonly source?: string; readonly destination?: string },
): Promise<RetargetPlan & { readonly pipeline: SavedPipeline }> {
  const pipeline = await requirePipeline(await services.pipelines(), name);
  const to: { source?: SavedConnection; destination?: SavedConnection } = {};
  for (const role of ['source', 'destination'] as const) {
    const wanted = sides[role];
    if (wanted === undefined) continue;
    const connection = await requireSide(services, role, wanted);
    if (connection.id !== pipeline[role].id) to[role] = connection;
  }
  return { pipeline, moves: Object.keys(to).length === 0 ? [] : [{ pipeline, to }] };
}

/**
 * Every pipeline that uses one connection is given another one, those too that used one of that name
 * before it was deleted.
 * @throws NotFoundError no_such_connection; UsageError wrong_role, same_connection
 */
export async function planRetargetAll(
  services: ConnectionServices,
  from: string,
  to: string,
): Promise<RetargetPlan> {
  const catalog = await services.catalog();
  const target = await requireConnection(catalog, to);
  const former = await catalog.find(from);
  const all = await (await services.pipelines()).list();
  const { role } = target;
  const users = all.filter(({ [role]: side }) =>
    side.id === null ? side.name === (former?.name ?? from) : side.id === former?.id,
  );
  if (former === null && users.length === 0) {
    // A deleted one of the other role may have been meant.
    const other = all.flatMap(({ source, destination }) => [
      { ...source, role: 'source' as const },
      { ...destination, role: 'destination' as const },
    ]);
    const lost = other.find(({ id, name }) => id === null && name === from);
    if (lost !== undefined) requireRole(target, lost.role);
    throw new NotFoundError({
      code: 'no_such_connection',
      message: `there is no connection ${shownWord(from)}, and no pipeline has lost one of that name`,
      fix: 'jackfield pipelines list shows what each uses',
    });
  }
  if (former !== null) requireRole(target, former.role);
  const moves = users
    .filter((pipeline) => pipeline[role].id !== target.id)
    .map((pipeline): Move => ({ pipeline, to: { [role]: target } }));
  // One that was saved anew under the name of a deleted one takes up what that one left.
  if (former?.id === target.id && moves.length === 0) throw ontoItself(target);
  return { moves };
}

function ontoItself({ name }: SavedConnection): UsageError {
  return new UsageError({
    code: 'same_connection',
    message: `--from and --to both name ${shownWord(name)}: no pipeline can be retargeted from a connection onto itself`,
    fix: 'name another one with --to; jackfield connections list shows those there are',
  });
}

/** A test of a retargeting: told of each end before it is dialled, and what came of it. */
export interface RetargetTest extends TestOptions {
  readonly onResult?: (result: TestResult) => Promise<void>;
}

/** What came of a retargeting. */
export interface RetargetOutcome {
  /** As they are now; null when a failed test kept them from being changed. */
  readonly changed: readonly SavedPipeline[] | null;
  /** One a connection. */
  readonly tests: readonly TestResult[];
}

/**
 * Retargets, all or nothing, after a test of each new connection with just the tables that the pipelines
 * use, where one is asked for.
 * @throws SecretError; UsageError; InterruptedError; what PipelineCatalog.update throws
 */
export async function retarget(
  services: ConnectionServices,
  { moves }: RetargetPlan,
  test: RetargetTest | null,
): Promise<RetargetOutcome> {
  const tests = test ? await testMoves(services, moves, test) : [];
  if (tests.some(({ status }) => status === 'failed')) return { changed: null, tests };
  const changes = moves.map(
    ({ pipeline: { id, revision }, to: { source, destination } }): PipelineChange => ({
      id,
      revision,
      ...(source && { sourceId: source.id }),
      ...(destination && { destinationId: destination.id }),
    }),
  );
  const changed = await (await services.pipelines()).update(changes);
  // A test has told of them already.
  if (test === null) {
    for (const { pipeline, to } of moves) {
      if (to.source) await warnOfUnknownTables(services, to.source, pipeline.tables);
    }
  }
  return { changed, tests };
}

async function testMoves(
  services: ConnectionServices,
  moves: readonly Move[],
  options: RetargetTest,
): Promise<TestResult[]> {
  const ends = new Map<string, { connection: SavedConnection; pipelines: SavedPipeline[] }>();
  for (const { pipeline, to } of moves) {
    for (const connection of [to.source, to.destination]) {
      if (connection === undefined) continue;
      const end = ends.get(connection.id) ?? { connection, pipelines: [] };
      end.pipelines.push(pipeline);
      ends.set(connection.id, end);
    }
  }
  // A password that can't be had is found out before the first is dialled.
  const subjects = [];
  for (const { connection, pipelines } of ends.values()) {
    const secrets = await secretsOf(services, connection);
    subjects.push({ connection, secrets, tables: tablesOfAll(pipelines, connection.role) });
  }
  const results: TestResult[] = [];
  for (const { connection, secrets, tables } of subjects) {
    const { name, role } = connection;
    const subject = { name, savedAs: name, role, endpoint: endpointOf(connection), secrets, tables };
    const result = await testEndpoint(services, subject, options);
    await recordWhole(services, connection, tables, result);
    await options.onResult?.(result);
    results.push(result);
  }
  return results;
}
