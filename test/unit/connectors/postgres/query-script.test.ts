import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/connections/errors.ts';
import { readSqlScript } from '../../../../src/connectors/postgres/query-script.ts';

function codeOf(sql: string, parameters: Record<string, string> = {}): string {
  try {
    readSqlScript(sql, new Map(Object.entries(parameters)));
  } catch (error) {
    if (error instanceof UsageError) return error.code;
    throw error;
  }
  return 'none';
}

describe('a script', () => {
  it('numbers the parameters of each statement, and binds a value once', () => {
    const values = new Map([
      ['a', "x'; drop table t; --"],
      ['b', ''],
    ]);
    const { statements } = readSqlScript('select :b, :a, :b; select :a::int', values);
    expect(statements.map(({ text, values }) => ({ text, values }))).toEqual([
      { text: 'select $1, $2, $1', values: ['', "x'; drop table t; --"] },
      { text: 'select $1::int', values: ["x'; drop table t; --"] },
    ]);
  });

  it('knows where a place of what is sent comes from', () => {
    const source = 'select 1;\n  select :long_name, bad from t';
    const statement = readSqlScript(source, new Map([['long_name', '1']])).statements[1];
    expect(statement?.text).toBe('select $1, bad from t');
    const place = statement?.placeOf('select $1, '.length) ?? 0;
    expect(source.slice(place, place + 3)).toBe('bad');
    expect(source.slice(statement?.placeOf('select '.length))).toMatch(/^:long_name/);
    expect(statement?.placeOf(1000)).toBe(source.length);
  });

  it('refuses what is unknown, unused, mixed or nothing', () => {
    expect(codeOf('select :a')).toBe('unknown_parameter');
    expect(codeOf('select 1', { a: '1' })).toBe('unused_parameter');
    expect(codeOf("select ':a'", { a: '1' })).toBe('unused_parameter');
    expect(codeOf('select :a, $1', { a: '1' })).toBe('mixed_parameters');
    expect(codeOf(' -- nothing')).toBe('no_statement');
    expect(codeOf('select :__proto__')).toBe('unknown_parameter');
    expect(codeOf('select :a', { a: '1' })).toBe('none');
  });
});
