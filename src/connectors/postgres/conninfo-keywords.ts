import { badUrl } from './conninfo-uri.ts';

/** isspace() of the C locale: libpq takes other blanks for part of a value. */
const space = /[ \t\n\v\f\r]/;

/**
 * Parses a keyword/value string (`host=db port=5433 dbname='my db'`) as libpq's conninfo_parse does
 * (src/interfaces/libpq/fe-connect.c): values may be quoted with ', a backslash takes the next
 * character as it is. A repeated keyword, which libpq lets the last win, is refused.
 * @throws UsageError bad_url; the input is never in its message
 */
export function parseKeywords(text: string): Map<string, string> {
  if (text.includes('\0')) throw badUrl('it holds a NUL character');
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
    if (name === '' || text[at] !== '=') throw badUrl('a keyword lacks its "="');
    at += 1;
    skipSpace();
    const { value, end } = readValue(text, at);
    at = end;
    if (values.has(name)) throw badUrl('a keyword stands in it twice');
    values.set(name, value);
  }
  if (values.size === 0) throw badUrl('it is empty');
  return values;
}

function readValue(text: string, from: number): { value: string; end: number } {
  const quoted = text[from] === "'";
  let value = '';
  let at = quoted ? from + 1 : from;
  for (;;) {
    const char = text[at];
    if (char === undefined) {
      if (quoted) throw badUrl('a quoted value lacks its closing quote');
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
