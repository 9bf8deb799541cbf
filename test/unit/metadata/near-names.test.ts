import { expect, test } from 'vitest';
import { nearNames } from '../../../src/metadata/near-names.ts';

const near = (wanted: string, ...names: string[]) => nearNames(wanted, names, (name) => name);

test('a slip of the hand is forgiven: a letter more, less, another, or two exchanged', () => {
  const names = ['orders', 'customers', 'lines'];
  for (const slip of ['oders', 'orderss', 'ordres', 'Orders', 'order', 'orbers']) {
    expect(near(slip, ...names), slip).toEqual(['orders']);
  }
  // Two letters changed would be too many of three.
  expect(near('tga', 'tag')).toEqual(['tag']);
});

test('a word of a longer name is enough', () => {
  expect(near('order', 'purchase_orders_2026', 'lines')).toEqual(['purchase_orders_2026']);
});

test('the nearest come first, three at the most', () => {
  expect(near('orders', 'ordes', 'order_lines', 'my_orders', 'borders', 'odes', 'orders')).toHaveLength(3);
  expect(near('orders', 'my_orders', 'orderz')[0]).toBe('orderz');
});

test('what is another word altogether is not offered', () => {
  expect(near('orders', 'a', 'notes', 'customers', '')).toEqual([]);
  expect(near('x', 'yz')).toEqual([]);
  // Nothing is in every name.
  expect(near('', 'a', 'orders')).toEqual([]);
  expect(near(' ', 'my orders')).toEqual([]);
});

test('10,000 long names are looked through in no time', () => {
  const names = Array.from({ length: 10_000 }, (_, n) => `${'long_name_'.repeat(6)}${n}`.slice(-63));
  const started = performance.now();
  near('lnog_name_'.repeat(6), ...names);
  expect(performance.now() - started).toBeLessThan(3_000);
});
