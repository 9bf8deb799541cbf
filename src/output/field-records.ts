import type { Answer, CellValue } from './answer.ts';

/**
 * A read model as a record for each of its fields, as CSV shows it. What is in a list or an object is JSON.
 * @param spread the fields whose own fields have a record each, as `lastTest.status`
 */
export function fieldRecords(value: object, spread: readonly string[]): Pick<Answer, 'columns' | 'records'> {
  return {
    columns: ['field', 'value'],
    *records() {
      for (const [field, held] of Object.entries(value)) {
        if (!spread.includes(field) || typeof held !== 'object' || held === null) yield record(field, held);
        else for (const [key, inner] of Object.entries(held)) yield record(`${field}.${key}`, inner);
      }
    },
  };
}

function record(field: string, value: unknown): Record<string, CellValue> {
  const isScalar = typeof value !== 'object' || value === null;
  return { field, value: isScalar ? (value as CellValue) : JSON.stringify(value) };
}
