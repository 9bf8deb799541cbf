import { describe, expect, it } from 'vitest';
import { type CompletionNames, completionsOf } from '../../../src/screens/query-completion.ts';

const names: CompletionNames = {
  relations: [
    { schema: 'sales', name: 'orders', columns: ['id', 'placed_at', '"Odd Name"'] },
    { schema: 'sales', name: '"Order Lines"', columns: ['order_id'] },
    { schema: 'public', name: 'notes', columns: ['note'] },
  ],
};

describe('completing a line', () => {
  it('offers keywords in the case that is typed, tables, schemas and columns', () => {
    expect(completionsOf('sel', names)).toEqual([['select'], 'sel']);
    expect(completionsOf('SEL', names)).toEqual([['SELECT'], 'SEL']);
    expect(completionsOf('select * from ord', names)).toEqual([['order', 'orders', 'order_id'], 'ord']);
    expect(completionsOf('select * from sa', names)).toEqual([['sales.'], 'sa']);
    expect(completionsOf('select pla', names)).toEqual([['placed_at'], 'pla']);
  });

  it('offers what a schema or table holds behind a dot', () => {
    expect(completionsOf('select * from sales.', names)).toEqual([
      ['sales.orders', 'sales."Order Lines"'],
      'sales.',
    ]);
    expect(completionsOf('select * from sales."Or', names)).toEqual([['sales."Order Lines"'], 'sales."Or']);
    expect(completionsOf('select orders.p', names)).toEqual([['orders.placed_at'], 'orders.p']);
    expect(completionsOf('where sales.orders.', names)[0]).toEqual([
      'sales.orders.id',
      'sales.orders.placed_at',
      'sales.orders."Odd Name"',
    ]);
  });

  it('offers nothing where nothing is typed, and keywords where no names are known', () => {
    expect(completionsOf('select ', names)).toEqual([[], '']);
    expect(completionsOf('x.y', { relations: [] })).toEqual([[], 'x.y']);
    expect(completionsOf('whe', { relations: [] })).toEqual([['where', 'when'], 'whe']);
  });
});
