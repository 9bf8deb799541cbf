import { UsageError } from '../../connections/errors.ts';
import { nearNames } from '../../metadata/near-names.ts';
import { outputFormats } from '../../output/answer.ts';
import { oneOf, readCount, readDuration, readInterval } from '../values.ts';

/** What the flags, the environment and the file leave open, decided. */
export interface Defaults {
  readonly output: (typeof outputFormats)[number] | null;
  readonly color: 'auto' | 'always' | 'never' | null;
  /** How many connections at once. */
  readonly concurrency: number | null;
  /** Of one test, in milliseconds. */
  readonly timeout: number | null;
  /** Between refreshes of a source for which nothing was decided, in milliseconds; `off`: never. */
  readonly refreshEvery: number | 'off' | null;
}

export type Key = keyof Defaults;

/** A key of the file: the variable that comes before it, and how its value is read, by the flag's own rules. */
interface KeyDefinition {
  readonly variable: string;
  /** What is in force where nothing is said, as it would be written. */
  readonly fallback: string;
  /** @throws UsageError bad_value */
  readonly read: (name: string) => (text: string) => NonNullable<Defaults[Key]>;
}

/** Every key of the file. Zod would say the same, and would cost each start as much as the rest of it. */
export const configKeys: Readonly<Record<Key, KeyDefinition>> = {
  output: { variable: 'JACKFIELD_OUTPUT', fallback: 'table', read: (name) => oneOf(name, outputFormats) },
  color: {
    variable: 'JACKFIELD_COLOR',
    fallback: 'auto',
    read: (name) => oneOf(name, ['auto', 'always', 'never']),
  },
  concurrency: { variable: 'JACKFIELD_CONCURRENCY', fallback: '8', read: (name) => readCount(name, 1000) },
  timeout: { variable: 'JACKFIELD_TIMEOUT', fallback: '10s', read: readDuration },
  refreshEvery: {
    variable: 'JACKFIELD_REFRESH_EVERY',
    fallback: '6h',
    read: (name) => (text) => (text === 'off' ? 'off' : readInterval(name)(text)),
  },
};

export const keyNames = Object.keys(configKeys) as Key[];

/** What is typed for a key, with those there are for the completion of the shell. */
export const keyWord = Object.assign((text: string) => text, { values: keyNames });

/** @throws UsageError unknown_key */
export function requireKey(text: string, where = ''): Key {
  const key = keyNames.find((known) => known === text);
  if (key !== undefined) return key;
  const [meant] = nearNames(text.replaceAll('-', ''), keyNames, String);
  const hint = meant === undefined ? `use one of ${keyNames.join(', ')}` : `did you mean ${meant}?`;
  throw new UsageError({
    code: 'unknown_key',
    message: `there is no key ${JSON.stringify(text)}${where}`,
    fix: where === '' ? hint : `${hint} To take it away: jackfield config unset ${text}`,
  });
}
