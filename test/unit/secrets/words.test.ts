import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteWords, splitWords } from '../../../src/secrets/words.ts';

describe('splitting a command line', () => {
  it.each([
    ['pass show db/orders', ['pass', 'show', 'db/orders']],
    ['  pass\tshow \n', ['pass', 'show']],
    [`op read 'op://vault/my item/password'`, ['op', 'read', 'op://vault/my item/password']],
    ['a "b c" d', ['a', 'b c', 'd']],
    [`a"b"'c'd`, ['abcd']],
    [`'' ""`, ['', '']],
    ['a\\ b \\"', ['a b', '"']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    [`'a\\b"c'`, ['a\\b"c']],
    ['echo $HOME `id` ; | > * ~', ['echo', '$HOME', '`id`', ';', '|', '>', '*', '~']],
    ['', []],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it.each(["a 'b", 'a "b', 'a "b\\"', 'a \\'])('refuses %j, which is not finished', (text) => {
    expect(splitWords(text)).toBeNull();
  });

  it('gives back any words that were quoted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...`'"\\ \t\n$ab`) }))),
        (words) => {
          expect(splitWords(quoteWords(words))).toEqual(words);
        },
      ),
    );
  });
});
