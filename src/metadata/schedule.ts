import { UsageError } from '../connections/errors.ts';

/** How often a timer rings, in each timer's own words. */
export interface Rhythm {
  readonly seconds: number;
  /** The five fields of crontab(5). */
  readonly cron: string;
  /** As systemd.time(7) has calendar events. */
  readonly calendar: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * What a timer that knows the clock, and not how long ago it rang, can keep: parts of an hour, parts of
 * a day, a day.
 * @throws UsageError bad_value
 */
export function rhythmOf(ms: number): Rhythm {
  const seconds = ms / 1000;
  const minutes = ms / minuteMs;
  if (minutes >= 1 && Number.isInteger(minutes) && minutes < 60 && 60 % minutes === 0) {
    const cron = minutes === 1 ? '* * * * *' : `*/${minutes} * * * *`;
    return { seconds, cron, calendar: `*:0/${minutes}` };
  }
  const hours = ms / hourMs;
  if (Number.isInteger(hours) && hours < 24 && 24 % hours === 0) {
    const cron = hours === 1 ? '0 * * * *' : `0 */${hours} * * *`;
    return { seconds, cron, calendar: `0/${hours}:00` };
  }
  if (ms === dayMs) return { seconds, cron: '0 0 * * *', calendar: '00:00' };
  throw new UsageError({
    code: 'bad_value',
    message: '--every is not a part of an hour, a part of a day or a day, which is what cron can keep',
    fix: 'use --every 1m, 5m, 15m, 30m, 1h, 6h, 12h or 1d',
  });
}
