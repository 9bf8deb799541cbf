import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CdcMarker, markerText, readMarker } from '../../../../src/connectors/postgres/cdc-marker.ts';
import { checkCdcNames, defaultCdcNames } from '../../../../src/connectors/postgres/cdc-names.ts';

function refusal(slot: string, publication = 'p'): string | null {
  try {
    checkCdcNames({ slot, publication });
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the names of a set-up', () => {
  it.each([
    ['orders', /^jackfield_orders$/],
    ['orders_2', /^jackfield_orders_2$/],
    ['Orders – Prod (EU)', /^jackfield_orders_prod_eu_[0-9a-f]{8}$/],
    ['Zürich', /^jackfield_zu_rich_[0-9a-f]{8}$/],
    ['日本', /^jackfield_cdc_[0-9a-f]{8}$/],
    ['x'.repeat(100), /^jackfield_x{44}_[0-9a-f]{8}$/],
  ])('of %s are %s', (name, expected) => {
    const { publication, slot } = defaultCdcNames(name);
    expect(slot).toMatch(expected);
    expect(publication).toBe(slot);
  });

  it('of two connections are never the same, whatever a slot may hold of their own', () => {
    const names = [
      'заказы',
      'клиенты',
      '注文',
      'Orders EU',
      'orders-eu',
      'orders_eu',
      'y'.repeat(60),
      'y'.repeat(61),
    ];
    expect(new Set(names.map((name) => defaultCdcNames(name).slot)).size).toBe(names.length);
  });

  it('are always such as PostgreSQL takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (name) => {
        const names = defaultCdcNames(name);
        expect(names.slot).toMatch(/^[a-z0-9_]{1,63}$/);
        expect(() => checkCdcNames(names)).not.toThrow();
      }),
    );
  });

  it('of a slot are small letters, digits and underscores, 63 of them (slot.c)', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aZ09_- "\'é'), maxLength: 70 }), (slot) => {
        expect(refusal(slot)).toBe(/^[a-z0-9_]{1,63}$/.test(slot) ? null : 'bad_slot');
      }),
    );
    expect(refusal('pg_conflict_detection')).toBe('bad_slot');
  });

  it.each([
    ['Öffentlich "x" für alle', null],
    ['', 'bad_publication'],
    ['a\nb', 'bad_publication'],
    ['a\u202eb', 'bad_publication'],
    ['x'.repeat(63), null],
    ['x'.repeat(64), 'bad_publication'],
    ['é'.repeat(32), 'bad_publication'],
  ])('of a publication may be any that print, in 63 bytes: %j', (publication, code) => {
    expect(refusal('s', publication)).toBe(code);
  });
});

const table = fc.record({ schema: fc.string(), name: fc.string() });
const marker: fc.Arbitrary<CdcMarker> = fc.record({
  id: fc.option(fc.string()),
  connection: fc.string({ unit: 'binary' }),
  slot: fc.string(),
  elsewhere: fc.boolean(),
  tables: fc.array(table),
  identities: fc.array(
    fc.record({
      schema: fc.string(),
      name: fc.string(),
      identity: fc.constantFrom('default' as const, 'index' as const, 'nothing' as const),
      index: fc.option(fc.string()),
    }),
  ),
});

describe('the mark in the comment of a publication', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(marker, (it) => {
        expect(readMarker(markerText(it))).toEqual(it);
        expect(markerText(it)).toBe(markerText(structuredClone(it)));
      }),
    );
  });

  it.each([
    [null, null],
    ['', null],
    ['publishes orders', null],
    ['jackfield-cdc:', 'unreadable'],
    ['jackfield-cdc:null', 'unreadable'],
    ['jackfield-cdc:[]', 'unreadable'],
    [
      'jackfield-cdc:{"v":2,"connection":"a","slot":"s","elsewhere":false,"tables":[],"identities":[]}',
      'unreadable',
    ],
    [
      'jackfield-cdc:{"v":1,"id":7,"connection":"a","slot":"s","elsewhere":false,"tables":[],"identities":[]}',
      'unreadable',
    ],
    [
      'jackfield-cdc:{"v":1,"connection":"a","slot":5,"elsewhere":false,"tables":[],"identities":[]}',
      'unreadable',
    ],
    [
      'jackfield-cdc:{"v":1,"connection":"a","slot":"s","elsewhere":false,"tables":["x"],"identities":[]}',
      'unreadable',
    ],
    [
      'jackfield-cdc:{"v":1,"connection":"a","slot":"s","elsewhere":false,"tables":[],"identities":[["a","b","full",null]]}',
      'unreadable',
    ],
  ])('of %j is %j', (comment, expected) => {
    expect(readMarker(comment)).toBe(expected);
  });

  it('is read where an older version wrote it, without an id', () => {
    const older =
      'jackfield-cdc:{"v":1,"connection":"a","slot":"s","elsewhere":false,"tables":[],"identities":[]}';
    expect(readMarker(older)).toMatchObject({ id: null, connection: 'a', slot: 's' });
  });

  it('never throws, whatever somebody wrote', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, text) => {
        readMarker(`jackfield-cdc:${json}`);
        readMarker(`jackfield-cdc:${text}`);
      }),
    );
  });
});
