import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Answer, renderAnswer, renderChunks } from '../../../src/output/answer.ts';
import { jsonText } from '../../../src/output/json-text.ts';
import { pipe, terminal } from './samples.ts';

function answerOf(value: unknown, rows: Record<string, string | number | boolean | null>[] = []): Answer {
  return { value, columns: ['a', 'b'], records: () => rows, text: () => 'text\n' };
}

/** Text in which every kind of character is likely. */
const anyText = fc.string({
  unit: fc.oneof(
    fc
      .integer({ min: 0, max: 0x10ffff })
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom('\u202e', '\u2028', '\u{e0041}', '\ufeff', '"', '\\', '\n', ': ', '- ', '#', "'"),
  ),
});

/** DEL, C1, bidi controls and the like; and all of C0 but the line feed that ends a line. */
const obeyed =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;

describe('json', () => {
  test('is indented by two and ends in a newline', async () => {
    expect(await renderAnswer('json', answerOf([{ name: 'x', at: null }]), pipe)).toBe(
      '[\n  {\n    "name": "x",\n    "at": null\n  }\n]\n',
    );
    expect(await renderAnswer('json', answerOf([]), pipe)).toBe('[]\n');
  });

  test('what a terminal might obey is escaped, and reads back the same', () => {
    const hostile = ['\x1b[2J', '\u009b2J', 'a\u202eb', '\u{e0041}', '\ud800', 'ünï'];
    expect(jsonText(hostile, 0)).toBe(
      '["\\u001b[2J","\\u009b2J","a\\u202eb","\\udb40\\udc41","\\ud800","ünï"]\n',
    );
    expect(JSON.parse(jsonText(hostile))).toEqual(hostile);
  });

  test('loses nothing and shows nothing that is obeyed', () => {
    fc.assert(
      fc.property(anyText, anyText, (key, value) => {
        const object = Object.fromEntries([[key, value]]);
        const json = jsonText(object);
        expect(JSON.parse(json)).toEqual(object);
        expect(json).not.toMatch(obeyed);
      }),
    );
  });
});

describe('in pieces', () => {
  test('JSON of any shape is what JSON.stringify makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (value) => {
        expect(await renderAnswer('json', answerOf(value), pipe)).toBe(`${JSON.stringify(value, null, 2)}\n`);
      }),
      { numRuns: 300 },
    );
  });

  test('a large answer comes in many, none of them large', async () => {
    const relation = { name: 'x'.repeat(100), columns: [{ name: 'id', type: 'bigint' }] };
    const value = { schemas: [{ name: 'public', relations: Array.from({ length: 5000 }, () => relation) }] };
    const rows = Array.from({ length: 5000 }, () => ({ a: 'x'.repeat(100), b: 1 }));
    for (const [format, whole] of [
      ['json', `${JSON.stringify(value, null, 2)}\n`],
      ['csv', `a,b\n${`${'x'.repeat(100)},1\n`.repeat(5000)}`],
    ] as const) {
      const chunks: string[] = [];
      for await (const chunk of renderChunks(format, answerOf(value, rows), pipe)) chunks.push(chunk);
      expect(chunks.join('') === whole).toBe(true);
      expect(chunks.length).toBeGreaterThan(5);
      expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(70_000);
    }
  });
});

describe('csv', () => {
  test('has its header when there are no records', async () => {
    expect(await renderAnswer('csv', answerOf([]), pipe)).toBe('a,b\n');
  });

  test('quotes what must be quoted; NULL is empty, an empty string is not', async () => {
    const rows = [
      { a: 'x,y', b: 'say "hi"' },
      { a: null, b: '' },
      { a: 'two\nlines', b: '=1+1' },
      { a: 1.5, b: true },
      { a: ' spaced ', b: '\x1b[2J' },
      { a: 'b is absent' },
    ];
    expect(await renderAnswer('csv', answerOf([], rows), pipe)).toBe(
      [
        'a,b',
        '"x,y","say ""hi"""',
        ',""',
        '"two\nlines",=1+1',
        '1.5,true',
        ' spaced ,\x1b[2J',
        'b is absent,',
        '',
      ].join('\n'),
    );
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠a'])(
    'the cell %j is a formula to a spreadsheet, and a text where that is asked for',
    async (cell) => {
      const rows = [{ a: cell, b: `x${cell}` }];
      const quoted = (text: string) => (/[\r\n]/.test(text) ? `"${text}"` : text);
      const kept = await renderAnswer('csv', answerOf([], rows), pipe);
      const safe = await renderAnswer('csv', answerOf([], rows), pipe, { csvSafe: true });
      expect(kept).toBe(`a,b\n${quoted(cell)},${quoted(`x${cell}`)}\n`);
      expect(safe).toBe(`a,b\n${quoted(`'${cell}`)},${quoted(`x${cell}`)}\n`);
    },
  );

  test('what is asked to be safe keeps numbers, NULL and the empty string as they are', async () => {
    const rows = [
      { a: -1, b: null },
      { a: '', b: 'a=b, "c"' },
    ];
    const safe = await renderAnswer('csv', answerOf([], rows), pipe, { csvSafe: true });
    expect(safe).toBe('a,b\n-1,\n"","a=b, ""c"""\n');
    const tab = answerOf([], [{ a: '\t=1', b: 1 }]);
    expect(await renderAnswer('csv', tab, terminal(80), { csvSafe: true })).toBe("a,b\n'\\t=1,1\n");
  });

  test('a terminal is shown no control character', async () => {
    const rows = [{ a: '\x1b[2J\n', b: 'x\u202e' }];
    expect(await renderAnswer('csv', answerOf([], rows), terminal(80))).toBe('a,b\n\\x1b[2J\\n,x\\u202e\n');
  });
});

describe('yaml', () => {
  test('is plain, and quotes what YAML 1.1 would take for something else', async () => {
    const value = [
      { name: 'orders', sslMode: 'yes', at: '2026-05-04T12:00:00.000Z', port: 5432, none: null },
    ];
    expect(await renderAnswer('yaml', answerOf(value), pipe)).toBe(
      '- name: orders\n  sslMode: "yes"\n  at: "2026-05-04T12:00:00.000Z"\n  port: 5432\n  none: null\n',
    );
  });

  test('loses nothing and shows nothing that is obeyed', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (key, text) => {
        const value = [Object.fromEntries([[`k${key}`, text]]), text];
        const yaml = await renderAnswer('yaml', answerOf(value), pipe);
        expect(parse(yaml)).toEqual(value);
        expect(yaml).not.toMatch(obeyed);
      }),
      { numRuns: 400 },
    );
  });

  test('an option that is called __proto__ stays one', async () => {
    const value = JSON.parse('{"options":{"__proto__":"x"}}');
    const yaml = await renderAnswer('yaml', answerOf(value), pipe);
    expect(yaml).toBe('options:\n  __proto__: x\n');
    expect(JSON.parse(await renderAnswer('json', answerOf(value), pipe))).toEqual(value);
  });
});

test('table is the text of the answer', async () => {
  expect(await renderAnswer('table', answerOf([]), pipe)).toBe('text\n');
});
