import { describe, expect, test } from 'vitest';
import { findRelation } from '../../../src/metadata/find-relation.ts';
import { InMemoryMetadataStore } from '../../support/in-memory-metadata-store.ts';
import { aTable, theFacts } from '../../support/structure-samples.ts';

/** A snapshot with these relations, given as `[schema, name]`. */
async function snapshotOf(...names: readonly [schema: string, name: string][]) {
  const store = new InMemoryMetadataStore({
    now: () => new Date(),
    owner: 'here:1',
    isAtWork: () => false,
  });
  const refresh = await store.beginRefresh('c1');
  await refresh.begin();
  await refresh.write(names.map(([schema, name], index) => aTable(index + 1, name, { schema })));
  const snapshot = await refresh.complete(theFacts(), 'scope', 1);
  const find = async (text: string) => {
    const { schema, name } = await findRelation(store, snapshot, text, { connection: 'Shop', schema: 'app' });
    return [schema, name];
  };
  return find;
}

describe('a relation is found', () => {
  test("by schema and name, or by name alone: the connection's schema first, then the only one", async () => {
    const find = await snapshotOf(['aaa', 'notes'], ['app', 'notes'], ['crm', 'notes'], ['crm', 'customers']);
    expect(await find('crm.notes')).toEqual(['crm', 'notes']);
    expect(await find('notes')).toEqual(['app', 'notes']);
    expect(await find('customers')).toEqual(['crm', 'customers']);
  });

  test('as it is written before as PostgreSQL would fold it', async () => {
    const find = await snapshotOf(['app', 'Orders'], ['app', 'orders'], ['app', 'lines']);
    expect(await find('Orders')).toEqual(['app', 'Orders']);
    expect(await find('ORDERS')).toEqual(['app', 'orders']);
    expect(await find('APP.Lines')).toEqual(['app', 'lines']);
    await expect(find('"Lines"')).rejects.toMatchObject({ code: 'no_such_relation' });
  });

  test('with a dot or a quote in its name, in quotes or not', async () => {
    const find = await snapshotOf(['app', 'a.b'], ['a', 'c'], ['app', 'we"ird']);
    expect(await find('app."a.b"')).toEqual(['app', 'a.b']);
    expect(await find('a.b')).toEqual(['app', 'a.b']);
    expect(await find('a.c')).toEqual(['a', 'c']);
    expect(await find('we"ird')).toEqual(['app', 'we"ird']);
  });

  test.each(['__proto__', 'constructor', 'toString'])('whatever it is called: %s', async (name) => {
    const find = await snapshotOf(['app', 'orders']);
    await expect(find(name)).rejects.toMatchObject({ code: 'no_such_relation' });
    expect(await (await snapshotOf(['app', name]))(name)).toEqual(['app', name]);
  });
});

describe('a relation is not found', () => {
  test('when several schemas have it: they are listed', async () => {
    const schemas = Array.from({ length: 12 }, (_, n): [string, string] => [`s${n + 10}`, 'orders']);
    const find = await snapshotOf(...schemas);
    await expect(find('orders')).rejects.toMatchObject({
      code: 'ambiguous_relation',
      message: expect.stringMatching(/s10\.orders, s11\.orders.*s19\.orders and 2 more$/),
    });
  });

  test('when there is none: names that are near are offered', async () => {
    const find = await snapshotOf(['app', 'orders'], ['crm', 'customers']);
    await expect(find('ordres')).rejects.toMatchObject({
      code: 'no_such_relation',
      message: 'there is no relation "ordres" in Shop; did you mean app.orders?',
    });
    await expect(find('crm.custmers')).rejects.toMatchObject({
      message: expect.stringContaining('did you mean crm.customers?'),
    });
    await expect(find('nowhere')).rejects.toMatchObject({
      message: 'there is no relation "nowhere" in Shop',
      fix: expect.stringContaining('--search'),
    });
  });
});
