import { describe, expect, it } from 'vitest';
import { Oids, RowReader } from '../../../../src/connectors/postgres/row-reader.ts';

const unreadable = expect.objectContaining({ code: 'protocol_violation' });

describe('the oids of rows', () => {
  it('come in order, each once', () => {
    const oids = new Oids();
    for (const oid of [1, 2, 16_384, 4_294_967_295]) oids.take(oid);
    for (const sent of [[5, 5], [5, 4], [0], [-1], [Number.NaN]]) {
      const repeated = new Oids();
      expect(() => {
        for (const oid of sent) repeated.take(oid);
      }).toThrow(unreadable);
    }
  });

  it('come to an end', () => {
    const oids = new Oids();
    let taken = 0;
    expect(() => {
      for (; taken < 3_000_000; taken += 1) oids.take(taken + 1);
    }).toThrow(unreadable);
    // A million tables are many, and are believed.
    expect(taken).toBeGreaterThan(1_000_000);
  });
});

describe('a row', () => {
  const row = (fields: number, ...bytes: number[]) => Buffer.from([0, fields, ...bytes]);

  it.each([
    ['is empty', Buffer.alloc(0)],
    ['has another number of fields', row(2, 0, 0, 0, 1, 0x61)],
    ['ends within a length', row(1, 0, 0)],
    ['ends within a field', row(1, 0, 0, 0, 2, 0x61)],
    ['has a field of two gigabytes', row(1, 0x7f, 0xff, 0xff, 0xff, 0x61)],
    ['has a field of a negative length', row(1, 0xff, 0xff, 0xff, 0xfe, 0x61)],
  ])('that %s can not be read', (_what, bytes) => {
    const reader = new RowReader();
    expect(() => {
      reader.begin(bytes, 0, bytes.length, 1);
      reader.text();
    }).toThrow(unreadable);
  });
});
