import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../../src/metadata/glob.ts';

/** The definition, tried out in every way. */
function naive(glob: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = glob;
  if (first === undefined) return name.length === 0;
  if (first === '*') return naive(rest, name) || (name.length > 0 && naive(glob, name.slice(1)));
  return name.length > 0 && (first === '?' || first === name[0]) && naive(rest, name.slice(1));
}

describe('a glob', () => {
  it('matches what its definition matches', () => {
    const globs = fc.string({ unit: fc.constantFrom(...'**??aab.😀'), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom(...'aaab.😀'), maxLength: 8 });
    let matched = 0;
    fc.assert(
      fc.property(globs, names, (glob, name) => {
        const expected = naive([...glob], [...name]);
        matched += Number(expected);
        expect(globMatcher(glob)(name)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
    expect(matched).toBeGreaterThan(100);
  });

  it('takes every other character for itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA1._[](){}+|\\^$-/ \né😀') }), (literal) => {
        expect(globMatcher(literal)(literal)).toBe(true);
        expect(globMatcher(literal)(`${literal}x`)).toBe(false);
      }),
    );
  });

  it.each([
    ['orders', 'orders', true],
    ['orders', 'Orders', false],
    ['order', 'orders', false],
    ['o*s', 'orders', true],
    ['*', '', true],
    ['?', '', false],
    ['?', '😀', true],
    ['*\n*', 'a\nb', true],
    ['a.b', 'axb', false],
    ['[ab]', 'a', false],
    ['a+', 'aa', false],
    ['a|b', 'a', false],
    ['\\d', '1', false],
    ['^a$', 'a', false],
  ])('%j over %j: %j', (glob, name, expected) => {
    expect(globMatcher(glob)(name)).toBe(expected);
  });

  it('with many stars takes no time over a name that almost matches', () => {
    const started = performance.now();
    expect(globMatcher(`${'*a'.repeat(60)}*b`)('a'.repeat(5000))).toBe(false);
    expect(globMatcher('*a'.repeat(60))(`${'a'.repeat(5000)}b`)).toBe(false);
    expect(globMatcher(`${'a*'.repeat(500)}`)('a'.repeat(5000))).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
