import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/metadata/diff-baseline.ts';
import { aTable, structureOf } from '../../support/compared-structures.ts';

describe('a baseline', () => {
  it('is what discover --json has printed', () => {
    const discovery = structureOf({ app: [aTable(1, 'orders')] });
    expect(parseBaseline(JSON.stringify(discovery), 'schema.json')).toEqual(discovery);
  });

  it.each([
    ['schemas: []', 'schema.json is not JSON'],
    ['[]', 'schema.json is not a discovery'],
    [JSON.stringify({ ...structureOf({}), schemas: [{ name: 'hunter2' }] }), '(at schemas.0.relations)'],
  ])('is refused when it is not, without its words: %s', (text, message) => {
    expect(() => parseBaseline(text, 'schema.json')).toThrowError(
      expect.objectContaining({ code: 'bad_baseline', message: expect.stringContaining(message) }),
    );
    expect(() => parseBaseline(text, 'schema.json')).not.toThrowError(/hunter2/);
  });
});
