import { UsageError } from './errors.ts';

const longest = 100;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * A connection's name as it is kept: trimmed, in Unicode's NFC, printable, 100 characters at most,
 * and not in the form of an id, since commands take either.
 * @throws UsageError bad_name; the input is not repeated, it may be a slip of paste
 */
export function checkName(input: string): string {
  const name = trimmedName(input);
  const complaint = nameComplaint(name);
  if (complaint === null) return name;
  throw new UsageError({
    code: 'bad_name',
    message: `the name ${complaint}`,
    fix: 'choose a name like orders-prod',
  });
}

/** A name without the blanks around it, in the one form in which names are compared. */
export function trimmedName(input: string): string {
  return input.normalize('NFC').trim();
}

/** What is wrong with a {@link trimmedName}; null when nothing is. */
export function nameComplaint(name: string): string | null {
  if (name === '') return 'is empty';
  if ([...name].length > longest) return `is longer than ${longest} characters`;
  // Control, format (bidi, zero-width), private, unassigned and surrogate code points, line separators,
  // and what else a display leaves out (fillers, joiners); emoji need their variation selectors.
  if (/[\p{C}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/u.test(name)) {
    return 'holds a character that does not print';
  }
  if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(name)) return 'shows nothing';
  if (name.startsWith('-')) return 'starts with "-", as flags do';
  if (uuid.test(name)) return 'has the form of an id';
  return null;
}

/** Tags as they are kept: trimmed, printable, without commas, sorted, each once. @throws UsageError bad_tag */
export function checkTags(input: readonly string[]): string[] {
  const tags = input.map(trimmedName);
  for (const tag of tags) {
    const complaint = tag.includes(',') ? 'holds a comma' : nameComplaint(tag);
    if (complaint === null) continue;
    throw new UsageError({
      code: 'bad_tag',
      message: `a tag ${complaint}`,
      fix: 'choose tags like prod; repeat --tag for several',
    });
  }
  return [...new Set(tags)].sort();
}
