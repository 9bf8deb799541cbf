import type { Answer } from './answer.ts';
import { jsonText } from './json-text.ts';

/** An answer that is JSON by its nature: it is so for a person too. */
export function jsonDocument(value: unknown): Answer {
  return {
    value,
    columns: ['document'],
    *records() {
      yield { document: JSON.stringify(value) };
    },
    text: () => jsonText(value),
  };
}
