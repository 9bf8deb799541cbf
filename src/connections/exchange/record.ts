import { UsageError } from '../errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a mapping. */
export function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping of a file; an empty file is an empty one. @throws UsageError bad_file */
export function mappingOf(value: unknown, file: string, title: string): Fields {
  if (value === null || value === undefined) return {};
  if (isMapping(value)) return value;
  throw new UsageError({
    code: 'bad_file',
    message: `${file} is not ${title}: it is no mapping of names to connections`,
    fix: 'say what it is with --from FORMAT',
  });
}

/** libpq's parameters from what a file says; what is absent or empty is left out. */
export function parameters(pairs: Readonly<Record<string, string | null | undefined>>): Map<string, string> {
  const said = Object.entries(pairs).filter((pair): pair is [string, string] => !!pair[1]);
  return new Map(said);
}
