/*
 * Which changes of a type take nothing away: every value of the former type is one of the new type, and
 * reads the same. Types are as format_type writes them.
 */

const integers = ['smallint', 'integer', 'bigint'];
const floats = ['real', 'double precision'];
/** The precision that a time has where none is said, in digits of a second. */
const finest = 6;

interface ReadType {
  /** Without modifier and brackets. */
  readonly base: string;
  readonly modifiers: readonly number[];
  readonly array: boolean;
}

/** Whether a value of the former type is always one of the new, and reads the same. */
export function isWidening(before: string, after: string): boolean {
  const from = readType(before);
  const to = readType(after);
  if (from.array !== to.array) return false;
  if (from.base === to.base && from.modifiers.join() === to.modifiers.join()) return true;
  for (const ladder of [integers, floats]) {
    if (ladder.includes(from.base) && ladder.includes(to.base)) {
      return ladder.indexOf(from.base) <= ladder.indexOf(to.base);
    }
  }
  if (isText(from.base) && isText(to.base)) return isLongerText(from, to);
  if (from.base !== to.base) return false;
  if (from.base === 'numeric') return isWiderNumeric(from.modifiers, to.modifiers);
  if (from.base === 'bit varying') return isLonger(from.modifiers, to.modifiers);
  // An interval may have fields, "interval day to second(3)": those are a base of their own here.
  if (/^(?:timestamp|time|interval)\b/.test(from.base)) {
    return (from.modifiers[0] ?? finest) <= (to.modifiers[0] ?? finest);
  }
  return false;
}

/** `timestamp(3) with time zone[]` → base `timestamp with time zone`, modifier 3, an array. */
function readType(text: string): ReadType {
  const array = text.endsWith('[]');
  const scalar = array ? text.slice(0, -2) : text;
  // A quoted name may hold parentheses of its own; it is no type that is known here.
  if (scalar.includes('"')) return { base: scalar, modifiers: [], array };
  const modifiers = /\((-?\d+(?:,-?\d+)*)\)/.exec(scalar);
  return {
    base: modifiers === null ? scalar : scalar.replace(modifiers[0], ''),
    modifiers: modifiers?.[1]?.split(',').map(Number) ?? [],
    array,
  };
}

function isText(base: string): boolean {
  return base === 'text' || base === 'character varying' || base === 'character';
}

/** To `character` is no widening from anything else: it fills up with blanks, which readers see. */
function isLongerText(from: ReadType, to: ReadType): boolean {
  if (to.base === 'text') return true;
  // A longer character(n) comes with more blanks, which do not count.
  if (to.base === 'character' && from.base !== 'character') return false;
  return isLonger(from.modifiers, to.modifiers);
}

/** No modifier is no limit. */
function isLonger([from]: readonly number[], [to]: readonly number[]): boolean {
  if (to === undefined) return true;
  return from !== undefined && from <= to;
}

/** As many digits before the point, and the same behind it: with more of those values read otherwise. */
function isWiderNumeric(from: readonly number[], to: readonly number[]): boolean {
  const [precision, scale = 0] = from;
  const [newPrecision, newScale = 0] = to;
  if (newPrecision === undefined) return true;
  return precision !== undefined && scale === newScale && precision <= newPrecision;
}
