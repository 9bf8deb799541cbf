import type { z } from 'zod';
import { fileConnectionSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
};

/** What is wrong in a place, and what may stand there; the value itself is not told. */
export function wrongness(issue: Issue, content: unknown): string {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = issue.path[0] === 'connections' && issue.path.length === 2 ? fileConnectionSchema : null;
      const may = known === null ? '' : `; it may hold ${Object.keys(known.shape).join(', ')}`;
      return `holds a key that is not known (${issue.keys.map((key) => JSON.stringify(key)).join(', ')})${may}`;
    }
    case 'invalid_value':
      return `${isMissing(content, issue.path) ? 'is missing: it is' : 'is not'} one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type': {
      const wanted = typeWords[issue.expected] ?? issue.expected;
      return isMissing(content, issue.path) ? `is missing: it is ${wanted}` : `is not ${wanted}`;
    }
    case 'too_small':
      return `is less than ${issue.minimum}`;
    case 'too_big':
      return `is more than ${issue.maximum}`;
    default:
      return 'is not as it should be';
  }
}

function isMissing(content: unknown, path: readonly PropertyKey[]): boolean {
  return valueAt(content, path) === undefined;
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value;
}

/** ` ("shop")` for a place within an entry that has a name. */
export function nameAt(content: unknown, path: readonly PropertyKey[]): string {
  const name = path.length < 2 ? null : valueAt(content, [...path.slice(0, 2), 'name']);
  return typeof name === 'string' && path[2] !== 'name' ? ` (${JSON.stringify(name)})` : '';
}

/** A place as it is written in most languages: `connections[1].port`. */
export function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the top level';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
