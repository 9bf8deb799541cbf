import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../src/connections/shell-word.ts';

/** What a real shell makes of words, each ended by NUL. */
function readByShell(words: readonly string[]): string[] {
  const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join('\n');
  const text = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  return text.split('\0').slice(0, -1);
}

describe('a text as a word of the shell', () => {
  it('is given back by a real shell, whatever it holds', () => {
    const odd = fc.string({
      unit: fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;~#=%^ \t\n\r-aé漢😀`),
      maxLength: 20,
    });
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), odd);
    const words = texts.map((text) => text.replace(/[\0\p{Cs}]/gu, ''));
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 50 }), (some) => {
        expect(readByShell(some)).toEqual(some);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['orders', 'orders'],
    ['orders-prod_2.eu', 'orders-prod_2.eu'],
    ['/var/lib/a:b@c', '/var/lib/a:b@c'],
    ['', "''"],
    ['the orders', "'the orders'"],
    ["it's", "'it'\\''s'"],
    ['$(reboot)', "'$(reboot)'"],
    ['orders\n', "'orders\n'"],
    ['~', "'~'"],
    ['*', "'*'"],
    ['é', "'é'"],
  ])('%j is %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});
