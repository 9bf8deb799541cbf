import { describe, expect, test } from 'vitest';
import { sparkline } from '../../../src/output/sparkline.ts';

describe('sparkline', () => {
  test.each([
    ['nothing', [], 10, ''],
    ['each height', [0, 1, 2, 3, 4, 5, 6, 7], 10, '▁▂▃▄▅▆▇█'],
    ['small differences as small', [40, 41, 39, 40], 10, '████'],
    ['one that is far above', [40, 40, 4000], 10, '▁▁█'],
    ['what is missing', [null, 7, null, 0], 10, '×█×▁'],
    ['only what is missing', [null, null], 10, '××'],
    ['only nothing', [0, 0], 10, '▁▁'],
    ['the last of too many, by their own greatest', [9000, 7, 0, 7], 3, '█▁█'],
    ['one where there is no room', [7, 0, 7], 0, '█'],
    ['all where room has no end', [7, 0, 7], Number.POSITIVE_INFINITY, '█▁█'],
  ])('draws %s', (_what, values, room, drawn) => {
    expect(sparkline(values, room)).toBe(drawn);
  });
});
