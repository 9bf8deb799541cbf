import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RefusedError } from '../../connections/errors.ts';
import { rhythmOf } from '../../metadata/schedule.ts';
import { type ScheduleFormat, schedule, scheduleFormats, type TimedCommand } from '../../output/schedule.ts';
import type { App, Verdict } from '../app.ts';
import { defaultHome } from '../default-home.ts';
import { oneOf, readInterval } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface ScheduleOptions {
  readonly everyMs: number;
  /** What a person is shown; null: all. */
  readonly format: ScheduleFormat | null;
}

interface ScheduleFlags {
  every?: number;
  format?: ScheduleFormat;
}

const defaultEveryMs = 15 * 60_000;

export function declareSchedule(command: Command, act: Act, run = runSchedule): void {
  command
    .option('--every <time>', 'how often it looks what is due (15m)', readInterval('--every'))
    .option(
      '--format <format>',
      `only one of ${scheduleFormats.join(', ')}`,
      oneOf('--format', scheduleFormats),
    )
    .addHelpText(
      'after',
      `\nA timer looks what is due; how often each source is refreshed, its source-config says.\n${examples(
        'jackfield metadata schedule',
        'jackfield metadata schedule --every 5m --format cron',
        'jackfield metadata schedule --format launchd',
      )}`,
    )
    .action((flags: ScheduleFlags) =>
      act((app) => run(app, { everyMs: flags.every ?? defaultEveryMs, format: flags.format ?? null })),
    );
}

export async function runSchedule(app: App, { everyMs, format }: ScheduleOptions): Promise<Verdict> {
  const rhythm = rhythmOf(everyMs);
  await app.print(schedule(timedCommand(app), rhythm, format));
  return 'done';
}

/** Files that open the vault: paths, which a timer may know. The passphrase itself is in none of these. */
const pathVariables = ['JACKFIELD_KEY_FILE', 'JACKFIELD_PASSPHRASE_FILE'] as const;

/** @throws RefusedError unspeakable_path */
function timedCommand({ settings, environment }: App): TimedCommand {
  const variables: Record<string, string> = {};
  // What a timer would take by itself: it has no XDG_DATA_HOME.
  const taken = defaultHome({ LOCALAPPDATA: environment.LOCALAPPDATA });
  if (settings.home !== resolve(taken)) variables.JACKFIELD_HOME = settings.home;
  for (const name of pathVariables) {
    const path = environment[name];
    if (path) variables[name] = resolve(path);
  }
  const program = [process.execPath, resolve(process.argv[1] ?? '')];
  const words = [...program, 'metadata', 'refresh', '--due', '--no-input', '--quiet', '--only-failed'];
  for (const text of [...words, ...Object.values(variables)]) {
    if (!/\p{Cc}/u.test(text)) continue;
    throw new RefusedError({
      code: 'unspeakable_path',
      message: `the path ${JSON.stringify(text)} holds a line break or a control character, which no timer's file can hold`,
      fix: 'give the directory another name',
    });
  }
  return { words, environment: variables };
}
