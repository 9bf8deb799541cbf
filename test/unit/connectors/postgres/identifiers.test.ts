import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayIdentifier, quoteIdentifier } from '../../../../src/connectors/postgres/identifiers.ts';

const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom(...'aZ_0$" \'\\;.-\n'), minLength: 1, maxLength: 12 }),
  fc.constantFrom('order', 'user', 'table', 'Orders', 'orders', '__proto__', '1st', 'a"b', '$$'),
);

/**
 * Reads one identifier as PostgreSQL's lexer does (src/backend/parser/scan.l): quoted, with "" for a
 * quote, to the closing quote and not beyond; or bare, folded to lower case. Null when it is not one.
 */
function readIdentifier(sql: string): string | null {
  if (!sql.startsWith('"')) return /^[A-Za-z_][A-Za-z0-9_$]*$/.test(sql) ? sql.toLowerCase() : null;
  let read = '';
  for (let at = 1; at < sql.length; at += 1) {
    if (sql[at] !== '"') read += sql[at];
    else if (sql[at + 1] === '"') {
      read += '"';
      at += 1;
    } else return at === sql.length - 1 ? read : null;
  }
  return null;
}

describe('an identifier', () => {
  it('is read back, whatever it holds', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(readIdentifier(quoteIdentifier(text))).toBe(text);
        expect(readIdentifier(displayIdentifier(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('is always quoted for SQL', () => {
    expect(quoteIdentifier('orders')).toBe('"orders"');
    fc.assert(
      fc.property(name, (text) => {
        expect(quoteIdentifier(text)).toMatch(/^".*"$/s);
      }),
    );
  });

  it.each([
    ['orders', 'orders'],
    ['_order_2', '_order_2'],
    ['Orders', '"Orders"'],
    ['order', '"order"'],
    ['user', '"user"'],
    ['2nd', '"2nd"'],
    ['a b', '"a b"'],
    ['a"b', '"a""b"'],
    ['a$b', '"a$b"'],
    ['é', '"é"'],
    ['', '""'],
    ['x; DROP TABLE y', '"x; DROP TABLE y"'],
  ])('%j is shown as %s', (text, shown) => {
    expect(displayIdentifier(text)).toBe(shown);
  });
});
