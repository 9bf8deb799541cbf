import type { SavedConnection } from '../../connections/connection.ts';
import { describeSaved } from '../../metadata/describe.ts';
import { findRelation } from '../../metadata/find-relation.ts';
import { relationInContext } from '../../metadata/relation-detail.ts';
import type { Snapshot } from '../../metadata/store.ts';
import type { DiscoveryFormat } from '../../output/discovery.ts';
import { relationChunks } from '../../output/relation-detail.ts';
import type { App, Verdict } from '../app.ts';
import { discoveryFormat } from './discovered.ts';

interface OneRelation {
  readonly saved: SavedConnection;
  readonly snapshot: Snapshot;
  /** As the user wrote it. */
  readonly relation: string;
  readonly details: boolean;
  readonly timeoutMs: number;
  /** What `--output` says when left out. */
  readonly format?: DiscoveryFormat;
  readonly signal?: AbortSignal;
}

/** Shows one relation in full. @throws NotFoundError; UsageError; what describeSaved throws */
export async function showRelation(app: App, options: OneRelation): Promise<Verdict> {
  const {
    saved,
    snapshot,
    relation,
    timeoutMs,
    format = discoveryFormat(app),
    signal = app.signal,
  } = options;
  const store = await app.services.metadata();
  const about = { connection: saved.name, schema: saved.schema };
  const name = await findRelation(store, snapshot, relation, about);
  const found = await relationInContext(store, snapshot, name, saved.name);
  if (found === null) throw new Error('a relation that was found is not there');
  const limits = { timeoutMs, signal };
  const details = options.details ? await describe(app, saved, name, limits) : null;
  const shown = { ...found, detail: { ...found.detail, details } };
  const view = await app.view('stdout');
  for await (const chunk of relationChunks(format, shown, view, app.settings)) {
    await app.write(chunk);
  }
  return 'done';
}

async function describe(app: App, ...[saved, name, limits]: TailOf<typeof describeSaved>) {
  const progress = app.progress(`asking ${saved.name}`);
  try {
    return await describeSaved(app.services, saved, name, limits);
  } finally {
    progress.stop();
  }
}

type TailOf<T> = T extends (first: never, ...rest: infer Rest) => unknown ? Rest : never;
