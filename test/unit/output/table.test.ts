import { describe, expect, test } from 'vitest';
import { keyValues, table } from '../../../src/output/table.ts';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { pipe, terminal } from './samples.ts';

const columns = [{ title: 'NAME', shrinkTo: 4 }, { title: 'PORT', align: 'end' }, { title: 'NOTE' }] as const;

describe('table', () => {
  test('columns are aligned to what is shown, and no line ends in spaces', () => {
    const rows = [
      ['orders', '5432', 'x'],
      ['注文', '1', ''],
      ['e\u0301te\u0301', '', 'last'],
    ];
    expect(table(columns, rows, pipe)).toBe(
      ['NAME    PORT  NOTE', 'orders  5432  x', '注文       1', 'e\u0301te\u0301           last', ''].join(
        '\n',
      ),
    );
  });

  test('cells are made safe before they are measured', () => {
    expect(table(columns, [['a\x1b[2J', '1', '\n']], pipe)).toBe(
      ['NAME      PORT  NOTE', 'a\\x1b[2J     1  \\n', ''].join('\n'),
    );
  });

  test('a style is put around the text, not around the padding', () => {
    const loud = (text: string) => `<${text}>`;
    expect(table(columns, [[{ text: 'abc', style: loud }, '1', { text: 'n', style: loud }]], pipe)).toBe(
      ['NAME  PORT  NOTE', '<abc>      1  <n>', ''].join('\n'),
    );
  });

  test('on a terminal the columns that may shrink are cut first, then any', () => {
    const rows = [['a-very-long-name', '5432', 'a note']];
    expect(table(columns, rows, terminal(22))).toBe(
      ['NAME      PORT  NOTE', 'a-very-…  5432  a note', ''].join('\n'),
    );
    expect(table(columns, rows, terminal(14))).toBe(['NA…  PO…  NOTE', 'a-…  54…  a n…', ''].join('\n'));
  });

  test.each([20, 40, 80, 200])('at width %i no line is wider', (width) => {
    const rows = Array.from({ length: 20 }, (_row, index) => [
      '名'.repeat(index),
      'x'.repeat(index * 3),
      'y'.repeat(index),
    ]);
    for (const line of table(columns, rows, terminal(width)).split('\n')) {
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test('off a terminal nothing is cut', () => {
    expect(table(columns, [['n'.repeat(500), '1', 'm'.repeat(500)]], { ...pipe, columns: 40 })).toContain(
      'n'.repeat(500),
    );
  });

  test('without rows the header stands', () => {
    expect(table(columns, [], pipe)).toBe('NAME  PORT  NOTE\n');
  });
});

describe('keyValues', () => {
  test('aligns the values, leaves out those that are null, makes keys and values safe', () => {
    const pairs = [
      ['Host', 'h\n'],
      ['SSL key', null],
      ['Option \x1b', 'v'],
    ] as const;
    expect(keyValues(pairs, pipe, '  ')).toBe('  Host         h\\n\n  Option \\x1b  v\n');
  });
});
