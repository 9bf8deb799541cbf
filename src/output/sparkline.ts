const blocks = '▁▂▃▄▅▆▇█';

/** What stands for a value that is missing. */
export const sparkGap = '×';

/**
 * A line of blocks, a column a value: nothing is the lowest, the greatest the highest, so that small
 * differences look small.
 * @param values none below 0; null is drawn as {@link sparkGap}
 * @param room columns; where the values are more, the last of them are drawn
 */
export function sparkline(values: readonly (number | null)[], room: number): string {
  const drawn = values.slice(-Math.max(1, Math.min(room, values.length)));
  const greatest = drawn.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return drawn.map((value) => (value === null ? sparkGap : blockFor(value, greatest))).join('');
}

function blockFor(value: number, greatest: number): string {
  const share = greatest === 0 ? 0 : value / greatest;
  return blocks[Math.round(share * (blocks.length - 1))] ?? '';
}
