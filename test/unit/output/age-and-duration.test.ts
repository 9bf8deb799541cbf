import { expect, test } from 'vitest';
import { addressOf } from '../../../src/output/address.ts';
import { ago } from '../../../src/output/age.ts';
import { formatDuration } from '../../../src/output/duration.ts';
import { now } from './samples.ts';

test.each([
  ['2026-05-04T12:00:00.000Z', 'just now'],
  ['2026-05-04T12:00:30.000Z', 'just now'],
  ['2026-05-04T11:59:56.000Z', 'just now'],
  ['2026-05-04T11:59:15.000Z', '45 s ago'],
  ['2026-05-04T11:59:00.000Z', '1 min ago'],
  ['2026-05-04T11:00:01.000Z', '59 min ago'],
  ['2026-05-04T11:00:00.000Z', '1 h ago'],
  ['2026-05-03T12:00:01.000Z', '23 h ago'],
  ['2026-05-02T12:00:00.000Z', '2 d ago'],
  ['2026-03-06T12:00:00.000Z', '59 d ago'],
  ['2026-03-05T12:00:00.000Z', 'on 2026-03-05'],
  ['2026-05-05T12:00:00.000Z', 'on 2026-05-05'],
  ['no\ndate', 'no\\ndate'],
])('%j was %s', (iso, age) => {
  expect(ago(iso, now)).toBe(age);
});

test.each([
  [0, '0 ms'],
  [0.4, '<1 ms'],
  [12.4, '12 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1250, '1.3 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [125_000, '2 min 5 s'],
  [3_599_700, '1 h 0 min'],
  [3_780_000, '1 h 3 min'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  ['db.example.com', 'db.example.com:5432/orders'],
  ['::1', '[::1]:5432/orders'],
  ['2001:db8::1,b.example.com', '[2001:db8::1],b.example.com:5432/orders'],
  ['[::1]', '[::1]:5432/orders'],
  ['/run/post:gresql', '/run/post:gresql:5432/orders'],
])('%s leads to %s', (host, address) => {
  expect(addressOf({ host, port: 5432, database: 'orders' })).toBe(address);
});
