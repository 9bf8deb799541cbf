import type { TableName } from '../connections/connection.ts';

/** A relation's name as somebody wrote it. */
export interface WrittenName {
  /** Null where it was left out. */
  readonly schema: WrittenPart | null;
  readonly name: WrittenPart;
}

interface WrittenPart {
  readonly text: string;
  /** Whether it stood in quotes, where every letter counts. */
  readonly quoted: boolean;
}

/**
 * Reads `app.orders`, `orders`, `"Odd ""Name""".t`: parts in double quotes as SQL has them, others
 * letter by letter. @returns null when it is no such name
 */
export function readRelationName(text: string): WrittenName | null {
  const parts: WrittenPart[] = [];
  let rest = text;
  for (;;) {
    const [whole, inQuotes, bare] = /^(?:"((?:[^"]|"")+)"|([^".]+))(?=\.|$)/.exec(rest) ?? [];
    if (whole === undefined) return null;
    const quoted = inQuotes !== undefined;
    parts.push({ text: quoted ? inQuotes.replaceAll('""', '"') : (bare ?? ''), quoted });
    rest = rest.slice(whole.length);
    if (rest === '') break;
    rest = rest.slice(1);
  }
  const [first, second] = parts;
  if (first === undefined || parts.length > 2) return null;
  return second === undefined ? { schema: null, name: first } : { schema: first, name: second };
}

/** A name that {@link readRelationName} reads back, in quotes only where it needs them. */
export function writtenName({ schema, name }: TableName): string {
  return `${writtenPart(schema)}.${writtenPart(name)}`;
}

function writtenPart(text: string): string {
  return /[".]/.test(text) ? quoted(text) : text;
}

/** A name for SQL: always in quotes, so that no word, case or sign in it is special. */
export function quotedName({ schema, name }: TableName): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
