import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  displayWidth,
  padToWidth,
  terminalSafe,
  truncateToWidth,
} from '../../../src/output/terminal-text.ts';

/** Written on its own, from the code charts: what must never reach a terminal. */
function mayBeObeyed(code: number, multiline: boolean): boolean {
  if (multiline && (code === 0x0a || code === 0x09)) return false;
  const ranges = [
    [0x00, 0x1f],
    [0x7f, 0x9f],
    [0xad, 0xad],
    [0x061c, 0x061c],
    [0x180e, 0x180e],
    [0x200b, 0x200b],
    [0x200e, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
    [0xd800, 0xdfff],
    [0xfeff, 0xfeff],
    [0xfff9, 0xfffb],
    [0xe0000, 0xe007f],
  ] as const;
  return ranges.some(([from, to]) => code >= from && code <= to);
}

function codesOf(text: string): number[] {
  return [...text].map((char) => char.codePointAt(0) ?? 0);
}

const hostile = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0x2000, max: 0x20ff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0xe0000, max: 0xe01ff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});

describe('terminalSafe', () => {
  test.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\x00\x7f', '\\x00\\x7f'],
    ['\u009b31m', '\\x9b31m'],
    ['user\u202etxt.exe', 'user\\u202etxt.exe'],
    ['\u061c\u200e\u200f\u2066\u2069', '\\u061c\\u200e\\u200f\\u2066\\u2069'],
    ['pay\u200bpal', 'pay\\u200bpal'],
    ['\ufeff\u00ad\u2060\u180e', '\\ufeff\\xad\\u2060\\u180e'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud83d', '\\ud83d'],
    ['x\udc00y', 'x\\udc00y'],
  ])('%j is shown as %s', (text, shown) => {
    expect(terminalSafe(text)).toBe(shown);
  });

  test.each([
    '',
    'orders-prod',
    'C:\\temp\\x1b',
    'naïve – “quoted” · … ✓',
    '注文データベース',
    'نام\u200cها',
    '👩‍👩‍👧 ❤️ 🇩🇪',
    'é',
    '__proto__',
  ])('%s is unchanged', (text) => {
    expect(terminalSafe(text)).toBe(text);
  });

  test('newlines and tabs stay in text of several lines, and nothing else does', () => {
    expect(terminalSafe('a\n\tb\x1b\r', { multiline: true })).toBe('a\n\tb\\x1b\\r');
  });

  test('every code point that may be obeyed is shown', () => {
    const missed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const char = code >= 0xd800 && code <= 0xdfff ? String.fromCharCode(code) : String.fromCodePoint(code);
      if (mayBeObeyed(code, false) && terminalSafe(char) === char) missed.push(code.toString(16));
    }
    expect(missed).toEqual([]);
  });

  test('no control or bidi character is ever let through, and twice is once', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, multiline) => {
        const safe = terminalSafe(text, { multiline });
        expect(codesOf(safe).filter((code) => mayBeObeyed(code, multiline))).toEqual([]);
        expect(terminalSafe(safe, { multiline })).toBe(safe);
      }),
    );
  });

  test('letters, digits, punctuation, symbols and marks are unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const printable = [...text]
          .filter((char) => /[\p{L}\p{N}\p{P}\p{S}\p{Mn}\p{Mc} ]/u.test(char))
          .join('');
        // U+034F, the Hangul and the Khmer fillers are letters and marks that show nothing.
        fc.pre(!/[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/.test(printable));
        expect(terminalSafe(printable)).toBe(printable);
      }),
    );
  });
});

describe('displayWidth', () => {
  test.each([
    ['', 0],
    ['orders', 6],
    ['naïve – · … ✓ ✗', 15],
    ['日本語', 6],
    ['ﾊﾝ', 2],
    ['Ａ', 2],
    ['한국', 4],
    ['각', 2],
    ['e\u0301', 1],
    ['👍', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['1️⃣', 2],
    ['㉈', 1],
    ['𠀀', 2],
    ['नि', 2],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('truncateToWidth', () => {
  test.each([
    ['orders', 6, 'orders'],
    ['orders', 5, 'orde…'],
    ['orders', 1, '…'],
    ['orders', 0, ''],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['👩‍👩‍👧x👍', 4, '👩‍👩‍👧x…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['🇩🇪🇫🇷', 3, '🇩🇪…'],
  ])('%s in %i columns is %s', (text, width, cut) => {
    expect(truncateToWidth(text, width)).toBe(cut);
  });

  test('never takes more columns than it may, and padding fills them exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 30 }), (text, width) => {
        const cut = truncateToWidth(terminalSafe(text), width);
        expect(displayWidth(cut)).toBeLessThanOrEqual(width);
        expect(displayWidth(padToWidth(cut, width))).toBe(width);
        expect(displayWidth(padToWidth(cut, width, 'end'))).toBe(width);
      }),
    );
  });
});
