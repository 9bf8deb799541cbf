import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Connection, neverTested } from '../../../src/connections/connection.ts';
import { type ConnectionFilter, filterConnections } from '../../../src/connections/filter.ts';
import { anEndpoint } from '../../support/connection-services.ts';

function aConnection(fields: Partial<Connection> & { name: string }): Connection {
  return {
    id: '3f8c1b52-6f3e-4d34-9a3c-0a9e5f1f7b10',
    role: 'source',
    ...anEndpoint(),
    connector: 'postgres',
    provider: 'self-hosted',
    tags: [],
    allowWrite: false,
    secret: { kind: 'none' },
    usedBy: [],
    lastTest: neverTested,
    lastPassedAt: null,
    createdAt: '2026-03-01T12:00:00.000Z',
    updatedAt: '2026-03-01T12:00:00.000Z',
    ...fields,
  };
}

const passedAt = '2026-03-01T12:00:00.000Z';
const tested = (status: Connection['lastTest']['status'], code: string | null = null) => ({
  lastTest: {
    ...neverTested,
    status,
    code,
    at: passedAt,
    serverVersion: status === 'failed' ? null : '16.4',
  },
  lastPassedAt: status === 'failed' ? null : passedAt,
});

const all = [
  aConnection({
    name: 'orders',
    host: 'ep-blue.eu.neon.tech',
    provider: 'neon',
    tags: ['eu', 'prod'],
    ...tested('passed'),
  }),
  aConnection({
    name: 'Umsätze',
    role: 'destination',
    port: 6432,
    username: 'loader',
    schema: 'sales',
    usedBy: ['nightly'],
  }),
  aConnection({
    name: 'stock',
    connector: 'memory',
    database: 'warehouse',
    tags: ['prod'],
    ...tested('failed', 'password_wrong'),
  }),
  aConnection({ name: 'audit', role: 'destination', ...tested('changed') }),
  aConnection({ name: 'billing', ...tested('warned', 'tls_off'), usedBy: ['nightly', 'hourly'] }),
];
const names = (filter: ConnectionFilter) => filterConnections(all, filter).map(({ name }) => name);

describe('the filter of the list', () => {
  it.each<[ConnectionFilter, string[]]>([
    [{}, ['orders', 'Umsätze', 'stock', 'audit', 'billing']],
    [{ role: 'source' }, ['orders', 'stock', 'billing']],
    [{ role: 'destination' }, ['Umsätze', 'audit']],
    [{ connector: 'memory' }, ['stock']],
    [{ connector: 'mem' }, []],
    [{ status: 'passed' }, ['orders']],
    [{ status: 'warned' }, ['billing']],
    [{ status: 'failed' }, ['stock']],
    [{ status: 'changed' }, ['audit']],
    [{ status: 'never' }, ['Umsätze']],
    [{ used: true }, ['Umsätze', 'billing']],
    [{ used: false }, ['orders', 'stock', 'audit']],
    [{ tags: ['prod'] }, ['orders', 'stock']],
    [{ tags: ['prod', 'eu'] }, ['orders']],
    [{ tags: ['pro'] }, []],
    [{ tags: [] }, ['orders', 'Umsätze', 'stock', 'audit', 'billing']],
    [{ role: 'source', tags: ['prod'], status: 'failed' }, ['stock']],
    [{ role: 'destination', connector: 'memory' }, []],
  ])('%j', (filter, shown) => {
    expect(names(filter)).toEqual(shown);
  });

  it.each([
    ['its name', 'order', ['orders']],
    ['its role', 'destinat', ['Umsätze', 'audit']],
    ['its connector', 'memory', ['stock']],
    ['its provider', 'neon', ['orders']],
    ['its host', 'ep-blue', ['orders']],
    ['its port', '6432', ['Umsätze']],
    ['its address', 'db.example.com:5432/warehouse', ['stock']],
    ['its user', 'loader', ['Umsätze']],
    ['its schema', 'sales', ['Umsätze']],
    ['a tag', 'eu', ['orders']],
    ['a pipeline that uses it', 'hourly', ['billing']],
    ["its last test's status", 'warned', ['billing']],
    ["its last test's code", 'password_wrong', ['stock']],
    ["its server's version", '16.4', ['orders', 'audit', 'billing']],
    ['that it was never tested', 'never tested', ['Umsätze']],
    ['that no test has passed', 'never passed', ['stock']],
    ['that it was edited since', 'changed since the test', ['audit']],
    ['capitals or not', 'UMSÄTZE', ['Umsätze']],
    ['nothing', 'nowhere', []],
    ['everything', '', ['orders', 'Umsätze', 'stock', 'audit', 'billing']],
  ])('searches %s: %j', (_what, search, shown) => {
    expect(names({ search })).toEqual(shown);
  });

  it('narrows: two conditions show what both show, in the order of the list', () => {
    const filters: fc.Arbitrary<ConnectionFilter> = fc.record(
      {
        role: fc.constantFrom('source', 'destination'),
        search: fc.constantFrom('o', 'db', 'neon', 'sh'),
        connector: fc.constantFrom('postgres', 'memory'),
        status: fc.constantFrom('passed', 'failed', 'never'),
        used: fc.boolean(),
        tags: fc.subarray(['prod', 'eu']),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(filters, (filter) => {
        const singly = Object.entries(filter).map(([key, value]) => new Set(names({ [key]: value })));
        expect(names(filter)).toEqual(names({}).filter((name) => singly.every((set) => set.has(name))));
      }),
    );
  });
});
