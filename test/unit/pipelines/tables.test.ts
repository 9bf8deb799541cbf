import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writtenName } from '../../../src/metadata/relation-name.ts';
import { readSchema, readTables, tablesOfAll } from '../../../src/pipelines/tables.ts';

describe('the tables of a pipeline', () => {
  it.each([
    ['app.orders', { schema: 'app', name: 'orders' }],
    ['App.Orders', { schema: 'App', name: 'Orders' }],
    [' app.orders ', { schema: 'app', name: 'orders' }],
    ['"odd.schema"."a ""b"""', { schema: 'odd.schema', name: 'a "b"' }],
  ])('are read from %j letter by letter', (text, table) => {
    expect(readTables([text])).toEqual([table]);
  });

  it.each(['orders', '', '.', 'a.', '.a', 'a.b.c', 'a."b', '"a".b"c', 'a.b\0'])('are not in %j', (text) => {
    expect(() => readTables(['app.fine', text])).toThrow(expect.objectContaining({ code: 'bad_table' }));
  });

  it('are read back as they are written, whatever they are called', () => {
    const part = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((it) => it.trim() === it && !it.includes('\0'));
    fc.assert(
      fc.property(part, part, (schema, name) => {
        expect(readTables([writtenName({ schema, name })])).toEqual([{ schema, name }]);
      }),
    );
  });

  it('are kept once each, and of several pipelines together', () => {
    const [orders, items] = [
      { schema: 'app', name: 'orders' },
      { schema: 'app', name: 'items' },
    ];
    expect(readTables(['app.orders', '"app".orders', 'app.items'])).toEqual([orders, items]);
    const of = (...tables: (typeof orders)[]) => ({ tables, destinationSchema: null });
    const landing = { tables: [orders], destinationSchema: 'landing' };
    expect(tablesOfAll([of(orders), of(), of(items, orders)], 'source')).toEqual([orders, items]);
    expect(tablesOfAll([of(items), landing], 'source')).toEqual([items, orders]);
    expect(tablesOfAll([of(items), landing], 'destination')).toEqual([
      items,
      { schema: 'landing', name: 'orders' },
    ]);
    expect(tablesOfAll([of()], 'source')).toBeNull();
  });

  it('may be loaded into a schema of another name', () => {
    expect([readSchema(null), readSchema('Landing'), readSchema('"a.b"')]).toEqual([null, 'Landing', 'a.b']);
    for (const text of ['', 'a.b', '"a']) {
      expect(() => readSchema(text)).toThrow(expect.objectContaining({ code: 'bad_table' }));
    }
  });
});
