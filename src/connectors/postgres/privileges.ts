import type { Role, StageResult } from '../../connections/connection.ts';
import { displayIdentifier } from './identifiers.ts';
import { jsonArray } from './json-array.ts';
import type { Session } from './session.ts';

/** What the rungs schema and privileges are judged by. */
export interface PrivilegeFacts {
  readonly currentUser: string;
  readonly database: string;
  readonly schema: string;
  readonly schemaExists: boolean;
  readonly schemaUsage: boolean;
  readonly schemaCreate: boolean;
  readonly databaseCreate: boolean;
  readonly databaseTemporary: boolean;
  /** Tables, views and the like in the schema, without leaf partitions. */
  readonly relations: number;
  /** Relations the user may read all of. */
  readonly readable: number;
  /** Relations the user may read some columns of. */
  readonly partlyReadable: number;
  /** Tables a loader writes to: ordinary and partitioned ones. */
  readonly tables: number;
  /** Of those, the ones that may be read, inserted into, updated, deleted from and truncated. */
  readonly writable: number;
  /** Up to five names that are missing from `readable` (a source) or `writable` (a destination). */
  readonly lacking: readonly string[];
}

const query = `SELECT current_user AS current_user,
  current_database() AS database,
  n.oid IS NOT NULL AS schema_exists,
  has_schema_privilege(n.oid, 'USAGE') AS schema_usage,
  has_schema_privilege(n.oid, 'CREATE') AS schema_create,
  has_database_privilege(current_database(), 'CREATE') AS database_create,
  has_database_privilege(current_database(), 'TEMPORARY') AS database_temporary,
  r.*
FROM (VALUES (1)) AS one (x)
LEFT JOIN pg_namespace n ON n.nspname = $1
LEFT JOIN LATERAL (
  SELECT count(*) AS relations,
    count(*) FILTER (WHERE readable) AS readable,
    count(*) FILTER (WHERE partly_readable AND NOT readable) AS partly_readable,
    count(*) FILTER (WHERE is_table) AS tables,
    count(*) FILTER (WHERE is_table AND writable) AS writable,
    to_json((array_agg(relname ORDER BY relname)
      FILTER (WHERE CASE WHEN $2 = 'source' THEN NOT readable ELSE is_table AND NOT writable END))[1:5]) AS lacking
  FROM (
    SELECT c.relname, c.relkind IN ('r', 'p') AS is_table,
      has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable,
      has_any_column_privilege(c.oid, 'SELECT') AS partly_readable,
      has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
        AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
        AND has_table_privilege(c.oid, 'TRUNCATE') AS writable
    FROM pg_class c
    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  ) AS rel
) AS r ON true`;

/** Reads what the user may do in the schema, in one statement. @throws Fault; pg's DatabaseError */
export async function readPrivileges(session: Session, schema: string, role: Role): Promise<PrivilegeFacts> {
  const row = await session.queryRow(query, [schema, role]);
  const yes = (name: string) => row[name] === 't';
  const count = (name: string) => Number(row[name] ?? 0);
  return {
    currentUser: row.current_user ?? '',
    database: row.database ?? '',
    schema,
    schemaExists: yes('schema_exists'),
    schemaUsage: yes('schema_usage'),
    schemaCreate: yes('schema_create'),
    databaseCreate: yes('database_create'),
    databaseTemporary: yes('database_temporary'),
    relations: count('relations'),
    readable: count('readable'),
    partlyReadable: count('partly_readable'),
    tables: count('tables'),
    writable: count('writable'),
    lacking: jsonArray(row.lacking).map(String),
  };
}

/** A rung's verdict: what {@link StageResult} says, without the time. */
export type Verdict = Pick<StageResult, 'status' | 'code' | 'message' | 'fix'>;

const passed = (message: string | null = null): Verdict => ({
  status: 'passed',
  code: null,
  message,
  fix: null,
});
const verdict = (status: 'warned' | 'failed', code: string, message: string, fix: string): Verdict => ({
  status,
  code,
  message,
  fix,
});

/** The rung `schema`: is it there, or may a destination make it? */
export function judgeSchema(facts: PrivilegeFacts, role: Role): Verdict {
  const schema = displayIdentifier(facts.schema);
  if (facts.schemaExists) {
    const found = role === 'source' ? facts.relations : facts.tables;
    if (role === 'source' && found === 0) {
      return verdict('warned', 'schema_empty', `the schema ${schema} has no tables`, 'check --schema');
    }
    return passed(`${schema}: ${counted(found, role === 'source' ? 'relation' : 'table')}`);
  }
  if (role === 'destination' && facts.databaseCreate) {
    return passed(`the schema ${schema} does not exist yet, and "${facts.currentUser}" may create it`);
  }
  return verdict(
    'failed',
    'no_such_schema',
    `there is no schema ${schema} in the database ${facts.database}`,
    role === 'source'
      ? 'check --schema; names are case-sensitive here'
      : `CREATE SCHEMA ${schema} AUTHORIZATION ${displayIdentifier(facts.currentUser)};`,
  );
}

/** The rung `privileges`: all that is missing at once, with the statements that grant it. */
export function judgePrivileges(facts: PrivilegeFacts, role: Role): Verdict {
  return role === 'source' ? judgeSource(facts) : judgeDestination(facts);
}

function judgeSource(facts: PrivilegeFacts): Verdict {
  const user = displayIdentifier(facts.currentUser);
  const schema = displayIdentifier(facts.schema);
  const grants: string[] = [];
  const complaints: string[] = [];
  if (!facts.schemaExists) return skippedWithoutSchema;
  if (!facts.schemaUsage) {
    complaints.push(`may not use the schema ${schema}`);
    grants.push(`GRANT USAGE ON SCHEMA ${schema} TO ${user};`);
  }
  const closed = facts.relations - facts.readable;
  if (closed > 0) {
    const hidden = closed - facts.partlyReadable;
    const parts = [
      hidden > 0 && `${hidden} of its ${counted(facts.relations, 'relation')}`,
      facts.partlyReadable > 0 && `some columns of ${facts.partlyReadable}`,
    ].filter((part) => part !== false);
    complaints.push(`may not read ${parts.join(' and ')} (${names(facts, closed)})`);
    grants.push(
      closed === facts.relations
        ? `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${user};`
        : `GRANT SELECT ON ${qualified(facts, closed)} TO ${user};`,
    );
  }
  if (complaints.length === 0) return passed(readableText(facts.relations));
  const message = `"${facts.currentUser}" ${complaints.join(' and ')}`;
  const nothing = !facts.schemaUsage || facts.readable + facts.partlyReadable === 0;
  return verdict(
    nothing ? 'failed' : 'warned',
    nothing ? 'select_denied' : 'select_partial',
    message,
    grants.join('\n'),
  );
}

function readableText(relations: number): string {
  if (relations === 0) return 'there is nothing to read yet';
  return relations === 1 ? 'the one relation is readable' : `all ${relations} relations are readable`;
}

function judgeDestination(facts: PrivilegeFacts): Verdict {
  const user = displayIdentifier(facts.currentUser);
  const schema = displayIdentifier(facts.schema);
  const found: Verdict[] = [];
  if (facts.schemaExists) {
    const wanted = [!facts.schemaUsage && 'USAGE', !facts.schemaCreate && 'CREATE']
      .filter(Boolean)
      .join(', ');
    if (wanted !== '') {
      const grant = `GRANT ${wanted} ON SCHEMA ${schema} TO ${user};`;
      found.push(verdict('failed', 'create_denied', `lacks ${wanted} on the schema ${schema}`, grant));
    }
  } else if (!facts.databaseCreate) {
    return skippedWithoutSchema;
  }
  const closed = facts.tables - facts.writable;
  if (closed > 0) {
    const message = `may not fully write ${closed} of the ${counted(facts.tables, 'table')} (${names(facts, closed)})`;
    const grant = `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ${qualified(facts, closed)} TO ${user};`;
    found.push(verdict('warned', 'write_partial', message, grant));
  }
  if (!facts.databaseTemporary) {
    const grant = `GRANT TEMPORARY ON DATABASE ${displayIdentifier(facts.database)} TO ${user};`;
    const message = 'may not make temporary tables, which merging loads often use';
    found.push(verdict('warned', 'temporary_denied', message, grant));
  }
  const [worst] = found;
  if (!worst) return passed(writableText(facts));
  return {
    ...worst,
    message: `"${facts.currentUser}" ${found.map(({ message }) => message).join(' and ')}`,
    fix: found.map(({ fix }) => fix).join('\n'),
  };
}

function writableText(facts: PrivilegeFacts): string {
  if (!facts.schemaExists) return 'may create the schema';
  return facts.tables === 0 ? 'may create tables' : 'may create tables and write those there';
}

const skippedWithoutSchema: Verdict = {
  status: 'skipped',
  code: null,
  message: 'there is no schema to look at',
  fix: null,
};

function counted(count: number, noun: 'relation' | 'table'): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function names(facts: PrivilegeFacts, count: number): string {
  const more = count - facts.lacking.length;
  return facts.lacking.map(displayIdentifier).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function qualified(facts: PrivilegeFacts, count: number): string {
  const schema = displayIdentifier(facts.schema);
  if (count > facts.lacking.length) return `ALL TABLES IN SCHEMA ${schema}`;
  return facts.lacking.map((name) => `${schema}.${displayIdentifier(name)}`).join(', ');
}
