import { InterruptedError } from '../connections/errors.ts';
import { type FleetProgress, type FleetWords, startFleetProgress } from '../output/fleet-progress.ts';
import type { App } from './app.ts';

/**
 * Shows how a fleet comes along: drawn in place on a terminal; lines elsewhere, but not where a program
 * reads both streams.
 * @param about.answers whether all rows are the answer, which is printed as they come where it can be
 */
async function showFleet<Result>(
  app: App,
  fleet: readonly { readonly name: string }[],
  words: FleetWords<Result>,
  { answers = true }: { readonly answers?: boolean } = {},
): Promise<FleetProgress<Result>> {
  const { quiet, output } = app.settings;
  const several = fleet.length > 1;
  const view = await app.view('stderr');
  const drawn = view.terminal && !app.settings.plain;
  const style =
    quiet || fleet.length === 0
      ? 'silent'
      : drawn
        ? 'live'
        : several && output !== 'json'
          ? 'plain'
          : 'silent';
  const { stdout, stderr } = app.streams;
  const wantsRows = answers && style === 'live' && several && output === 'table';
  const answerView = wantsRows ? await app.view('stdout') : null;
  const display = {
    stream: stderr,
    view,
    style,
    answer: answerView?.terminal ? { stream: stdout, view: answerView } : null,
  } as const;
  return app.adopt(
    startFleetProgress(
      fleet.map(({ name }) => name),
      display,
      words,
    ),
  );
}

/** What is done to each of a fleet, and how it is told. */
export interface FleetWork<Result> {
  readonly words: FleetWords<Result>;
  /** `tested`, `refreshed`: for the sentence about an interruption. */
  readonly done: string;
  /** Whether all rows are the answer. */
  readonly answers?: boolean;
  run(told: {
    onStart(index: number): void;
    onResult(result: Result, index: number): void;
  }): Promise<Result[]>;
  /** Writes the reports of what finished. */
  report(finished: readonly Result[]): Promise<void>;
  /** What stands below the rows, where the display has printed them. */
  tally(results: readonly Result[]): string;
  /** Prints the answer, where the display is not it. */
  print(results: readonly Result[]): Promise<void>;
}

/**
 * Works through a fleet: shows it, answers and writes the reports, of what finished when it is interrupted.
 * @throws what the work throws; after the answer, what kept a report from being written
 */
export async function workThrough<Result>(
  app: App,
  fleet: readonly { readonly name: string }[],
  work: FleetWork<Result>,
): Promise<Result[]> {
  const finished: Result[] = [];
  const { words, answers = true } = work;
  const progress = await showFleet(app, fleet, words, { answers });
  let results: Result[];
  try {
    results = await work.run({
      onStart: (index) => progress.started(index),
      onResult: (result, index) => {
        finished[index] = result;
        progress.finished(result, index);
      },
    });
  } catch (error) {
    progress.stop();
    const ended = Object.values(finished);
    if (ended.length > 0 || error instanceof InterruptedError) await work.report(ended);
    if (error instanceof InterruptedError)
      await app.warn(`interrupted: ${ended.length} of ${fleet.length} were ${work.done}`);
    throw error;
  }
  progress.stop();
  const reporting = await work.report(results).catch((error: unknown) => ({ error }));
  if (progress.printsAnswer) await app.write(`\n${work.tally(results)}\n`);
  else await work.print(results);
  if (reporting) throw reporting.error;
  return results;
}
