import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quotedName, readRelationName, writtenName } from '../../../src/metadata/relation-name.ts';

describe('a relation as somebody writes it', () => {
  const read = (text: string) => {
    const found = readRelationName(text);
    return found && [found.schema?.text ?? null, found.name.text];
  };

  test.each([
    ['orders', [null, 'orders']],
    ['app.orders', ['app', 'orders']],
    ['App.Orders', ['App', 'Orders']],
    ['"app"."orders"', ['app', 'orders']],
    ['"Weird ""x""".t', ['Weird "x"', 't']],
    ['app."a.b"', ['app', 'a.b']],
    ['two words.$$', ['two words', '$$']],
    ['"a\nb"', [null, 'a\nb']],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each(['', '.', 'a.', '.b', 'a..b', 'a.b.c', '"a', 'a"', '""', '"a"b', 'a"b"', '"a".', '"a"""b"'])(
    '%j is none',
    (text) => {
      expect(readRelationName(text)).toBeNull();
    },
  );

  test('any name is read back as it is written, and as it is quoted for SQL', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(name, name, (schema, relation) => {
        for (const text of [writtenName({ schema, name: relation }), quotedName({ schema, name: relation })])
          expect(read(text)).toEqual([schema, relation]);
      }),
    );
  });

  test('only what stands in quotes is quoted', () => {
    expect(readRelationName('a."B"')).toEqual({
      schema: { text: 'a', quoted: false },
      name: { text: 'B', quoted: true },
    });
    expect(quotedName({ schema: 'app', name: 'Odd "x"' })).toBe('"app"."Odd ""x"""');
    expect(writtenName({ schema: 'app', name: 'Odd x' })).toBe('app.Odd x');
  });
});
