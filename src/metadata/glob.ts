/**
 * A glob over whole names: `*` is any text, `?` one character (a code point), the rest itself, case
 * and all.
 *
 * Not a regular expression: one made of `*a*a*a*b` goes back over a name in more ways than can be
 * tried. Here only the last `*` is ever taken back, so that a match costs at most the product of both
 * lengths.
 */
export function globMatcher(glob: string): (name: string) => boolean {
  const pattern = [...glob];
  return (name) => matches(pattern, [...name]);
}

function matches(pattern: readonly string[], name: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  /** Where the pattern goes on after its last `*`, and up to where of the name that `*` reaches. */
  let afterStar = -1;
  let starEnd = 0;
  while (at < name.length) {
    if (pattern[next] === '*') {
      next += 1;
      afterStar = next;
      starEnd = at;
    } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === name[at])) {
      next += 1;
      at += 1;
    } else if (afterStar >= 0) {
      starEnd += 1;
      at = starEnd;
      next = afterStar;
    } else {
      return false;
    }
  }
  while (pattern[next] === '*') next += 1;
  return next === pattern.length;
}
