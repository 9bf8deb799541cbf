import { isatty } from 'node:tty';
import { type FleetProgress, type FleetWords, startFleetProgress } from '../output/fleet-progress.ts';
import type { App } from './app.ts';

/**
 * Shows how a fleet comes along: drawn in place on a terminal; lines elsewhere, but not where a program
 * reads both streams.
 * @param about.answers whether all rows are the answer, which is printed as they come where it can be
 */
export async function showFleet<Result>(
  app: App,
  fleet: readonly { readonly name: string }[],
  words: FleetWords<Result>,
  { answers = true }: { readonly answers?: boolean } = {},
): Promise<FleetProgress<Result>> {
  const { quiet, output } = app.settings;
  const several = fleet.length > 1;
  const drawn = isatty(2) && app.environment.TERM !== 'dumb';
  const style =
    quiet || fleet.length === 0
      ? 'silent'
      : drawn
        ? 'live'
        : several && output !== 'json'
          ? 'plain'
          : 'silent';
  const answer = answers && style === 'live' && several && output === 'table' && isatty(1);
  const { stdout, stderr } = app.streams;
  const display = {
    stream: stderr,
    view: await app.view('stderr'),
    style,
    answer: answer ? { stream: stdout, view: await app.view('stdout') } : null,
  } as const;
  return app.adopt(
    startFleetProgress(
      fleet.map(({ name }) => name),
      display,
      words,
    ),
  );
}
