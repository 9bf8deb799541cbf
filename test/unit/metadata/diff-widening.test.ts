import { describe, expect, it } from 'vitest';
import { isWidening } from '../../../src/metadata/diff-widening.ts';

describe('a type takes every value of another, and it reads the same', () => {
  it.each([
    ['integer', 'integer'],
    ['smallint', 'integer'],
    ['smallint', 'bigint'],
    ['integer', 'bigint'],
    ['integer[]', 'bigint[]'],
    ['real', 'double precision'],
    ['character varying(40)', 'character varying(41)'],
    ['character varying(40)', 'character varying'],
    ['character varying(40)', 'text'],
    ['character varying', 'text'],
    ['character(8)', 'character(9)'],
    ['character(8)', 'character varying(8)'],
    ['character(8)', 'character varying'],
    ['character(8)', 'text'],
    ['text', 'character varying'],
    ['numeric(10,2)', 'numeric(12,2)'],
    ['numeric(10,2)', 'numeric'],
    ['bit varying(4)', 'bit varying(8)'],
    ['timestamp(3) without time zone', 'timestamp without time zone'],
    ['timestamp(3) with time zone', 'timestamp(6) with time zone'],
    ['time(0) without time zone', 'time(3) without time zone'],
    ['interval(2)', 'interval(3)'],
  ])('%s → %s', (before, after) => {
    expect(isWidening(before, after)).toBe(true);
  });

  it.each([
    ['bigint', 'integer'],
    ['integer', 'smallint'],
    ['integer', 'real'],
    ['integer', 'numeric'],
    ['integer', 'text'],
    ['integer', 'integer[]'],
    ['bigint[]', 'integer[]'],
    ['double precision', 'real'],
    ['character varying(40)', 'character varying(39)'],
    ['character varying', 'character varying(40)'],
    ['text', 'character varying(40)'],
    ['text', 'character(40)'],
    ['character(8)', 'character(7)'],
    ['character(8)', 'character varying(7)'],
    ['character varying(8)', 'character(8)'],
    ['numeric(10,2)', 'numeric(9,2)'],
    // It holds fewer digits before the point, or shows more behind it.
    ['numeric(10,2)', 'numeric(12,4)'],
    ['numeric(10,2)', 'numeric(12,1)'],
    ['numeric', 'numeric(38,10)'],
    ['timestamp without time zone', 'timestamp with time zone'],
    ['timestamp without time zone', 'timestamp(3) without time zone'],
    ['timestamp(3) with time zone', 'timestamp(2) with time zone'],
    ['interval day to second(3)', 'interval'],
    ['bit(4)', 'bit(8)'],
    ['app.mood', 'app.feeling'],
    ['app."numeric(10,2)"', 'app."numeric(12,2)"'],
  ])('%s does not become %s', (before, after) => {
    expect(isWidening(before, after)).toBe(false);
  });
});
