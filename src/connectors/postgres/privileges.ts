import type { TableName } from '../../connections/connection.ts';
import type { ProbeRequest } from '../../connections/connector.ts';
import { Fault } from './faults.ts';
import { jsonArray } from './json-array.ts';
import { firstLookQuery, type Group, privilegesQuery, writePrivileges } from './privileges-query.ts';
import type { Session, TextRow } from './session.ts';

/** Tables, or sequences: how many there are, and the first of them by name. */
export interface Named {
  readonly count: number;
  readonly first: readonly TableName[];
}

export interface SchemaFacts {
  readonly name: string;
  readonly exists: boolean;
  readonly usage: boolean;
  readonly create: boolean;
  /** Tables that are named in it and are not there. */
  readonly missing: number;
}

type WritePrivilege = (typeof writePrivileges)[number];

/** What the rungs schema and privileges are judged by. */
export interface PrivilegeFacts {
  readonly currentUser: string;
  readonly database: string;
  /** Whether certain tables are judged, and not all of a schema. */
  readonly listed: boolean;
  /** The one that is judged, or those of the listed tables. */
  readonly schemas: readonly SchemaFacts[];
  readonly databaseCreate: boolean;
  readonly databaseTemporary: boolean;
  /** Tables, views and the like that are judged; of a whole schema without partitions. */
  readonly relations: number;
  /** Of those what a loader writes to: ordinary and partitioned tables. */
  readonly tables: number;
  /** Of the tables those that belong to others. */
  readonly ofOthers: number;
  /** Listed, and not there though the schema is. */
  readonly missing: Named;
  /** Listed, and there as something that no load can write to: a view, a sequence, an index. */
  readonly notTables: Named;
  /** Relations that nothing of may be read. */
  readonly closed: Named;
  /** Relations that some columns of may be read. */
  readonly partial: Named;
  /** Tables on which row-level security is in force for the user. */
  readonly filtered: Named;
  /** Tables that lack a privilege to write, and all that is lacking on one or another of them. */
  readonly unwritable: Named;
  readonly lacks: readonly WritePrivilege[];
  /**
   * For a source sequences of the schema, or of the listed tables, that may not be read; for a
   * destination those that fill columns of the tables and may not be used.
   */
  readonly closedSequences: Named;
  /** As those, with the ones that are open. */
  readonly sequences: number;
}

/**
 * Reads what the user may do with the schema, or the listed tables: one statement or two, whatever their number.
 * @throws Fault; pg's DatabaseError
 */
export async function readPrivileges(
  session: Session,
  { endpoint, role, tables }: Pick<ProbeRequest, 'endpoint' | 'role' | 'tables'>,
): Promise<PrivilegeFacts> {
  // No table at all would pass whatever the user may do.
  const listed = tables !== null && tables.length > 0;
  const open = role === 'source' && !listed ? await firstLook(session, endpoint.schema) : null;
  const whole = privilegesQuery({ role, schema: endpoint.schema, tables: tables ?? [] });
  return factsOf(open ?? (await session.queryRow(whole)), listed);
}

/** What a row says; of what it does not have there is none. */
function factsOf(row: TextRow, listed: boolean): PrivilegeFacts {
  const yes = (name: string) => row[name] === 't';
  const count = (name: string) => Number(row[name] ?? 0);
  const named = (name: Group): Named => ({
    count: count(`${name}_count`),
    first: jsonArray(row[`${name}_first`]).map(tableName),
  });
  return {
    currentUser: row.current_user ?? '',
    database: row.database ?? '',
    listed,
    schemas: jsonArray(row.schemas).map(schemaFacts),
    databaseCreate: yes('database_create'),
    databaseTemporary: yes('database_temporary'),
    relations: count('relations'),
    tables: count('tables'),
    ofOthers: count('of_others'),
    missing: named('missing'),
    notTables: named('not_tables'),
    closed: named('closed'),
    partial: named('partial'),
    filtered: named('filtered'),
    unwritable: named('unwritable'),
    lacks: writePrivileges.filter((privilege) => yes(`lacks_${privilege.toLowerCase()}`)),
    closedSequences: named('closed_sequences'),
    sequences: count('sequences'),
  };
}

/** The longest name of PostgreSQL, in bytes (NAMEDATALEN - 1). */
const longestName = 63;

/** @returns what is known of a schema of which all may be read; null where the whole question must be asked */
async function firstLook(session: Session, schema: string): Promise<TextRow | null> {
  if (Buffer.byteLength(schema) > longestName) return null;
  const row = await session.queryRow(firstLookQuery(schema));
  if (row.usage !== 't' || row.open !== 't' || Number(row.relations ?? 0) === 0) return null;
  return { ...row, schemas: JSON.stringify([[schema, true, true, row.creation === 't', 0]]) };
}

function tableName(entry: unknown): TableName {
  const [schema, name] = Array.isArray(entry) ? entry : [];
  if (typeof schema === 'string' && typeof name === 'string') return { schema, name };
  throw unreadable();
}

function schemaFacts(entry: unknown): SchemaFacts {
  const [name, exists, usage, create, missing] = Array.isArray(entry) ? entry : [];
  if (typeof name !== 'string') throw unreadable();
  return {
    name,
    exists: exists === true,
    usage: usage === true,
    create: create === true,
    missing: Number(missing ?? 0),
  };
}

const unreadable = () => new Fault('protocol_violation', { text: 'an answer that can not be read' });
