import type { Endpoint } from '../../connections/connection.ts';
import type { DiscoverRequest } from '../../connections/connector.ts';
import { ServerError } from '../../connections/errors.ts';
import type { Column, Discovery, Relation } from '../../metadata/discovery.ts';
import { Deadline } from './deadline.ts';
import { sqlstateOf } from './diagnosis.ts';
import {
  columnsQuery,
  constraintsQuery,
  hiddenQuery,
  indexesQuery,
  relationsQuery,
  schemasQuery,
} from './discovery-queries.ts';
import { Fault } from './faults.ts';
import { jsonArray } from './json-array.ts';
import { openSession } from './open-session.ts';
import type { Session, TextRow } from './session.ts';
import { readSessionFacts } from './session-facts.ts';
import { readTlsFiles } from './tls-files.ts';

/** A comment may be long and the tables many; a gigabyte of either is not believed. */
const bounds = { maxMessage: 64 * 1024 * 1024, maxTotal: 1024 * 1024 * 1024 };

/** A relation while it is put together, with its columns' names by attnum. */
interface Draft {
  readonly schema: string;
  readonly relation: Relation;
  readonly names: Map<number, string>;
}

/**
 * Reads schemas, relations, columns, keys, checks and indexes in one snapshot and six statements.
 * @throws ServerError with the diagnosis of the probe; InterruptedError; UsageError for unreadable files
 */
export async function discover(request: DiscoverRequest): Promise<Omit<Discovery, 'connection'>> {
  const { endpoint, secrets } = request;
  const deadline = new Deadline(request.timeoutMs, request.signal);
  const files = await readTlsFiles(endpoint);
  try {
    const { session } = await openSession({ endpoint, secrets, files, bounds }, deadline);
    try {
      const takenAt = new Date().toISOString();
      const { server } = await readSessionFacts(session, endpoint);
      return { takenAt, server, ...(await readStructure(session)) };
    } finally {
      session.close();
    }
  } catch (error) {
    throw toServerError(error, endpoint);
  }
}

async function readStructure(session: Session): Promise<Pick<Discovery, 'schemas' | 'hidden'>> {
  const drafts = new Map<string, Draft>();
  const schemas = new Map<string, Relation[]>();
  for (const row of await session.query(schemasQuery)) {
    if (row.usable === 't') schemas.set(text(row.schema), []);
  }
  for (const row of await session.query(relationsQuery)) {
    const draft = draftOf(row);
    drafts.set(text(row.oid), draft);
    schemas.get(draft.schema)?.push(draft.relation);
  }
  for (const row of await session.query(columnsQuery)) {
    const draft = drafts.get(text(row.oid));
    draft?.names.set(Number(row.attnum), text(row.name));
    draft?.relation.columns.push(columnOf(row));
  }
  for (const row of await session.query(constraintsQuery)) addConstraint(drafts.get(text(row.oid)), row);
  for (const row of await session.query(indexesQuery)) addIndex(drafts.get(text(row.oid)), row);
  const [hidden] = await session.query(hiddenQuery);
  return {
    hidden: { schemas: Number(hidden?.schemas ?? 0), relations: Number(hidden?.relations ?? 0) },
    schemas: [...schemas].map(([name, relations]) => ({ name, relations })),
  };
}

const kinds: Readonly<Record<string, Relation['kind']>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

function draftOf(row: TextRow): Draft {
  const kind = kinds[text(row.kind)] ?? 'table';
  const partitioned = kind === 'partitioned table';
  const relation: Relation = {
    name: text(row.name),
    kind,
    comment: row.comment ?? null,
    estimatedRows: partitioned ? numberOrNull(row.leaf_tuples) : estimate(kind, row),
    columns: [],
    primaryKey: null,
    foreignKeys: [],
    uniques: [],
    checks: [],
    indexes: [],
    partitions: partitioned ? { key: text(row.key), count: Number(row.leaves ?? 0) } : null,
  };
  return { schema: text(row.schema), relation, names: new Map() };
}

/** reltuples is -1 for unknown since 14; before, 0 without pages is. A view has none. */
function estimate(kind: Relation['kind'], row: TextRow): number | null {
  const tuples = Number(row.tuples);
  if (kind === 'view' || tuples < 0 || (tuples === 0 && Number(row.pages) === 0)) return null;
  return tuples;
}

function columnOf(row: TextRow): Column {
  const generated = row.generated === 's' ? 'stored' : row.generated === 'v' ? 'virtual' : null;
  return {
    name: text(row.name),
    type: text(row.type),
    nullable: row.not_null !== 't',
    default: row.expression ?? null,
    identity: row.identity === 'a' ? 'always' : row.identity === 'd' ? 'by default' : null,
    generated,
    comment: row.comment ?? null,
  };
}

function addConstraint(draft: Draft | undefined, row: TextRow): void {
  if (!draft) return;
  const { relation } = draft;
  const name = text(row.name);
  const columns = attributeNames(draft, row.columns).filter((column) => column !== null);
  switch (row.type) {
    case 'p':
      relation.primaryKey = { name, columns };
      break;
    case 'u':
      relation.uniques.push({ name, columns });
      break;
    case 'c':
      relation.checks.push({ name, definition: text(row.definition) });
      break;
    case 'f':
      relation.foreignKeys.push({
        name,
        columns,
        referencedSchema: text(row.referenced_schema),
        referencedTable: text(row.referenced_table),
        referencedColumns: jsonArray(row.referenced_columns).map(String),
      });
  }
}

function addIndex(draft: Draft | undefined, row: TextRow): void {
  draft?.relation.indexes.push({
    name: text(row.name),
    unique: row.is_unique === 't',
    primary: row.is_primary === 't',
    valid: row.is_valid === 't',
    method: text(row.method),
    columns: attributeNames(draft, row.columns),
  });
}

/** Names by attnum; null where it is an expression (attnum 0). */
function attributeNames(draft: Draft, numbers: string | null | undefined): (string | null)[] {
  return jsonArray(numbers).map((number) => draft.names.get(Number(number)) ?? null);
}

function text(value: string | null | undefined): string {
  return value ?? '';
}

function numberOrNull(value: string | null | undefined): number | null {
  return value == null ? null : Number(value);
}

function toServerError(error: unknown, { host, port }: Endpoint): unknown {
  if (error instanceof Fault) {
    const { code, sentence, fix } = error.with({ host, port });
    return new ServerError({ code, message: sentence, fix, cause: error });
  }
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null || !(error instanceof Error)) return error;
  return new ServerError({
    code: 'server_refused',
    message: `the server refused the discovery: ${error.message} (${sqlstate})`,
    fix: 'read the server’s own words; its log may say more',
    cause: error,
  });
}
