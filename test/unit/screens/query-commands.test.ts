import { describe, expect, test } from 'vitest';
import { readCommand } from '../../../src/screens/query-commands.ts';

const all = { does: 'describe', kinds: 'all', pattern: null, details: false };

describe('a line at the query prompt', () => {
  test.each([
    ['\\d', all],
    [' \\d ;', all],
    ['\\d orders', { ...all, pattern: 'orders' }],
    ['\\d  "Odd "" name"."t";', { ...all, pattern: '"Odd "" name"."t"' }],
    ['\\d+ app.orders', { ...all, pattern: 'app.orders', details: true }],
    ['\\dt', { ...all, kinds: 'tables' }],
    ['\\dv app.*', { ...all, kinds: 'views', pattern: 'app.*' }],
    ['\\q', { does: 'leave' }],
    ['QUIT;', { does: 'leave' }],
    ['\\?', { does: 'help' }],
    ['help', { does: 'help' }],
    ['\\dx', { does: 'unknown', word: '\\dx' }],
    ['\\dorders', { does: 'unknown', word: '\\dorders' }],
    ['\\copy t from x', { does: 'unknown', word: '\\copy t from x' }],
    ['select 1;', null],
    ['exit_code', null],
    ['', null],
  ])('%s', (line, expected) => {
    expect(readCommand(line)).toEqual(expected);
  });
});
