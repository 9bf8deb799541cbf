/** How many are offered. */
const most = 3;

/**
 * The names that somebody may have meant who wrote another one: off by a letter in three, and by three at
 * the most, whatever the case, or with the word in them. The nearest first.
 */
export function nearNames<T>(wanted: string, names: Iterable<T>, textOf: (it: T) => string): T[] {
  if (wanted.trim() === '') return [];
  const word = [...wanted.toLowerCase()];
  const bound = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  const near: { readonly it: T; readonly distance: number }[] = [];
  for (const it of names) {
    const text = textOf(it).toLowerCase();
    const distance = text.includes(wanted.toLowerCase()) ? bound : distanceWithin(word, [...text], bound);
    if (distance !== null) near.push({ it, distance });
  }
  near.sort((a, b) => a.distance - b.distance);
  return near.slice(0, most).map(({ it }) => it);
}

/** Letters added, left out, changed, or exchanged with their neighbour; null when more than the bound. */
function distanceWithin(a: readonly string[], b: readonly string[], bound: number): number | null {
  if (Math.abs(a.length - b.length) > bound) return null;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const exchanged = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        exchanged ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    if (Math.min(...next) > bound) return null;
    before = last;
    last = next;
  }
  const distance = at(last, b.length);
  return distance <= bound ? distance : null;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
