import { expect, it } from 'vitest';
import { durationMs } from '../../../../src/connectors/postgres/session-facts.ts';

it.each([
  ['0', 0],
  ['250', 250],
  ['250ms', 250],
  ['90s', 90_000],
  ['1min', 60_000],
  ['2 h', 7_200_000],
  ['1d', 86_400_000],
  ['', 0],
  ['-1', 0],
  ['soon', 0],
  ['1us', 0],
  ['1min30s', 0],
])('the setting %j is %d ms', (setting, milliseconds) => {
  expect(durationMs(setting)).toBe(milliseconds);
});
