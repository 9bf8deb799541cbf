import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { wrapWords } from '../../../src/output/wrap-text.ts';

test('breaks between words, and indents what follows', () => {
  expect(wrapWords('jackfield: there is no connection "shop"', 24, '  ')).toBe(
    'jackfield: there is no\n  connection "shop"',
  );
  expect(wrapWords('one two', Number.POSITIVE_INFINITY, '  ')).toBe('one two');
  expect(wrapWords('a postgresql://much-too-long/to-fit b', 12, '  ')).toBe(
    'a\n  postgresql://much-too-long/to-fit\n  b',
  );
  expect(wrapWords('', 10, '  ')).toBe('');
});

test('loses nothing, and no line is wider but of one word', () => {
  const texts = fc
    .array(fc.stringMatching(/^[a-z漢é]{1,12}$/), { minLength: 1 })
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 60 }), (text, width) => {
      const lines = wrapWords(text, width, '  ').split('\n');
      expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
      for (const line of lines) {
        if (line.trim().includes(' ')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }),
  );
});
