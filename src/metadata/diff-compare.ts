import type { SavedConnection } from '../connections/connection.ts';
import type { Connector, DialLimits } from '../connections/connector.ts';
import { UsageError } from '../connections/errors.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { shellWord } from '../connections/shell-word.ts';
import { sourceConfigOf } from './configured.ts';
import type { Diff, SqlStep, StructureChange } from './diff.ts';
import { type DiffSide, type Reading, readSaved, snapshotSide } from './diff-sides.ts';
import { type DiffOptions, diffStructures } from './diff-structures.ts';
import { globMatcher } from './glob.ts';
import { isCurrent } from './refresh.ts';
import type { Snapshot } from './store.ts';

/** What of the differences is wanted. */
export interface DiffWish {
  readonly filter: DiffOptions['filter'];
  readonly schemas: DiffOptions['schemas'];
  /** Globs over kinds of changes that are left out. */
  readonly ignore: readonly string[];
}

/** Two sides, and what is different. */
export interface Comparison {
  /** Null: there is nothing to compare with yet. */
  readonly from: DiffSide | null;
  readonly to: DiffSide;
  readonly changes: readonly StructureChange[];
}

/** A connection's snapshots as an answer is asked of them. */
export interface HistoryWish extends DiffWish {
  readonly reading: Exclude<Reading, 'when due'>;
  /** Which former snapshot; null: the one before. */
  readonly since: Since | null;
}

/** An instant, so many milliseconds ago, or the number of a snapshot. */
export type Since = { readonly at: Date } | { readonly agoMs: number } | { readonly snapshot: number };

/**
 * Compares a connection with what it was. When the database was read and is as it was, nothing is
 * different, whatever was before: what a former run has told is not told again.
 * @returns null: nothing was ever read, and nothing is to be read; `older` when nothing is kept of the
 *   time that was asked for, and the oldest snapshot was compared with
 * @throws as refreshMetadata
 */
export async function diffHistory(
  services: ConnectionServices,
  saved: SavedConnection,
  wish: HistoryWish,
  limits: DialLimits,
): Promise<(Comparison & { readonly tooFar: boolean }) | null> {
  const store = await services.metadata();
  if (wish.since !== null) await refuseUnknown(services, saved, wish.since);
  const read = await readSaved(services, saved, wish.reading, limits);
  if (read === null) return null;
  const side = (snapshot: Snapshot) => snapshotSide(store, saved, snapshot);
  const to = side(read.snapshot);
  // What another endpoint or configuration gave is no former of this one.
  const kept = (await store.snapshots(saved.id)).filter(({ scope }) => scope === read.snapshot.scope);
  if (wish.since !== null) {
    const { snapshot, tooFar } = since(kept, wish.since, services.now());
    return { ...(await compare(side(snapshot), to, wish, true)), tooFar };
  }
  const formers = kept.filter(({ id }) => id < read.snapshot.id);
  if (wish.reading === 'now' && !read.changed) return { from: to, to, changes: [], tooFar: false };
  let compared: Comparison = { from: null, to, changes: [] };
  for (const former of wish.reading === 'now' ? formers.slice(0, 1) : formers) {
    compared = await compare(side(former), to, wish, true);
    // Estimates and the like may be all that a snapshot has of its own.
    if (compared.changes.length > 0) break;
  }
  return { ...compared, tooFar: false };
}

/** Compares two sides of which the second may be another database. @param owners whether owners mean something */
export async function compare(
  from: DiffSide,
  to: DiffSide,
  { filter, schemas, ignore }: DiffWish,
  owners: boolean,
): Promise<Comparison> {
  const sameDatabase = from.identity === to.identity;
  const known = from.identity !== null && to.identity !== null;
  const numbering = known ? (sameDatabase ? 'same' : 'other') : 'guess';
  const options = { filter, schemas, numbering, owners: owners || (known && sameDatabase) } as const;
  const ignored = ignore.map(globMatcher);
  const changes = await diffStructures(from.view, to.view, options);
  const wanted = changes.filter(({ kind }) => !ignored.some((matches) => matches(kind)));
  return { from, to, changes: wanted };
}

/**
 * A slip of a number or a date must not pass for a schema that is as it was.
 * @throws UsageError bad_value
 */
async function refuseUnknown(
  services: ConnectionServices,
  saved: SavedConnection,
  wanted: Since,
): Promise<void> {
  const bad = (message: string) =>
    new UsageError({
      code: 'bad_value',
      message,
      fix: `jackfield connections source-config ${shellWord(saved.name)} --json lists what is kept`,
    });
  if ('at' in wanted && wanted.at.getTime() > services.now().getTime())
    throw bad('the time of --since is yet to come');
  if (!('snapshot' in wanted)) return;
  const store = await services.metadata();
  const known = (await store.snapshots(saved.id)).find(({ id }) => id === wanted.snapshot);
  if (known === undefined) throw bad(`no snapshot ${wanted.snapshot} of ${saved.name} is kept`);
  if (!isCurrent(known, saved, await sourceConfigOf(services, saved)))
    throw bad(`snapshot ${wanted.snapshot} of ${saved.name} is of another endpoint or configuration`);
}

/** The newest snapshot of a time, or the one of a number; the oldest where nothing is kept of it any more. */
function since(
  newestFirst: readonly Snapshot[],
  wanted: Since,
  now: Date,
): { snapshot: Snapshot; tooFar: boolean } {
  const found = newestFirst.find(({ id, takenAt }) => {
    if ('snapshot' in wanted) return id === wanted.snapshot;
    const at = 'at' in wanted ? wanted.at.getTime() : now.getTime() - wanted.agoMs;
    return Date.parse(takenAt) <= at;
  });
  const snapshot = found ?? newestFirst.at(-1);
  if (snapshot === undefined) throw new Error('the newest snapshot is not among those that are kept');
  return { snapshot, tooFar: found === undefined };
}

/** A comparison as it is answered, with the SQL of each change; and all SQL in the order to run it. */
export async function answerOf(
  connector: Connector,
  { from, to, changes }: Comparison,
): Promise<{ diff: Diff; sql: string[] }> {
  const steps = await connector.diffSql(changes);
  const diff: Diff = {
    from: from && sideOf(from),
    to: sideOf(to),
    changes: changes.map(({ subject: _subject, kind, ...change }, index) => ({
      kind,
      breaking: change.reason !== null,
      ...change,
      sql: (steps[index] ?? []).map(({ text }) => text),
    })),
  };
  return { diff, sql: inOrder(steps.flat()) };
}

function inOrder(steps: readonly SqlStep[]): string[] {
  const statements = new Map<string, { text: string; objects: Set<string> }>();
  for (const { order, text, joined } of [...steps].sort((a, b) => a.order - b.order)) {
    const key = joined === undefined ? text : `${order} ${joined.verb}`;
    const known = statements.get(key);
    const { objects } = known ?? { objects: new Set<string>() };
    if (joined !== undefined) objects.add(joined.object);
    const together = joined === undefined ? text : `${joined.verb} ${[...objects].join(', ')};`;
    statements.set(key, { text: together, objects });
  }
  return [...statements.values()].map(({ text }) => text);
}

function sideOf({ view, snapshot, file }: DiffSide): Diff['to'] {
  const { connection, takenAt } = view;
  return { connection, file, snapshot: snapshot?.id ?? null, takenAt };
}
