import type { Role, TableName } from '../connections/connection.ts';
import { UsageError } from '../connections/errors.ts';
import { shownWord } from '../connections/shown-word.ts';
import { readRelationName } from '../metadata/relation-name.ts';
import { type SavedPipeline, tablesAt } from './pipeline.ts';

/**
 * Reads `app.orders` and `app."Odd.Name"`, letter by letter as `connections discover` prints them; each once.
 * @throws UsageError bad_table
 */
export function readTables(texts: readonly string[]): TableName[] {
  const tables = new Map<string, TableName>();
  for (const text of texts) {
    const table = readTable(text);
    tables.set(keyOfTable(table), table);
  }
  return [...tables.values()];
}

function readTable(text: string): TableName {
  const written = readRelationName(text.trim());
  // PostgreSQL's names can hold anything but NUL.
  if (written !== null && !text.includes('\0')) {
    if (written.schema !== null) return { schema: written.schema.text, name: written.name.text };
    throw badTable(
      `the table ${shownWord(text)} is without its schema`,
      'write SCHEMA.TABLE, public.orders for instance',
    );
  }
  throw badTable(
    `${shownWord(text)} is not the name of a table`,
    'write SCHEMA.TABLE, and a part with a dot in it in double quotes: app."odd.name"',
  );
}

/** A schema's name, letter by letter, or in double quotes; null stays null. @throws UsageError bad_table */
export function readSchema(text: string | null): string | null {
  if (text === null) return null;
  const written = readRelationName(text.trim());
  if (written !== null && written.schema === null && !text.includes('\0')) return written.name.text;
  throw badTable(
    `${shownWord(text)} is not the name of a schema`,
    'write it as it is called, and in double quotes where it has a dot in it',
  );
}

function badTable(message: string, fix: string): UsageError {
  return new UsageError({ code: 'bad_table', message, fix });
}

/** One text for each table: by it they are compared. */
export function keyOfTable({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}

/**
 * The tables of several pipelines as they are called at an end, each once, in the order of their first; null
 * when none names any.
 */
export function tablesOfAll(
  pipelines: readonly Pick<SavedPipeline, 'tables' | 'destinationSchema'>[],
  role: Role,
): readonly TableName[] | null {
  const all = new Map<string, TableName>();
  for (const pipeline of pipelines) {
    for (const table of tablesAt(pipeline, role)) all.set(keyOfTable(table), table);
  }
  return all.size === 0 ? null : [...all.values()];
}
