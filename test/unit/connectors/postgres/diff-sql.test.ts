import { describe, expect, it } from 'vitest';
import { sqlOfChange } from '../../../../src/connectors/postgres/diff-sql.ts';
import { divideSql } from '../../../../src/connectors/postgres/query-lexer.ts';
import {
  aColumn,
  anEnum,
  anIndex,
  aTable,
  changesBetween,
  keyedBy,
  type Schemas,
  structureOf,
} from '../../../support/compared-structures.ts';

async function sqlBetween(
  before: Schemas,
  after: Schemas,
  options: Parameters<typeof changesBetween>[2] = {},
): Promise<string[]> {
  const changes = await changesBetween(structureOf(before), structureOf(after), options);
  const steps = changes.flatMap(sqlOfChange).sort((a, b) => a.order - b.order);
  return steps.map(({ text }) => text);
}

const hostile = [
  'a"; DROP TABLE b; --',
  "it's",
  'two\nlines',
  'back\\slash',
  '$$',
  'select',
  'Mixed Case',
  '-- by hand',
  ':variable',
];

describe('the SQL of a diff', () => {
  it('is in the order to run it: names first, what refers to something last', async () => {
    const before = {
      app: [
        aTable(1, 'orders', {
          columns: [aColumn('id', { nullable: false }), aColumn('total', { type: 'integer', default: '0' })],
          ...keyedBy('orders_pkey', 'id'),
        }),
        aTable(2, 'gone'),
      ],
    };
    const after = {
      app: [
        aTable(1, 'gone', {
          columns: [
            aColumn('id', { nullable: false }),
            aColumn('amount', { type: 'numeric(10,2)', default: '1.5', nullable: false }),
          ],
          ...keyedBy('orders_pkey', 'id'),
          indexes: [
            ...keyedBy('orders_pkey', 'id').indexes,
            anIndex('by_amount', {
              columns: [null, 'amount'],
              expressions: "abs((amount - 1, ','))",
              predicate: '(amount > 0)',
            }),
          ],
        }),
      ],
    };
    expect(await sqlBetween(before, after)).toEqual([
      'DROP TABLE app.gone;',
      'ALTER TABLE app.orders RENAME TO gone;',
      'ALTER TABLE app.gone RENAME COLUMN total TO amount;',
      'ALTER TABLE app.gone ALTER COLUMN amount DROP DEFAULT;',
      'ALTER TABLE app.gone ALTER COLUMN amount TYPE numeric(10,2) USING amount::numeric(10,2);',
      'ALTER TABLE app.gone ALTER COLUMN amount SET NOT NULL;',
      'ALTER TABLE app.gone ALTER COLUMN amount SET DEFAULT 1.5;',
      "CREATE INDEX by_amount ON app.gone USING btree ((abs((amount - 1, ','))), amount) WHERE (amount > 0);",
    ]);
  });

  it('makes a table with all that is known of it', async () => {
    const table = aTable(1, 'orders', {
      columns: [
        aColumn('id', { nullable: false, default: 'nextval(\'app."Ids"\'::regclass)' }),
        aColumn('note', { type: 'text', collation: '"C"', comment: "it's" }),
      ],
      ...keyedBy('orders_pkey', 'id'),
      comment: 'a\\b',
      rowSecurity: 'forced',
      replicaIdentity: 'full',
    });
    expect(await sqlBetween({ app: [] }, { app: [table] })).toEqual([
      'CREATE SEQUENCE IF NOT EXISTS app."Ids";',
      `CREATE TABLE app.orders (\n  id integer NOT NULL DEFAULT nextval('app."Ids"'::regclass),\n  note text COLLATE "C"\n);`,
      'ALTER TABLE app.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);',
      'ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;',
      'ALTER TABLE app.orders FORCE ROW LEVEL SECURITY;',
      'ALTER TABLE app.orders REPLICA IDENTITY FULL;',
      "COMMENT ON TABLE app.orders IS E'a\\\\b';",
      "COMMENT ON COLUMN app.orders.note IS 'it''s';",
    ]);
  });

  it('is in the schemas of the target where they are mapped', async () => {
    const after = aTable(9, 'orders', { columns: [aColumn('id')] });
    const before = aTable(1, 'orders', {
      columns: [aColumn('id'), aColumn('extra')],
      foreignKeys: [
        {
          name: 'orders_old',
          columns: ['id'],
          referencedSchema: 'app',
          referencedTable: 'old',
          referencedColumns: ['id'],
          deferrable: false,
          initiallyDeferred: false,
          onUpdate: 'no action',
          onDelete: 'no action',
          validated: true,
        },
      ],
    });
    const options = { numbering: 'other', schemas: new Map([['app', 'landing']]) } as const;
    expect(await sqlBetween({ app: [before, aTable(2, 'old')] }, { landing: [after] }, options)).toEqual([
      'ALTER TABLE landing.orders DROP CONSTRAINT orders_old;',
      'DROP TABLE landing.old;',
      'ALTER TABLE landing.orders DROP COLUMN extra;',
    ]);
  });

  it('leaves to the hand what is not known, or may only be hidden', async () => {
    const view = aTable(1, 'report', { kind: 'view' });
    expect(await sqlBetween({ app: [] }, { app: [view] })).toEqual([
      '-- by hand: create the view app.report, whose definition is not known here',
    ]);
    expect(
      await sqlBetween({ app: [anEnum(1, 'mood', 'glad', 'cross')] }, { app: [anEnum(1, 'mood', 'glad')] }),
    ).toEqual(["-- by hand: make app.mood anew without 'cross'"]);
    const changes = await changesBetween(
      structureOf({ app: [aTable(1, 'orders')] }),
      structureOf({ app: [] }, { schemas: 0, relations: 1 }),
    );
    expect(changes.flatMap(sqlOfChange).map(({ text }) => text)).toEqual([
      '-- by hand: DROP TABLE app.orders, if it is gone and not just hidden from this user',
    ]);
  });

  it.each(hostile)('quotes what is called %j', async (name) => {
    const table = aTable(1, name, {
      columns: [aColumn(name, { comment: name })],
      ...keyedBy(name, name),
      comment: name,
    });
    const statements = await sqlBetween({}, { [name]: [table, anEnum(2, name, name)] });
    const quoted = `"${name.replaceAll('"', '""')}"`;
    expect(statements.length).toBe(6);
    for (const statement of statements) {
      const { statements: divided, complete } = divideSql(statement);
      expect([divided.length, complete, divided[0]?.parameters.length]).toEqual([1, true, 0]);
    }
    expect(statements[0]).toBe(`CREATE SCHEMA ${quoted};`);
  });

  it.each(hostile)('keeps a comment about %j on its line', async (name) => {
    const view = aTable(1, name, { kind: 'view' });
    for (const line of await sqlBetween({ app: [] }, { app: [view] })) {
      expect(line).toMatch(/^-- by hand: [^\n\r]*$/);
    }
  });

  // A server that is not trusted writes these: nothing of it may become a statement or a command of psql.
  it.each([
    ['a second statement', '0; DROP TABLE b'],
    ['a comment', '0 --'],
    ['an open comment', '0 /*'],
    ['an open string', "'0"],
    ['an open identifier', '"0'],
    ['an open parenthesis', '(0'],
    ['a command of psql', '0 \\! touch x'],
    ['a command of psql behind a string that an E opens', "E'a\\'b' \\! touch x '"],
    ['a command of psql behind a string with standard_conforming_strings off', "'a\\'b' \\! touch x '"],
    ['a command of psql behind a dollar', '$$\\! touch x$$'],
    ['a variable of psql', ":'HOME'"],
    ['another variable', ':HOME'],
  ])('never takes from a server %s', async (_what, expression) => {
    const table = (value: string | null) =>
      aTable(1, 'orders', { columns: [aColumn('id', { default: value })] });
    const [line, ...others] = await sqlBetween({ app: [table(null)] }, { app: [table(expression)] });
    expect(others).toEqual([]);
    expect(line).toMatch(/^-- by hand: this is not run as it is: ALTER TABLE app\.orders [^\n\r]*$/);
  });

  it.each([
    "'a\\b\\\\'::text",
    "B'01'::bit(2)",
    "'a''b'::text",
    '"app".f(1)',
    '(1)::numeric',
    "nextval('app.s'::regclass)",
  ])('takes from a server what PostgreSQL writes: %s', async (expression) => {
    const table = (value: string | null) =>
      aTable(1, 'orders', { columns: [aColumn('id', { default: value })] });
    const lines = await sqlBetween({ app: [table(null)] }, { app: [table(expression)] });
    expect(lines.at(-1)).toBe(`ALTER TABLE app.orders ALTER COLUMN id SET DEFAULT ${expression};`);
  });
});
