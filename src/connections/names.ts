import { UsageError } from './errors.ts';

const longest = 100;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * A connection's name as it is kept: trimmed, in Unicode's NFC, printable, 100 characters at most,
 * and not in the form of an id, since commands take either.
 * @throws UsageError bad_name; the input is not repeated, it may be a slip of paste
 */
export function checkName(input: string): string {
  const name = input.trim().normalize('NFC');
  const complaint = nameComplaint(name);
  if (complaint === null) return name;
  throw new UsageError({
    code: 'bad_name',
    message: `the name ${complaint}`,
    fix: 'choose a name like orders-prod',
  });
}

/** What is wrong with a trimmed name; null when nothing is. */
export function nameComplaint(name: string): string | null {
  if (name === '') return 'is empty';
  if ([...name].length > longest) return `is longer than ${longest} characters`;
  // Control, format (bidi, zero-width), private, unassigned and surrogate code points, line separators.
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return 'holds a character that does not print';
  if (name.startsWith('-')) return 'starts with "-", as flags do';
  if (uuid.test(name)) return 'has the form of an id';
  return null;
}

/** Tags as they are kept: trimmed, printable, without commas, sorted, each once. @throws UsageError bad_tag */
export function checkTags(input: readonly string[]): string[] {
  const tags = input.map((tag) => tag.trim().normalize('NFC'));
  for (const tag of tags) {
    if (nameComplaint(tag) === null && !tag.includes(',')) continue;
    throw new UsageError({
      code: 'bad_tag',
      message: 'a tag is empty, too long, or holds a comma or a character that does not print',
      fix: 'choose tags like prod; repeat --tag for several',
    });
  }
  return [...new Set(tags)].sort();
}
