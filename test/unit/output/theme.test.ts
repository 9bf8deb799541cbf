import { describe, expect, test } from 'vitest';
import { coloredMark, mark, plainTheme, themeFor, wantsColor } from '../../../src/output/theme.ts';

describe('wantsColor', () => {
  test.each([
    ['a terminal', {}, true, undefined, true],
    ['no terminal', {}, false, undefined, false],
    ['TERM=dumb', { TERM: 'dumb' }, true, undefined, false],
    ['NO_COLOR', { NO_COLOR: '1' }, true, undefined, false],
    ['an empty NO_COLOR', { NO_COLOR: '' }, true, undefined, true],
    ['FORCE_COLOR off a terminal', { FORCE_COLOR: '1' }, false, undefined, true],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, undefined, false],
    ['FORCE_COLOR=false', { FORCE_COLOR: 'false' }, true, undefined, false],
    ['an empty FORCE_COLOR', { FORCE_COLOR: '' }, false, undefined, false],
    ['FORCE_COLOR over TERM=dumb', { FORCE_COLOR: '3', TERM: 'dumb' }, true, undefined, true],
    ['NO_COLOR over FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, undefined, false],
    ['--no-color over FORCE_COLOR', { FORCE_COLOR: '1' }, true, false, false],
    ['--color over NO_COLOR', { NO_COLOR: '1' }, false, true, true],
  ] as const)('%s', (_case, env, isTerminal, flag, wanted) => {
    expect(wantsColor({ env, isTerminal, flag })).toBe(wanted);
  });
});

describe('themeFor', () => {
  test('without colour it is the plain one', async () => {
    expect(await themeFor({ color: false })).toBe(plainTheme);
    expect(plainTheme.bad('x')).toBe('x');
  });

  test('with colour it writes the sixteen colours, whatever the stream of this process', async () => {
    const theme = await themeFor({ color: true });
    expect(theme.good('ok')).toBe('\x1b[32mok\x1b[39m');
    expect(theme.bad('no')).toBe('\x1b[31mno\x1b[39m');
    expect(coloredMark('warned', theme)).toBe('\x1b[33m! warned\x1b[39m');
  });
});

test('every mark has its word', () => {
  expect((['passed', 'warned', 'failed', 'skipped'] as const).map((outcome) => mark(outcome))).toEqual([
    '✓ passed',
    '! warned',
    '✗ failed',
    '– skipped',
  ]);
});
