import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideSql } from '../../../../src/connectors/postgres/query-lexer.ts';

/** The statements' texts. */
function statementsOf(sql: string): string[] {
  return divideSql(sql).statements.map(({ start, end }) => sql.slice(start, end));
}

/** What stands between semicolons, each a whole token of SQL. */
const token = fc.oneof(
  fc.constantFrom('select', 'x', '1.5e3', ',', '+', '::', '<=', 'a.b', '[1:2]', '(', '$1', 'é', 'begin'),
  fc
    .string({ unit: fc.constantFrom(...';\'"\\-/*$ae\n :') })
    .map((text) => `'${text.replaceAll("'", "''")}'`),
  fc.string({ unit: fc.constantFrom(...';\'"\\-/*$\n') }).map((text) => `"${text.replaceAll('"', '""')}"`),
  fc
    .string({ unit: fc.constantFrom(...";'\\-/*\n") })
    .map((text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
  fc.string({ unit: fc.constantFrom(...';\'"\\-/* \n') }).map((text) => `$tag$${text}$tag$`),
  fc.string({ unit: fc.constantFrom(...';\'"$-a ') }).map((text) => `-- ${text}\n`),
  fc.string({ unit: fc.constantFrom(...';\'"$a ') }).map((text) => `/* ${text} /* ${text} */ ${text}*/`),
);

/**
 * Parentheses are closed, as a semicolon within them ends nothing. Something stands between strings: over
 * a line's end the second would go on with the first (manual, 4.1.2.1).
 */
const statement = fc
  .array(token, { maxLength: 8 })
  .map((tokens) => ['select', ...tokens].join(' + '))
  .map((text) => text + ' )'.repeat(statementsOpenParentheses(text)));

function statementsOpenParentheses(text: string): number {
  return text.split(' ').filter((word) => word === '(').length;
}

describe('dividing SQL', () => {
  it('finds the statements that were joined, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 5 }), (statements) => {
        const found = statementsOf(statements.join('\n;\n'));
        expect(found).toHaveLength(statements.length);
        // A comment at a statement's end is not part of it.
        for (const [index, text] of found.entries()) expect(statements[index]?.startsWith(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('ends on any text, and finds its places in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...';\'"$-/*ae \\\n:(1)E'), maxLength: 40 }), (text) => {
        let at = 0;
        for (const { start, end } of divideSql(text).statements) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[sql: string, statements: string[]]>([
    ['', []],
    [' ;; -- only a comment\n;/* ; */', []],
    ['select 1; select 2', ['select 1', 'select 2']],
    ["select ';', 2", ["select ';', 2"]],
    ["select 'a''; b'; c", ["select 'a''; b'", 'c']],
    // A backslash is nothing in a plain string, and escapes in an E string.
    ["select '\\'; b", ["select '\\'", 'b']],
    ["select E'\\'; b'; c", ["select E'\\'; b'", 'c']],
    ["select e'a'\n'\\'; b'; c", ["select e'a'\n'\\'; b'", 'c']],
    ["select e'a' -- x\n '\\'; b'; c", ["select e'a' -- x\n '\\'; b'", 'c']],
    // Without a line's end between them they are no one string.
    ["select e'a' '\\'; b", ["select e'a' '\\'", 'b']],
    // The letter is a name's last one here.
    ["select type'\\'; b", ["select type'\\'", 'b']],
    ['select $$;$$, $a$ $$; $b$ $a$; c', ['select $$;$$, $a$ $$; $b$ $a$', 'c']],
    // A name may hold a dollar sign, and a number is no tag.
    ['select a$b$; c$b$', ['select a$b$', 'c$b$']],
    ['select $1; select $2', ['select $1', 'select $2']],
    ['select /* /* ; */ ; */ 1; b', ['select /* /* ; */ ; */ 1', 'b']],
    ['select 1 -- ;\n+ 2; b', ['select 1 -- ;\n+ 2', 'b']],
    ['select 1+--;\n2; b', ['select 1+--;\n2', 'b']],
    ['select "a;""b"; c', ['select "a;""b"', 'c']],
    [
      'create rule r as on insert to t do (select 1; select 2); b',
      ['create rule r as on insert to t do (select 1; select 2)', 'b'],
    ],
    [
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; b',
      [
        'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
        'b',
      ],
    ],
    ['begin; select 1; end; b', ['begin', 'select 1', 'end', 'b']],
    ["select 'open; to the end", ["select 'open; to the end"]],
  ])('%j', (sql, statements) => {
    expect(statementsOf(sql)).toEqual(statements);
  });

  it.each([
    ['select 1', false],
    ['select 1;', true],
    ['select 1; -- that is all', true],
    ["select ';", false],
    ['select 1; /* open', false],
    ['create procedure p() begin atomic select 1;', false],
    ['', true],
  ])('%j is complete: %s', (sql, complete) => {
    expect(divideSql(sql).complete).toBe(complete);
  });

  it.each<[sql: string, names: string[]]>([
    ['select :a, :b_1 + :a', ['a', 'b_1', 'a']],
    ["select ':a', \":b\", $$:c$$, E':d' -- :e\n/* :f */", []],
    ['select x::int, y :: text, (z)::date', []],
    ['select f(a := 1), g(b=>:c)', ['c']],
    ['select a[1:n], a[m:n], a[f(1):n]', []],
    ['select a[1 : n]', []],
    ["select :a::int, ':x'::text, :b", ['a', 'b']],
  ])('parameters of %j', (sql, names) => {
    expect(divideSql(sql).statements.flatMap(({ parameters }) => parameters.map(({ name }) => name))).toEqual(
      names,
    );
  });
});
