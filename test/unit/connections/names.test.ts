import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/connections/errors.ts';
import { checkName, checkTags, nameComplaint, trimmedName } from '../../../src/connections/names.ts';
import { terminalSafe } from '../../../src/output/terminal-text.ts';

/** Text of all kinds, whole code points and single surrogates, with a liking for the odd ones. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      ...'aé e\u0301-, \t\n\u00a0\u2003\u200b\u200d\u202e\u2028\ufe0f\u3164\u034f\ufeff\ud800\ue000😀',
    ),
    maxLength: 12,
  }),
);

function accepted(text: string): string | null {
  try {
    return checkName(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code: 'bad_name' });
    return null;
  }
}

describe('a name', () => {
  it('that is accepted is trimmed, in NFC, all visible, short, and accepted again as it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = accepted(text);
        if (name === null) return;
        expect(name).toBe(text.normalize('NFC').trim());
        expect(name.normalize('NFC')).toBe(name);
        expect(name.trim()).toBe(name);
        expect(terminalSafe(name)).toBe(name);
        expect([...name].length).toBeGreaterThan(0);
        expect([...name].length).toBeLessThanOrEqual(100);
        expect(name.startsWith('-')).toBe(false);
        expect(checkName(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  it('of letters, digits, marks of punctuation and spaces between them is accepted', () => {
    const unit = fc.constantFrom(...'azAZ09äßйλ漢字_-./:@#&()[]{}\'"$%!?*😀');
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit, minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 7 }),
        (words) => {
          fc.pre(!words[0]?.startsWith('-'));
          const name = words.join(' ');
          expect(checkName(`  ${name}\t`)).toBe(name);
        },
      ),
    );
  });

  it.each([
    ['', 'is empty'],
    [' \t\n', 'is empty'],
    ['a\nb', 'does not print'],
    ['a\tb', 'does not print'],
    ['a\x1b[31mb', 'does not print'],
    ['a\u009bb', 'does not print'],
    ['a\u202eb', 'does not print'],
    ['a\u200bb', 'does not print'],
    ['a\u2028b', 'does not print'],
    ['a\u3164b', 'does not print'],
    ['a\ud800b', 'does not print'],
    ['a\ue000b', 'does not print'],
    ['\ufe0f', 'shows nothing'],
    ['\u0301', 'shows nothing'],
    ['-orders', 'starts with'],
    ['x'.repeat(101), 'longer than 100'],
    ['3f8c1b52-6f3e-4d34-9a3c-0a9e5f1f7b10', 'form of an id'],
    ['3F8C1B52-6F3E-4D34-9A3C-0A9E5F1F7B10', 'form of an id'],
  ])('%j is refused: it %s', (text, why) => {
    expect(nameComplaint(trimmedName(text))).toContain(why);
    expect(() => checkName(text)).toThrow(expect.objectContaining({ code: 'bad_name' }));
  });

  it('is not repeated by its refusal', () => {
    const slip = 'postgres://app:hunter2@db\u0007';
    expect(() => checkName(slip)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('is one name, however its accents are written', () => {
    expect(checkName('cafe\u0301')).toBe(checkName('café'));
  });

  it('may have a hundred characters, each beyond the basic plane', () => {
    expect(checkName('😀'.repeat(100))).toBe('😀'.repeat(100));
  });
});

describe('tags', () => {
  it('are trimmed, sorted and each once', () => {
    expect(checkTags([' prod', 'eu', 'prod ', 'cafe\u0301', 'café'])).toEqual(['café', 'eu', 'prod']);
    expect(checkTags([])).toEqual([]);
  });

  it('stay as they are when they are checked again, in whatever order', () => {
    const tags = fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/));
    fc.assert(
      fc.property(tags, (some) => {
        const kept = checkTags(some);
        expect(checkTags(kept.toReversed())).toEqual(kept);
        expect(new Set(kept)).toEqual(new Set(some));
      }),
    );
  });

  it.each([
    ['', 'is empty'],
    ['a,b', 'comma'],
    ['a\nb', 'does not print'],
    ['-a', 'starts with'],
    ['x'.repeat(101), 'longer'],
  ])('%j is refused: it %s', (tag, why) => {
    expect(() => checkTags(['prod', tag])).toThrow(
      expect.objectContaining({ code: 'bad_tag', message: expect.stringContaining(why) }),
    );
  });
});
