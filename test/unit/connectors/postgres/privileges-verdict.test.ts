import { describe, expect, it } from 'vitest';
import type { Named, PrivilegeFacts } from '../../../../src/connectors/postgres/privileges.ts';
import {
  judgeDestination,
  judgeDestinationSchema,
} from '../../../../src/connectors/postgres/privileges-destination.ts';
import { judgeSource, judgeSourceSchema } from '../../../../src/connectors/postgres/privileges-source.ts';

// Numbers and spellings; what PostgreSQL grants and means is tested against its servers.

const none: Named = { count: 0, first: [] };

/** So many tables of the schema `shop`, of which the server named some. */
function some(count: number, named = count, schema = 'shop'): Named {
  const first = Array.from({ length: named }, (_, index) => ({ schema, name: `t${index + 1}` }));
  return { count, first };
}

const place = { name: 'shop', exists: true, usage: true, create: true, missing: 0 };

function facts(fields: Partial<PrivilegeFacts> = {}): PrivilegeFacts {
  return {
    currentUser: 'loader',
    database: 'warehouse',
    listed: false,
    schemas: [place],
    databaseCreate: false,
    databaseTemporary: true,
    relations: 20,
    tables: 20,
    ofOthers: 0,
    missing: none,
    notTables: none,
    closed: none,
    partial: none,
    filtered: none,
    unwritable: none,
    lacks: [],
    closedSequences: none,
    sequences: 20,
    ...fields,
  };
}

describe('what a source is granted', () => {
  it.each([
    ['five', { closed: some(5) }, ['GRANT SELECT ON shop.t1, shop.t2, shop.t3, shop.t4, shop.t5 TO loader;']],
    ['six', { closed: some(6, 5) }, ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO loader;']],
    [
      'all of two',
      { closed: some(2), relations: 2 },
      ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO loader;'],
    ],
    [
      'six of which one is partly open, in one statement',
      { closed: some(6, 5), partial: some(1) },
      ['GRANT SELECT ON ALL TABLES IN SCHEMA shop TO loader;'],
    ],
    [
      'six listed ones, and never all of the schema',
      { closed: some(6), relations: 6, listed: true },
      ['GRANT SELECT ON shop.t1, shop.t2, shop.t3, shop.t4, shop.t5, shop.t6 TO loader;'],
    ],
    [
      'more listed ones than are told, as many as were',
      { closed: some(9, 2), relations: 9, listed: true },
      ['GRANT SELECT ON shop.t1, shop.t2 TO loader;'],
    ],
    ['one sequence', { closedSequences: some(1) }, ['GRANT SELECT ON SEQUENCE shop.t1 TO loader;']],
    [
      'more sequences than are told',
      { closedSequences: some(1001, 1000) },
      ['GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO loader;'],
    ],
  ] as const)('%s', (_what, fields, statements) => {
    expect(judgeSource(facts(fields)).fix?.split('\n')).toEqual(statements);
  });

  it('fails before it warns, whatever comes first', () => {
    const shut = { ...place, usage: false };
    const verdict = judgeSource(facts({ closed: some(1), schemas: [shut] }));
    expect(verdict).toMatchObject({ status: 'failed', code: 'usage_denied' });
    expect(verdict.fix?.split('\n')).toEqual([
      'GRANT USAGE ON SCHEMA shop TO loader;',
      'GRANT SELECT ON shop.t1 TO loader;',
    ]);
  });

  it.each([
    [1, 'the one relation is readable'],
    [2, 'all 2 relations are readable'],
    [0, 'there is nothing to read yet'],
  ])('%d relations that may be read are told', (relations, message) => {
    expect(judgeSource(facts({ relations }))).toMatchObject({ status: 'passed', message });
  });
});

describe('names in a sentence', () => {
  it.each([
    [some(1), '"loader" may not read 1 of the 20 relations (t1)'],
    [some(7, 5), '"loader" may not read 7 of the 20 relations (t1, t2, t3, t4, t5 and 2 more)'],
    [some(1, 1, 'other'), '"loader" may not read 1 of the 20 relations (other.t1)'],
  ])('%#', (closed, message) => {
    expect(judgeSource(facts({ closed })).message).toBe(message);
  });

  it('have their schemas where tables are listed, and five are enough', () => {
    expect(judgeSource(facts({ closed: some(6), listed: true })).message).toBe(
      '"loader" may not read 6 of the 20 relations (shop.t1, shop.t2, shop.t3, shop.t4, shop.t5 and 1 more)',
    );
  });

  it('are of schemas and tables that are missing at once', () => {
    const schemas = [place, { ...place, name: 'Gone', exists: false }];
    expect(judgeSourceSchema(facts({ schemas, missing: some(2), listed: true }))).toEqual({
      status: 'failed',
      code: 'no_such_schema',
      message: 'there is no schema "Gone" in the database warehouse; there is no table shop.t1, shop.t2',
      fix: 'check the tables that pipelines name; names are case-sensitive here',
    });
  });
});

describe('a destination', () => {
  const lacksCreate = { ...place, create: false };

  it.each([
    ['whole schema', { schemas: [lacksCreate] }, 'failed', 'create_denied'],
    ['list that is there', { schemas: [lacksCreate], listed: true }, 'warned', 'no_new_tables'],
    [
      'list of which one is not there',
      { schemas: [{ ...lacksCreate, missing: 1 }], listed: true },
      'failed',
      'create_denied',
    ],
    [
      'list that is there, without USAGE either',
      { schemas: [{ ...lacksCreate, usage: false }], listed: true },
      'failed',
      'usage_denied',
    ],
  ] as const)('without CREATE, of a %s', (_what, fields, status, code) => {
    expect(judgeDestination(facts(fields))).toMatchObject({ status, code });
  });

  it.each([
    ['TRUNCATE, of a schema', ['TRUNCATE'], false, 'warned', 'a full reload needs'],
    ['TRUNCATE, of a list', ['TRUNCATE'], true, 'warned', 'a full reload needs'],
    ['DELETE, of a schema', ['DELETE'], false, 'warned', 'merging needs'],
    ['DELETE, of a list', ['DELETE'], true, 'failed', 'merging needs'],
    ['both', ['DELETE', 'TRUNCATE'], true, 'failed', 'merging and a full reload need'],
  ] as const)('without %s', (_what, lacks, listed, status, need) => {
    const verdict = judgeDestination(facts({ unwritable: some(1), lacks, listed }));
    expect(verdict.status).toBe(status);
    expect(verdict.message).toMatch(new RegExp(`, which ${need}$`));
    expect(verdict.fix).toBe(`GRANT ${lacks.join(', ')} ON shop.t1 TO loader;`);
  });

  it('that may make its schema is told so, beside the one that is there', () => {
    const schemas = [place, { ...place, name: 'new', exists: false, missing: 0 }];
    const verdict = judgeDestinationSchema(facts({ schemas, databaseCreate: true, listed: true }));
    expect(verdict).toMatchObject({
      status: 'passed',
      message: 'shop: 20 tables; the schema new does not exist yet, and "loader" may create it',
    });
  });

  it.each([
    [{ tables: 0 }, 'may create tables'],
    [{ tables: 1 }, 'may create tables and write the one table there'],
    [
      { tables: 3, ofOthers: 2 },
      'may create tables and write all 3 tables there, though not alter 2 that it does not own',
    ],
    [{ tables: 3, listed: true }, 'may write all 3 tables there'],
  ])('%j may do all it needs', (fields, message) => {
    expect(judgeDestination(facts(fields))).toMatchObject({ status: 'passed', message });
  });
});
