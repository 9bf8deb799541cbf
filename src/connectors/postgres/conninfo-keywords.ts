import type { UsageError } from '../../connections/errors.ts';
import { badUrl } from './conninfo-uri.ts';

/** isspace() of the C locale: libpq takes other blanks for part of a value. */
const space = /[ \t\n\v\f\r]/;

type Refusal = (reason: string) => UsageError;

/**
 * Parses a keyword/value string (`host=db port=5433 dbname='my db'`) as libpq's conninfo_parse does
 * (src/interfaces/libpq/fe-connect.c): values may be quoted with ', a backslash takes the next
 * character as it is. A repeated keyword, which libpq lets the last win, is refused.
 * @param refuse makes the error of what is wrong, in words without the input
 * @throws UsageError bad_url, or what `refuse` makes
 */
export function parseKeywords(text: string, refuse: Refusal = badUrl): Map<string, string> {
  if (text.includes('\0')) throw refuse('it holds a NUL character');
  const values = new Map<string, string>();
  let at = 0;
  const skipSpace = () => {
    while (at < text.length && space.test(text[at] ?? '')) at += 1;
  };
  for (skipSpace(); at < text.length; skipSpace()) {
    const start = at;
    while (at < text.length && text[at] !== '=' && !space.test(text[at] ?? '')) at += 1;
    const name = text.slice(start, at);
    skipSpace();
    if (name === '' || text[at] !== '=') throw refuse('a keyword lacks its "="');
    at += 1;
    skipSpace();
    const { value, end } = readValue(text, at, refuse);
    at = end;
    if (values.has(name)) throw refuse('a keyword stands in it twice');
    values.set(name, value);
  }
  if (values.size === 0) throw refuse('it is empty');
  return values;
}

function readValue(text: string, from: number, refuse: Refusal): { value: string; end: number } {
  const quoted = text[from] === "'";
  let value = '';
  let at = quoted ? from + 1 : from;
  for (;;) {
    const char = text[at];
    if (char === undefined) {
      if (quoted) throw refuse('a quoted value lacks its closing quote');
      return { value, end: at };
    }
    if (quoted && char === "'") return { value, end: at + 1 };
    if (!quoted && space.test(char)) return { value, end: at };
    if (char === '\\') {
      at += 1;
      value += text[at] ?? '';
    } else {
      value += char;
    }
    at += 1;
  }
}

/** A keyword/value string that {@link parseKeywords}, and libpq, read back. */
export function formatKeywords(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(' ');
}

function quoted(value: string): string {
  return /^[^\s'\\]+$/.test(value) ? value : `'${value.replace(/['\\]/g, '\\$&')}'`;
}
