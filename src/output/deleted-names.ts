import type { Answer } from './answer.ts';

/** The answer of `connections delete`: deletedNamesSchema. What was done is told on stderr. */
export function deletedNames(names: readonly string[]): Answer {
  return {
    value: names,
    columns: ['name'],
    *records() {
      for (const name of names) yield { name };
    },
    text: () => '',
  };
}
