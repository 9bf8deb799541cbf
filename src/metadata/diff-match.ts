import type { Pair } from './diff.ts';

/** What two things have in common when they are the same one; null: nothing to tell it by. */
type Rule<T> = (it: T) => string | null;

/**
 * Pairs the things of two sides: all that the first rule finds, then of what is left all that the next
 * one finds, and so on. What is left at last is on one side only.
 */
export function pairUp<T>(before: readonly T[], after: readonly T[], rules: readonly Rule<T>[]): Pair<T>[] {
  const partners = new Map<T, T>();
  const left = new Set(before);
  for (const rule of rules) {
    const known = new Map<string, T>();
    for (const it of left) {
      const key = rule(it);
      if (key !== null && !known.has(key)) known.set(key, it);
    }
    for (const it of after) {
      const key = partners.has(it) ? null : rule(it);
      const partner = key === null ? undefined : known.get(key);
      if (partner === undefined || !left.delete(partner)) continue;
      partners.set(it, partner);
    }
  }
  return [
    ...after.map((it) => ({ before: partners.get(it) ?? null, after: it })),
    ...[...left].map((it) => ({ before: it, after: null })),
  ];
}

/** Whether numbers (oids, attnums) of the two sides mean the same things, and come before names. */
export type Numbering =
  /** Two readings of one database: what has the same number is the same, whatever it is called. */
  | 'same'
  /** Most likely one database: numbers tell what names leave open. */
  | 'likely'
  /** Two databases. */
  | 'other';

/** The rules by which things with a number and a name are matched. */
export function rulesFor<T>(numbering: Numbering, number: (it: T) => number, name: Rule<T>): Rule<T>[] {
  const byNumber = (it: T) => String(number(it));
  if (numbering === 'same') return [byNumber, name];
  return numbering === 'likely' ? [name, byNumber] : [name];
}

/**
 * What can be said of the numbers of two readings of which nobody knows whether they are of one database.
 * Of a copy most oids differ; where most of what has the same name has the same one, they are.
 */
export function guessNumbering<T>(pairs: readonly Pair<T>[], number: (it: T) => number): Numbering {
  let equal = 0;
  let named = 0;
  for (const { before, after } of pairs) {
    if (before === null || after === null) continue;
    named += 1;
    if (number(before) === number(after)) equal += 1;
  }
  return equal * 2 > named ? 'likely' : 'other';
}
