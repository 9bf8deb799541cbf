import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ColumnKind, StatementOutcome } from '../../../src/connections/query-port.ts';
import { uniqueNames } from '../../../src/output/query-json.ts';
import { type QueryFormat, queryWriter } from '../../../src/output/query-writer.ts';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { plainTheme } from '../../../src/output/theme.ts';
import { parseCsv } from '../../support/csv.ts';

type Row = readonly (string | null)[];

interface Result {
  /** `name` is text, `name:number` of that kind; none: a statement without columns. */
  readonly columns: readonly string[];
  readonly rows?: readonly Row[];
  readonly outcome?: Partial<StatementOutcome>;
}

interface Shown {
  readonly terminal?: number;
  readonly csvSafe?: boolean;
}

/** A row as the server packs it, in the midst of other bytes. */
function packed(row: Row): { bytes: Buffer; start: number; end: number } {
  const fields = row.map((text) => {
    const value = Buffer.from(text ?? '');
    const length = Buffer.alloc(4);
    length.writeInt32BE(text === null ? -1 : value.length);
    return Buffer.concat([length, value]);
  });
  const bytes = Buffer.concat([Buffer.from('xyz'), ...fields, Buffer.from('","')]);
  return { bytes, start: 3, end: bytes.length - 3 };
}

async function written(format: QueryFormat, results: readonly Result[], shown: Shown = {}): Promise<string> {
  const taken: Buffer[] = [];
  const writer = queryWriter({
    format,
    view: {
      columns: shown.terminal ?? Number.POSITIVE_INFINITY,
      terminal: shown.terminal !== undefined,
      theme: plainTheme,
      now: new Date(),
    },
    csvSafe: shown.csvSafe ?? false,
    statements: results.length,
    write: async (bytes) => void taken.push(Buffer.from(bytes)),
  });
  for (const { columns, rows = [], outcome } of results) {
    if (columns.length > 0) {
      writer.begin(
        columns.map((column) => {
          const [name = '', kind = 'text'] = column.split(':');
          return { name, kind: kind as ColumnKind };
        }),
      );
    }
    for (const row of rows) {
      const { bytes, start, end } = packed(row);
      await writer.row(bytes, start, end);
    }
    const base = { command: 'SELECT', rowCount: rows.length, hasColumns: columns.length > 0, more: false };
    await writer.end({ ...base, ...outcome });
  }
  await writer.finish();
  return Buffer.concat(taken).toString('utf8');
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}|\0/u.test(text)),
  fc.string({ unit: fc.constantFrom(...'a",\r\n\\.\t\u0001\u007f\u0085\u202eé€😀') }),
  fc.constantFrom('', '\\.', 'NULL', ' ', '"'),
);
const anyRows = fc.array(fc.tuple(fc.option(anyText), fc.option(anyText)), { minLength: 1, maxLength: 20 });

/** The value of a decimal number: its digits without zeros at the ends, and the power of ten of the last. */
function decimalOf(text: string): { sign: string; digits: string; power: number } {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return { sign: '', digits, power: 0 };
  return { sign, digits, power: Number(exponent) - fraction.length + (all.length - digits.length) };
}

describe('CSV', () => {
  it('gives every text back, and tells NULL from the empty string', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        const csv = await written('csv', [{ columns: ['a', 'b'], rows }]);
        expect(parseCsv(csv)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });

  it('quotes what psql quotes, and nothing else', async () => {
    const rows = [['a b', "it's", '\\.', 'x,y', '"', '1\n2', '3\r', ';', '', null]];
    const columns = 'abcdefghij'.split('');
    expect(await written('csv', [{ columns, rows }])).toBe(
      'a,b,c,d,e,f,g,h,i,j\na b,it\'s,"\\.","x,y","""","1\n2","3\r",;,"",\n',
    );
  });

  it('keeps rows whole that are larger than a block, and many that are small', async () => {
    const large = 'x"é'.repeat(300_000);
    const rows: Row[] = [[large, null], ...Array.from({ length: 50_000 }, (_, n) => [`${n}`, 'small'])];
    const csv = await written('csv', [{ columns: ['a', 'b'], rows }]);
    expect(csv).toBe(
      `a,b\n"${large.replaceAll('"', '""')}",\n${rows
        .slice(1)
        .map((row) => `${row.join(',')}\n`)
        .join('')}`,
    );
  });

  it('has an empty line between results, and nothing of statements without columns', async () => {
    const results = [{ columns: ['a'], rows: [['1']] }, { columns: [] }, { columns: ['b'] }];
    expect(await written('csv', results)).toBe('a\n1\n\nb\n');
  });

  it('shows on a terminal what is unsafe, and neutralises formulas with --csv-safe, numbers not', async () => {
    const results = [{ columns: ['a', 'n:number'], rows: [['\u001b[2J', '-1']] }];
    expect(await written('csv', results, { terminal: 80 })).toBe('a,n\n\\x1b[2J,-1\n');
    const formulas = [{ columns: ['=a', 'n:number'], rows: [['=1+1', '-1']] }];
    expect(await written('csv', formulas, { csvSafe: true })).toBe("'=a,n\n'=1+1,-1\n");
  });
});

describe('JSON', () => {
  it('gives every text back, in JSON, NDJSON and YAML', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        const objects = rows.map(([a, b]) => ({ a, b }));
        const results = [{ columns: ['a', 'b'], rows }];
        const json = await written('json', results);
        expect(JSON.parse(json)).toEqual(objects);
        // A terminal obeys none of it.
        expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        const lines = (await written('ndjson', results)).trimEnd().split('\n');
        expect(lines.map((line) => JSON.parse(line))).toEqual(objects);
        expect(parse(await written('yaml', results))).toEqual(objects);
      }),
    );
  });

  it('keeps every digit of a number: what a double can not tell is a string', async () => {
    const number = async (text: string, kind = 'number') => {
      const json = await written('ndjson', [{ columns: [`n:${kind}`], rows: [[text]] }]);
      return json.slice('{"n": '.length, -2);
    };
    expect(await number('1')).toBe('1');
    expect(await number('19.90')).toBe('19.90');
    expect(await number('-0.000000000012345')).toBe('-0.000000000012345');
    expect(await number('9007199254740991')).toBe('9007199254740991');
    expect(await number('-9007199254740993')).toBe('"-9007199254740993"');
    expect(await number('123456789.123456789')).toBe('"123456789.123456789"');
    expect(await number('NaN')).toBe('"NaN"');
    expect(await number('-Infinity')).toBe('"-Infinity"');
    expect(await number('1.7976931348623157e+308', 'float')).toBe('1.7976931348623157e+308');
    expect(await number('NaN', 'float')).toBe('"NaN"');
    expect(await number('2147483647', 'integer')).toBe('2147483647');
    expect(await number('t', 'boolean')).toBe('true');
    expect(await number('f', 'boolean')).toBe('false');
  });

  it('never makes another number of one', async () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat(25))
      .map(([digits, scale]) => {
        const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
        const point = text.length - scale;
        return `${digits < 0n ? '-' : ''}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ''}`;
      });
    await fc.assert(
      fc.asyncProperty(decimal, async (text) => {
        const json = await written('ndjson', [{ columns: ['n:number'], rows: [[text]] }]);
        const token = json.slice('{"n": '.length, -2);
        if (token.startsWith('"')) expect(token).toBe(`"${text}"`);
        else {
          expect(token).toBe(text);
          // As many digits of what is read as were written are those that were written.
          const { digits } = decimalOf(text);
          expect(decimalOf(Number(token).toPrecision(Math.max(1, digits.length)))).toEqual(decimalOf(text));
        }
      }),
    );
  });

  it('takes JSON as it is, on one line', async () => {
    const json = '{"b": 1,\n\t"a": "é\\u202e", "n": 12345678901234567890}';
    const line = await written('ndjson', [{ columns: ['j:json'], rows: [[json]] }]);
    expect(line).toBe('{"j": {"b": 1,  "a": "é\\u202e", "n": 12345678901234567890}}\n');
  });

  it('is one array for one statement, and an array of those for several', async () => {
    expect(await written('json', [{ columns: ['a'] }])).toBe('[]\n');
    expect(await written('json', [{ columns: [] }])).toBe('[]\n');
    const several = [{ columns: ['a'], rows: [['1'], ['2']] }, { columns: [] }, { columns: ['b'] }];
    expect(JSON.parse(await written('json', several))).toEqual([[{ a: '1' }, { a: '2' }], [], []]);
    expect(await written('ndjson', several)).toBe('{"a": "1"}\n{"a": "2"}\n');
    expect(await written('yaml', several)).toBe('- {"a": "1"}\n- {"a": "2"}\n---\n[]\n---\n[]\n');
  });

  it('names each column once', async () => {
    const columns = ['id', 'id', 'id_2', 'id', '?column?'].map((name) => ({ name, kind: 'text' as const }));
    expect(uniqueNames(columns)).toEqual(['id', 'id_3', 'id_2', 'id_4', '?column?']);
    const text = await written('ndjson', [{ columns: ['__proto__', 'a"b\u202e'], rows: [['1', '2']] }]);
    expect(text).toBe('{"__proto__": "1", "a\\"b\\u202e": "2"}\n');
  });
});

describe('a table', () => {
  it('aligns, tells NULL from text, and counts', async () => {
    const rows = [
      ['1', null, 'é'],
      ['20', 'NULL', ''],
    ];
    expect(await written('table', [{ columns: ['n:integer', 'text', 'z'], rows }])).toBe(
      ' n  text  z\n 1  ∅     é\n20  NULL\n2 rows\n',
    );
  });

  it('says what a statement without rows did, and that there are more rows', async () => {
    const results = [
      { columns: [], outcome: { command: 'UPDATE', rowCount: 1 } },
      { columns: ['a'], rows: [['1']], outcome: { more: true } },
    ];
    expect(await written('table', results)).toBe(
      'UPDATE, 1 row\n\na\n1\n… the first 1 row; --limit 0 shows all\n',
    );
  });

  it('fits a terminal, and is a list where there are too many columns', async () => {
    const wide = [{ columns: ['a', 'b'], rows: [['x'.repeat(200), 'y'.repeat(300)]] }];
    const lines = (await written('table', wide, { terminal: 40 })).split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBe(40);
    const many = [{ columns: 'abcdefgh'.split(''), rows: ['12345678'.split('')] }];
    expect(await written('table', many, { terminal: 40 })).toMatch(/^row 1\n {2}a {2}1\n {2}b {2}2\n/);
  });

  it('passes on large results in batches', async () => {
    const rows = Array.from({ length: 2_500 }, (_, n) => [String(n)]);
    const lines = (await written('table', [{ columns: ['n'], rows }])).split('\n');
    expect(lines.slice(1, -2)).toEqual(rows.map(([n]) => n));
    expect(lines.at(-2)).toBe('2,500 rows');
  });
});

describe('Markdown', () => {
  it('has one line a row, whatever the text', async () => {
    const rows = [
      ['a|b', null],
      ['*x* <b>\n`c`', '\u001b[2J'],
      ['https://e.example', 'me@e.example'],
    ];
    expect(await written('markdown', [{ columns: ['t', 'n:number'], rows }])).toBe(
      '| t | n |\n| --- | ---: |\n| a\\|b | *NULL* |\n| \\*x\\* \\<b\\><br>\\`c\\` | \\\\x1b\\[2J |\n' +
        '| https&#58;//e.example | me&#64;e.example |\n',
    );
  });
});
