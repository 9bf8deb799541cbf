import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteForBash, readBashLine } from '../../../src/cli/completion/shell-line.ts';

const breaks = ' \t\n"\'@><=;|&(:';

describe('a line of bash', () => {
  it('is taken apart at blanks that are not quoted', () => {
    const line = `A=1 jackfield show 'a b' "c \\"d" e\\ f`;
    expect(readBashLine(line, breaks)).toEqual({
      before: ['jackfield', 'show', 'a b', 'c "d'],
      current: 'e f',
      quote: '',
      kept: 0,
    });
  });

  it.each([
    ['x --role=so', { current: '--role=so', kept: 7, quote: '' }],
    ['x a:b', { current: 'a:b', kept: 2, quote: '' }],
    ['x "a b', { current: 'a b', kept: 0, quote: '"' }],
    ["x 'a b", { current: 'a b', kept: 0, quote: "'" }],
    ['x ', { current: '', kept: 0, quote: '' }],
    ['x a\u00a0b', { current: 'a\u00a0b', kept: 0, quote: '' }],
  ])('%s', (line, expected) => {
    expect(readBashLine(line, breaks)).toMatchObject({ before: ['x'], ...expected });
  });

  it('gives back what was quoted for it', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((it) => !/\p{Cc}/u.test(it));
    fc.assert(
      fc.property(text, fc.constantFrom('' as const, "'" as const, '"' as const), (word, quote) => {
        const line = `x ${quote}${quoteForBash(word, quote)}${quote} `;
        expect(readBashLine(line, breaks).before).toEqual(['x', word]);
      }),
    );
  });

  it('is quoted as bash itself reads it', () => {
    const words = [
      'a b',
      'a\u00a0b\u2003c',
      "it's $HOME",
      '`id` $(id) "x" \\',
      '*?[a] ~ #x !y',
      'ä🗝️',
      '{a,b} <c> (d) & ; |',
    ];
    for (const word of words) {
      for (const quote of ['', "'", '"'] as const) {
        const script = `printf %s ${quote}${quoteForBash(word, quote)}${quote}`;
        expect(execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })).toBe(word);
      }
    }
  });
});
