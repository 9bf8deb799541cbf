import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rhythmOf } from '../../../src/metadata/schedule.ts';

const minute = 60_000;
const hour = 60 * minute;

describe('the rhythm of a timer', () => {
  it.each([
    [minute, '* * * * *', '*:0/1'],
    [5 * minute, '*/5 * * * *', '*:0/5'],
    [15 * minute, '*/15 * * * *', '*:0/15'],
    [30 * minute, '*/30 * * * *', '*:0/30'],
    [hour, '0 * * * *', '0/1:00'],
    [6 * hour, '0 */6 * * *', '0/6:00'],
    [12 * hour, '0 */12 * * *', '0/12:00'],
    [24 * hour, '0 0 * * *', '00:00'],
  ])('of %i ms is %s', (ms, cron, calendar) => {
    expect(rhythmOf(ms)).toEqual({ seconds: ms / 1000, cron, calendar });
  });

  it.each([1000, 90_000, 7 * minute, 45 * minute, 90 * minute, 5 * hour, 36 * hour, 48 * hour])(
    'of %i ms can not be kept',
    (ms) => {
      expect(() => rhythmOf(ms)).toThrow(expect.objectContaining({ code: 'bad_value' }));
    },
  );

  it('rings as often as it says, wherever in the day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1440 }), (minutes) => {
        let cron: string;
        try {
          ({ cron } = rhythmOf(minutes * minute));
        } catch {
          return;
        }
        const rings = Array.from({ length: 1440 }, (_, at) => at).filter((at) => ringsAt(cron, at));
        const gaps = rings.map((at, index) => (rings[index + 1] ?? 1440 + (rings[0] ?? 0)) - at);
        expect(new Set(gaps)).toEqual(new Set([minutes]));
      }),
    );
  });
});

/** Whether a line of a crontab rings at a minute of the day; `*`, `*\/n` and numbers are all it may have. */
function ringsAt(cron: string, minuteOfDay: number): boolean {
  const [minutes = '', hours = '', ...rest] = cron.split(' ');
  expect(rest).toEqual(['*', '*', '*']);
  const isMet = (field: string, value: number) => {
    const step = /^\*\/(\d+)$/.exec(field);
    if (step) return value % Number(step[1]) === 0;
    return field === '*' || Number(field) === value;
  };
  return isMet(minutes, minuteOfDay % 60) && isMet(hours, Math.floor(minuteOfDay / 60));
}
