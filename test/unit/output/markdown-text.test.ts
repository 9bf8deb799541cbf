import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownCell, markdownCode, markdownText } from '../../../src/output/markdown-text.ts';

test.each([
  ['plain (text), 1.5: a-b', 'plain (text), 1.5: a-b'],
  ['*a* _b_ `c` <i> [d](e)', '\\*a\\* \\_b\\_ \\`c\\` \\<i\\> \\[d\\](e)'],
  ['$x^2$ a|b ~~c~~ &amp;', '\\$x^2\\$ a\\|b \\~\\~c\\~\\~ \\&amp;'],
  ['@team #12 me@e.example', '&#64;team &#35;12 me&#64;e.example'],
  ['https://e.example FTP://x WWW.e.example', 'https&#58;//e.example FTP&#58;//x WWW&#46;e.example'],
  ['two\nlines', 'two\\\\nlines'],
])('%j is text and nothing else', (text, expected) => {
  expect(markdownText(text)).toBe(expected);
});

test('a cell keeps its lines apart', () => {
  expect(markdownCell('a|b\r\nc')).toBe('a\\|b<br>c');
});

test('code is not ended by what is in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('`', '``', '```', 'a', '\n', ' ')).map((parts) => parts.join('')),
      (text) => {
        const [, fence = ''] = /^(`{3,})sql\n/.exec(markdownCode('sql', text)) ?? [];
        expect(text).not.toContain(fence);
      },
    ),
  );
});
