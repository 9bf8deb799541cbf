import type { Command } from 'commander';
import type { Connector } from '../../connections/connector.ts';
import { NotFoundError, RefusedError } from '../../connections/errors.ts';
import { trimmedName } from '../../connections/names.ts';
import { requireConnection } from '../../connections/services.ts';
import { shownWord } from '../../connections/shown-word.ts';
import {
  answerOf,
  type Comparison,
  compare,
  type DiffWish,
  diffHistory,
} from '../../metadata/diff-compare.ts';
import {
  type DiffSide,
  type Reading,
  readFileConnection,
  readSaved,
  snapshotSide,
} from '../../metadata/diff-sides.ts';
import { diffFormats, diffSqlText, structureDiff } from '../../output/diff.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';
import { readBaseline } from './baseline-file.ts';
import { checkDiffFlags, type DiffFlags, declareDiffFlags } from './diff-flags.ts';

export interface DiffVerbOptions {
  readonly name: string;
  /** Another connection. */
  readonly other: string | null;
  readonly flags: DiffFlags;
}

const defaultTimeoutMs = 5 * 60_000;

export function declareDiff(command: Command, act: Act, run = runDiff): void {
  command
    .argument('<name>', 'name or id')
    .argument('[other]', 'another connection, which the first one is compared with');
  declareDiffFlags(command);
  command
    .addHelpText(
      'after',
      `\n--output also takes: ${diffFormats.join(', ')}\n${examples(
        'jackfield connections diff orders',
        'jackfield connections diff orders --since 2d --output sql',
        'jackfield connections diff shop warehouse --map sales=landing',
        'jackfield connections diff orders --baseline schema.json --fail-on breaking',
        'jackfield connections diff --file connections.yaml shop --baseline schema.json',
      )}`,
    )
    .action((name: string, other: string | undefined, flags: DiffFlags) =>
      act((app) => run(app, { name, other: other ?? null, flags }), diffFormats),
    );
}

export async function runDiff(app: App, options: DiffVerbOptions): Promise<Verdict> {
  const { flags } = options;
  checkDiffFlags(options.other, flags);
  const { comparison, connector } = await progressing(app, () => compareFor(app, options));
  const { diff, sql } = await answerOf(connector, comparison);
  const view = await app.view('stdout');
  if (app.settings.verbOutput === 'sql') await app.write(diffSqlText(diff, sql, view));
  else await app.print(structureDiff(diff));
  const counted =
    flags.failOn === 'breaking' ? diff.changes.filter(({ breaking }) => breaking) : diff.changes;
  return counted.length > 0 ? 'said-no' : 'done';
}

async function progressing<T>(app: App, work: () => Promise<T>): Promise<T> {
  const progress = app.progress('comparing');
  try {
    return await work();
  } finally {
    progress.stop();
  }
}

interface Compared {
  readonly comparison: Comparison;
  readonly connector: Connector;
}

async function compareFor(app: App, options: DiffVerbOptions): Promise<Compared> {
  const { name, other, flags } = options;
  const { file, baseline, cached, refresh } = flags;
  const wish: DiffWish = {
    filter: { schemas: flags.schema ?? [], tables: flags.table ?? [] },
    schemas: flags.map ?? null,
    ignore: flags.ignore ?? [],
  };
  const former = baseline === undefined ? null : await readBaseline(baseline);
  if (former === null && other === null) return compareHistory(app, name, flags, wish);
  const reading: Reading = cached ? 'never' : refresh || former !== null ? 'now' : 'when due';
  const read =
    file === undefined
      ? (named: string) => readFromCatalog(app, named, reading, flags)
      : await readerOfFile(app, file, flags);
  const first = await read(name);
  if (former !== null) return { ...first, comparison: await compare(former, first.side, wish, true) };
  const second = await read(other ?? '');
  return { ...second, comparison: await compare(first.side, second.side, wish, false) };
}

async function compareHistory(app: App, name: string, flags: DiffFlags, wish: DiffWish): Promise<Compared> {
  const saved = await requireConnection(await app.services.catalog(), name);
  const connector = await app.services.connectors.load(saved.connector);
  const reading = flags.cached ? 'never' : 'now';
  const comparison = await diffHistory(
    app.services,
    saved,
    { ...wish, reading, since: flags.since ?? null },
    limitsOf(app, flags),
  );
  if (comparison === null) throw neverRead(name);
  if (comparison.tooFar && comparison.from !== null) {
    const { takenAt } = comparison.from.view;
    await app.warn(`nothing is kept of that time: compared with the oldest snapshot, of ${takenAt}`);
  }
  return { comparison, connector };
}

interface ReadSide {
  readonly side: DiffSide;
  readonly connector: Connector;
}

async function readFromCatalog(
  app: App,
  name: string,
  reading: Reading,
  flags: DiffFlags,
): Promise<ReadSide> {
  const saved = await requireConnection(await app.services.catalog(), name);
  const connector = await app.services.connectors.load(saved.connector);
  const read = await readSaved(app.services, saved, reading, limitsOf(app, flags));
  if (read === null) throw neverRead(name);
  return { side: snapshotSide(await app.services.metadata(), saved, read.snapshot), connector };
}

/** Reads connections of a file by their name. @throws UsageError bad_file; NotFoundError */
async function readerOfFile(
  app: App,
  file: string,
  flags: DiffFlags,
): Promise<(name: string) => Promise<ReadSide>> {
  const { readConnectionFile, referenceReader } = await import('../connection-file.ts');
  const entries = await readConnectionFile(file);
  const readReference = referenceReader(flags.trustFile === true);
  return async (name) => {
    const entry = entries.find((it) => trimmedName(it.name) === trimmedName(name));
    if (entry === undefined) {
      throw new NotFoundError({
        code: 'no_such_connection',
        message: `there is no connection ${shownWord(name)} in ${file}`,
        fix: 'use a name that stands in the file',
      });
    }
    const connector = await app.services.connectors.load(entry.connector);
    const side = await readFileConnection(app.services, entry, readReference, limitsOf(app, flags));
    return { side, connector };
  };
}

function limitsOf(app: App, { timeout }: DiffFlags) {
  return { timeoutMs: timeout ?? defaultTimeoutMs, signal: app.signal };
}

function neverRead(name: string): RefusedError {
  return new RefusedError({
    code: 'never_read',
    message: `${shownWord(name)} was never read as it is configured, and --cached reads nothing`,
    fix: 'leave --cached out',
  });
}
