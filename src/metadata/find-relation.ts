import type { TableName } from '../connections/connection.ts';
import { NotFoundError, UsageError } from '../connections/errors.ts';
import { shellWord } from '../connections/shell-word.ts';
import { shownWord } from '../connections/shown-word.ts';
import { nearNames } from './near-names.ts';
import { readRelationName, type WrittenName, writtenName } from './relation-name.ts';
import type { MetadataStore, Snapshot } from './store.ts';

/** Schemas that are listed of a name that is in several. */
const mostListed = 10;

/**
 * The relation of a snapshot that somebody means: `schema.name`, or a name alone, of the connection's
 * schema first, else of the only one that has it. What is as written goes before what PostgreSQL would
 * make of it without quotes, its small letters.
 * @throws NotFoundError no_such_relation; UsageError ambiguous_relation
 */
export async function findRelation(
  store: MetadataStore,
  snapshot: Snapshot,
  text: string,
  about: { readonly connection: string; readonly schema: string },
): Promise<TableName> {
  for (const { schema, name } of readings(text)) {
    const found = await named(store, snapshot, schema === null ? { name } : { schema, name });
    const preferred = found.find((it) => it.schema === about.schema) ?? found[0];
    if (preferred === undefined) continue;
    if (found.length === 1 || preferred.schema === about.schema) return preferred;
    throw ambiguous(text, found);
  }
  const written = readRelationName(text);
  const all = await named(store, snapshot, {});
  const near =
    written === null || written.schema !== null
      ? nearNames(text, all, writtenName)
      : nearNames(written.name.text, all, ({ name }) => name);
  throw notFound(text, about.connection, near);
}

interface Reading {
  readonly schema: string | null;
  readonly name: string;
}

/** What a text may mean, the most literal first; in the end all of it is one name, a dot in it too. */
function* readings(text: string): Generator<Reading> {
  const written = readRelationName(text);
  if (written !== null) {
    const { schema, name } = written;
    yield { schema: schema?.text ?? null, name: name.text };
    yield folded(written);
  }
  yield { schema: null, name: text };
}

function folded({ schema, name }: WrittenName): Reading {
  const fold = (part: WrittenName['name']) => (part.quoted ? part.text : part.text.toLowerCase());
  return { schema: schema === null ? null : fold(schema), name: fold(name) };
}

async function named(
  store: MetadataStore,
  snapshot: Snapshot,
  query: { readonly schema?: string; readonly name?: string },
): Promise<TableName[]> {
  const found: TableName[] = [];
  for await (const page of store.summaries(snapshot, query)) {
    for (const { facts } of page) found.push({ schema: facts.schema, name: facts.name });
  }
  return found;
}

function ambiguous(text: string, found: readonly TableName[]): UsageError {
  const listed = found.slice(0, mostListed).map(writtenName).join(', ');
  const more = found.length > mostListed ? ` and ${found.length - mostListed} more` : '';
  return new UsageError({
    code: 'ambiguous_relation',
    message: `${shownWord(text)} is in several schemas: ${listed}${more}`,
    fix: 'write it with its schema: SCHEMA.NAME',
  });
}

function notFound(text: string, connection: string, near: readonly TableName[]): NotFoundError {
  const meant = near.map(writtenName).join(' or ');
  return new NotFoundError({
    code: 'no_such_relation',
    message: `there is no relation ${shownWord(text)} in ${connection}${meant === '' ? '' : `; did you mean ${meant}?`}`,
    fix: `jackfield connections discover ${shellWord(connection)} --search TEXT looks for one, --refresh reads anew; partitions are part of their table`,
  });
}
