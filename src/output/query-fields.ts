/** The length of a packed field at `at`; -1: NULL. */
export function fieldLength(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** The texts of a packed row; null for NULL. */
export function rowTexts(bytes: Buffer, start: number, columns: number): (string | null)[] {
  const texts: (string | null)[] = [];
  let at = start;
  for (let column = 0; column < columns; column += 1) {
    const length = fieldLength(bytes, at);
    at += 4;
    if (length < 0) texts.push(null);
    else {
      texts.push(bytes.toString('utf8', at, at + length));
      at += length;
    }
  }
  return texts;
}
