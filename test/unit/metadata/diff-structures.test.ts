import { describe, expect, it } from 'vitest';
import {
  aColumn,
  anEnum,
  anIndex,
  aTable,
  changesBetween,
  keyedBy,
  type Schemas,
  structureOf,
  told,
} from '../../support/compared-structures.ts';

const differences = async (
  before: Schemas,
  after: Schemas,
  options: Parameters<typeof changesBetween>[2] = {},
) => (await changesBetween(structureOf(before), structureOf(after), options)).map(told);

const orders = aTable(1, 'orders', { columns: [aColumn('id'), aColumn('total')] });

describe('two readings of one database', () => {
  it('are the same where only estimates, oids of nobody and validity differ', async () => {
    const before = aTable(1, 'orders', {
      estimatedRows: 10,
      indexes: [anIndex('by_id', { valid: false })],
      checks: [{ name: 'positive', definition: 'CHECK ((id > 0)) NOT VALID' }],
    });
    const after = aTable(1, 'orders', {
      estimatedRows: 12_000,
      populated: false,
      indexes: [anIndex('by_id')],
      checks: [{ name: 'positive', definition: 'CHECK ((id > 0))' }],
    });
    expect(await differences({ app: [before] }, { app: [after] })).toEqual([]);
  });

  it('tell a renamed table and a renamed column by their numbers', async () => {
    const renamed = aTable(1, 'purchases', { columns: [aColumn('id'), aColumn('amount')] });
    expect(await differences({ app: [orders] }, { app: [renamed] })).toEqual([
      'relation_renamed app.purchases: orders → purchases',
      'column_renamed app.purchases.amount: total → amount',
    ]);
  });

  it('tell names that were exchanged', async () => {
    const exchanged = aTable(1, 'orders', { columns: [aColumn('total'), aColumn('id')] });
    expect(await differences({ app: [orders] }, { app: [exchanged] })).toEqual([
      'column_renamed app.orders.total: id → total',
      'column_renamed app.orders.id: total → id',
    ]);
  });

  it('tell a moved table, with the sequence of its serial column', async () => {
    const before = aTable(1, 'orders', {
      columns: [aColumn('id', { default: "nextval('app.orders_id_seq'::regclass)" })],
    });
    const after = aTable(1, 'orders', {
      columns: [aColumn('id', { default: "nextval('old.orders_id_seq'::regclass)" })],
    });
    const other = aTable(2, 'other');
    expect(await differences({ app: [before, other], old: [] }, { app: [other], old: [after] })).toEqual([
      'relation_moved old.orders: app → old',
    ]);
  });

  it('tell a renamed schema as one change', async () => {
    const type = anEnum(3, 'mood', 'glad');
    const table = (schema: string) =>
      aTable(1, 'orders', { columns: [aColumn('mood', { type: `${schema}.mood` })] });
    expect(await differences({ app: [table('app'), type] }, { shop: [table('shop'), type] })).toEqual([
      'schema_renamed shop: app → shop',
    ]);
  });

  it('tell no renamed schema where others moved into it too', async () => {
    const before = { app: [aTable(1, 'orders')], crm: [aTable(2, 'people'), aTable(3, 'firms')] };
    const after = { shop: [aTable(1, 'orders'), aTable(2, 'people')], crm: [aTable(3, 'firms')] };
    expect(await differences(before, after)).toEqual([
      'schema_dropped app: app → –',
      'schema_added shop: – → shop',
      'relation_moved shop.orders: app → shop',
      'relation_moved shop.people: crm → shop',
    ]);
  });

  it('follow a rename into keys, checks, indexes and what refers to it', async () => {
    const customers = aTable(1, 'customers', {
      columns: [aColumn('id', { nullable: false }), aColumn('credit')],
      ...keyedBy('customers_pkey', 'id'),
      checks: [{ name: 'credit_check', definition: 'CHECK ((credit >= 0))' }],
    });
    const clients = aTable(1, 'clients', {
      columns: [aColumn('key', { nullable: false }), aColumn('order')],
      ...keyedBy('customers_pkey', 'key'),
      checks: [{ name: 'credit_check', definition: 'CHECK (("order" >= 0))' }],
    });
    const referring = (table: string, column: string) =>
      aTable(2, 'orders', {
        columns: [aColumn('customer')],
        foreignKeys: [
          {
            name: 'orders_customer',
            columns: ['customer'],
            referencedSchema: 'app',
            referencedTable: table,
            referencedColumns: [column],
            deferrable: false,
            initiallyDeferred: false,
            onUpdate: 'no action',
            onDelete: 'no action',
            validated: true,
          },
        ],
      });
    expect(
      await differences(
        { app: [customers, referring('customers', 'id')] },
        { app: [clients, referring('clients', 'key')] },
      ),
    ).toEqual([
      'relation_renamed app.clients: customers → clients',
      'column_renamed app.clients.key: id → key',
      'column_renamed app.clients.order: credit → order',
    ]);
  });

  it('take a table that was made anew under the same name for the same one', async () => {
    const anew = aTable(9, 'orders', { columns: [aColumn('total', { type: 'bigint' }), aColumn('id')] });
    expect(await differences({ app: [orders] }, { app: [anew] })).toEqual([
      'column_type_changed app.orders.total: integer → bigint',
    ]);
  });

  it('say that what is gone may only be hidden when more is hidden than before', async () => {
    const before = structureOf({ app: [orders] });
    const without = (hidden: number) => structureOf({ app: [] }, { schemas: 0, relations: hidden });
    const [dropped] = await changesBetween(before, without(0));
    const [hidden] = await changesBetween(before, without(1));
    expect(dropped).toMatchObject({ kind: 'relation_dropped', reason: 'who reads or writes it fails' });
    expect(hidden?.reason).toContain('may not see it any more');
  });
});

describe('two databases', () => {
  const other = { numbering: 'other' } as const;

  it('are matched by names, whatever their numbers', async () => {
    const there = aTable(7, 'orders', { columns: [aColumn('total'), aColumn('id')] });
    expect(await differences({ app: [orders] }, { app: [there] }, other)).toEqual([]);
  });

  it('have no renames', async () => {
    expect(await differences({ app: [orders] }, { app: [{ ...orders, name: 'purchases' }] }, other)).toEqual([
      'relation_dropped app.orders: table, 2 columns → –',
      'relation_added app.purchases: – → table, 2 columns',
    ]);
  });

  it('are compared through a map of schemas, and only what is in it', async () => {
    const mood = anEnum(3, 'mood', 'glad');
    const source = aTable(1, 'orders', {
      columns: [
        aColumn('id', { default: "nextval('app.ids'::regclass)" }),
        aColumn('mood', { type: 'app.mood' }),
      ],
    });
    const landed = aTable(9, 'orders', {
      columns: [
        aColumn('id', { default: "nextval('landing.ids'::regclass)" }),
        aColumn('mood', { type: 'landing.mood' }),
      ],
    });
    const options = { ...other, schemas: new Map([['app', 'landing']]) };
    const before = { app: [source, mood, aTable(2, 'extra')], crm: [orders] };
    const after = { landing: [landed, mood], public: [aTable(8, 'notes')] };
    expect(await differences(before, after, options)).toEqual([
      'relation_dropped landing.extra: table, 1 column → –',
    ]);
  });
});

describe('a baseline of nobody knows what database', () => {
  const guess = { numbering: 'guess' } as const;
  const tables = [aTable(2, 'customers'), aTable(3, 'products')];

  it('tells a rename where most of what has the same name has the same oid', async () => {
    expect(
      await differences(
        { app: [orders, ...tables] },
        { app: [{ ...orders, name: 'purchases' }, ...tables] },
        guess,
      ),
    ).toEqual(['relation_renamed app.purchases: orders → purchases']);
  });

  it('goes by names alone where oids differ', async () => {
    const elsewhere = tables.map((table) => ({ ...table, oid: table.oid + 100 }));
    expect(
      await differences(
        { app: [orders, ...tables] },
        { app: [{ ...orders, name: 'purchases' }, ...elsewhere] },
        guess,
      ),
    ).toEqual([
      'relation_dropped app.orders: table, 2 columns → –',
      'relation_added app.purchases: – → table, 2 columns',
    ]);
  });
});

describe('filters', () => {
  const before = { app: [orders], crm: [aTable(2, 'people')], gone: [] };
  const after = { app: [], crm: [aTable(2, 'persons')] };
  const narrowed = (filter: { schemas?: string[]; tables?: string[] }) =>
    differences(before, after, { filter: { schemas: [], tables: [], ...filter } });

  it('narrow what is told, by the names of either side', async () => {
    expect(await narrowed({ schemas: ['crm'] })).toEqual(['relation_renamed crm.persons: people → persons']);
    expect(await narrowed({ tables: ['people'] })).toEqual([
      'relation_renamed crm.persons: people → persons',
    ]);
    expect(await narrowed({ tables: ['app.*'] })).toEqual([
      'relation_dropped app.orders: table, 2 columns → –',
    ]);
    expect(await narrowed({ schemas: ['g*'] })).toEqual(['schema_dropped gone: gone → –']);
  });

  it.each(['sales', 'shop'])(
    'tell of a renamed schema and a moved type by %s, one of its names',
    async (name) => {
      const filter = { schemas: [name], tables: [] };
      const table = aTable(1, 'orders');
      expect(await differences({ sales: [table] }, { shop: [table] }, { filter })).toEqual([
        'schema_renamed shop: sales → shop',
      ]);
      const [people, mood] = [aTable(2, 'people'), anEnum(3, 'mood', 'glad')];
      const moved = [
        { sales: [table, mood], shop: [people] },
        { sales: [table], shop: [people, mood] },
      ] as const;
      expect(await differences(...moved, { filter })).toEqual(['type_moved shop.mood: sales → shop']);
    },
  );
});

describe('types', () => {
  it('have labels that come, go and are renamed where they stood', async () => {
    const changed = (...labels: string[]) =>
      differences({ app: [anEnum(1, 'mood', 'glad', 'cross')] }, { app: [anEnum(1, 'mood', ...labels)] });
    expect(await changed('glad', 'calm', 'cross')).toEqual(['enum_label_added app.mood: – → calm']);
    expect(await changed('glad')).toEqual(['enum_label_removed app.mood: cross → –']);
    expect(await changed('glad', 'angry')).toEqual(['enum_label_renamed app.mood: cross → angry']);
    expect(await changed('angry', 'happy')).toEqual([
      'enum_label_renamed app.mood: glad → angry',
      'enum_label_renamed app.mood: cross → happy',
    ]);
    // Which of the two it was nobody knows.
    expect(await changed('happy', 'calm', 'cross')).toEqual([
      'enum_label_removed app.mood: glad → –',
      'enum_label_added app.mood: – → happy',
      'enum_label_added app.mood: – → calm',
    ]);
    expect(await changed('cross', 'glad')).toEqual([
      'enum_labels_reordered app.mood: glad, cross → cross, glad',
    ]);
  });

  it('are renamed without their columns', async () => {
    const table = (type: string) => aTable(2, 'orders', { columns: [aColumn('mood', { type })] });
    expect(
      await differences(
        { app: [anEnum(1, 'mood', 'glad'), table('app.mood[]')] },
        { app: [anEnum(1, 'Feeling', 'glad'), table('app."Feeling"[]')] },
      ),
    ).toEqual(['type_renamed app.Feeling: mood → Feeling']);
  });
});
