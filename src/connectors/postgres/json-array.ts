import { Fault } from './faults.ts';

/** Reads a JSON array of a row. @throws Fault protocol_violation when it is none: no server of PostgreSQL's says so */
export function jsonArray(text: string | null | undefined): unknown[] {
  if (text == null) return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Falls through to the fault.
  }
  throw new Fault('protocol_violation', { text: 'an answer that can not be read' });
}
