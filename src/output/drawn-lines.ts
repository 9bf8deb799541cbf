/** A terminal's size as it is now: it may be resized. One that does not tell (0) is taken for the usual. */
export function sizeOf({ columns, rows }: NodeJS.WriteStream): { columns: number; rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}

/**
 * What takes away lines that were drawn, also where the terminal has become narrower and has wrapped
 * them. Write it together with what replaces them: between two writes the terminal shows neither.
 * @param widths of each line, in columns
 * @param cursor whether it stands in the last of them or below it
 */
export function erasing(
  stream: NodeJS.WriteStream,
  widths: readonly number[],
  cursor: 'last' | 'below',
): string {
  if (widths.length === 0) return '';
  const { columns, rows } = sizeOf(stream);
  const taken = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  const up = Math.min(cursor === 'below' ? taken + 1 : taken, rows) - 1;
  return `\r${up > 0 ? `\x1b[${up}A` : ''}\x1b[J`;
}
