import type { Role, TableName } from '../../connections/connection.ts';
import { quoteIdentifier, quoteLiteral } from './identifiers.ts';

/*
 * The statements that the rungs schema and privileges are judged by. They run in a READ ONLY transaction
 * with a search_path of pg_catalog, read that alone, and answer one row whatever the number of tables:
 * counts, and the first names of each group. They are put together of what the role and the question
 * need: a server takes as long to read and plan the whole of it as to run it.
 */

/** What is asked: about certain tables, or where there are none about all of a schema. */
export interface PrivilegesQuestion {
  readonly role: Role;
  readonly schema: string;
  readonly tables: readonly TableName[];
}

/** How many names of a group are told: a few of a whole schema, all but absurdly many of listed tables. */
const namesShown = { schema: 5, listed: 1000 } as const;

/** The groups of relations that are told apart. */
export type Group =
  | 'missing'
  | 'not_tables'
  | 'closed'
  | 'partial'
  | 'filtered'
  | 'unwritable'
  | 'closed_sequences';

/** Rows of a CTE with the columns `schema` and `name`: how many meet the condition, and the first of them. */
function group(name: Group, condition: string, shown: number): string {
  return `count(*) FILTER (WHERE ${condition}) AS ${name}_count,
    to_json((array_agg(json_build_array(schema, name) ORDER BY schema COLLATE "C", name COLLATE "C")
      FILTER (WHERE ${condition}))[1:${shown}]) AS ${name}_first`;
}

/** Kinds that can be read as a table is: tables, partitioned and foreign ones, views of both kinds. */
const readKinds = "('r', 'p', 'v', 'm', 'f')";
const writtenKinds = "('r', 'p')";

/**
 * Names stand in it as literals, since a statement with parameters is five messages of the server's; they
 * are compared as text: as `name` a longer one would be cut to fit.
 *
 * Partitions are read and written through their parents, and what an extension brought is its own
 * affair; listed by name both are judged. Of groups has_*_privilege knows that who does not inherit has
 * nothing from them. ARRAY and `IS TRUE` keep the planner, which takes a CTE for small, from joining it
 * row by row.
 */
export function privilegesQuery(question: PrivilegesQuestion): string {
  const listed = isListed(question);
  const parts = [
    ...(listed ? [listedTables(question)] : []),
    placeOf(question),
    foundOf(question),
    ...(listed ? [missingOf(question)] : []),
    judgedOf(question),
    sequencesOf(question),
  ];
  const missing = listed ? '(SELECT count(*) FROM missing m WHERE m.schema = p.schema)' : '0';
  const asked = [
    `(SELECT ${judgedAnswers(question)} FROM judged) AS j`,
    `(SELECT count(*) AS sequences, ${group('closed_sequences', 'NOT open', namesShown.listed)} FROM sequences) AS s`,
    ...(listed ? [`(SELECT ${group('missing', 'true', namesShown.listed)} FROM missing) AS m`] : []),
    ...(listed && question.role === 'destination'
      ? [`(SELECT ${group('not_tables', 'NOT is_table', namesShown.listed)} FROM found) AS f`]
      : []),
  ];
  return `WITH ${parts.join(', ')}
SELECT current_user AS current_user, current_database() AS database,
  has_database_privilege(current_database(), 'CREATE') AS database_create,
  has_database_privilege(current_database(), 'TEMPORARY') AS database_temporary,
  (SELECT json_agg(json_build_array(p.schema, p.is_there, p.usage, p.creation, ${missing})
    ORDER BY p.schema COLLATE "C") FROM place p) AS schemas, *
FROM ${asked.join(', ')}`;
}

/**
 * Whether a source may read all of a schema, row-level security aside: what nearly every one may, and a
 * server answers this in half the time. Only where it is not so the whole is asked. The schema's name must
 * be one that PostgreSQL does not cut (63 bytes).
 */
export function firstLookQuery(schema: string): string {
  const oid = `to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})`;
  return `SELECT current_user AS current_user, current_database() AS database,
  has_schema_privilege(${oid}, 'USAGE') AS usage, has_schema_privilege(${oid}, 'CREATE') AS creation, r.*
FROM (SELECT count(*) FILTER (WHERE relkind <> 'S') AS relations,
    count(*) FILTER (WHERE relkind IN ${writtenKinds}) AS tables, count(*) FILTER (WHERE relkind = 'S') AS sequences,
    bool_and(CASE relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
      ELSE has_table_privilege(c.oid, 'SELECT') AND NOT relrowsecurity END) AS open
  FROM pg_class c
  WHERE relnamespace = ${oid} AND (relkind = 'S' OR relkind IN ${readKinds} AND NOT relispartition
    AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))) AS r`;
}

function isListed({ tables }: PrivilegesQuestion): boolean {
  return tables.length > 0;
}

function listedTables({ tables }: PrivilegesQuestion): string {
  const rows = tables.map(({ schema, name }) => `(${quoteLiteral(schema)}, ${quoteLiteral(name)})`);
  return `listed AS MATERIALIZED (
  SELECT DISTINCT t.schema, t.name FROM (VALUES ${rows.join(', ')}) AS t (schema, name)
)`;
}

function placeOf(question: PrivilegesQuestion): string {
  const schemas = isListed(question)
    ? 'SELECT DISTINCT schema FROM listed'
    : `SELECT ${quoteLiteral(question.schema)}::text`;
  return `place AS MATERIALIZED (
  SELECT p.schema, n.oid, n.oid IS NOT NULL AS is_there, has_schema_privilege(n.oid, 'USAGE') AS usage,
    has_schema_privilege(n.oid, 'CREATE') AS creation
  FROM (${schemas}) AS p (schema) LEFT JOIN pg_namespace n ON n.nspname = p.schema
)`;
}

function foundOf(question: PrivilegesQuestion): string {
  const { role } = question;
  const ofSchema = `c.relkind IN ${role === 'source' ? readKinds : writtenKinds} AND NOT c.relispartition
    AND c.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e')`;
  const named = '(p.schema, c.relname::text) IN (SELECT schema, name FROM listed)';
  return `found AS MATERIALIZED (
  SELECT p.schema, c.relname::text AS name, c.oid, c.relowner, c.relrowsecurity,
    c.relkind IN ${writtenKinds} AS is_table, c.relkind IN ${readKinds} AS is_relation
  FROM place p JOIN pg_class c ON c.relnamespace = p.oid WHERE ${isListed(question) ? named : ofSchema}
)`;
}

function missingOf({ role }: PrivilegesQuestion): string {
  return `missing AS MATERIALIZED (
  SELECT l.schema, l.name FROM listed l JOIN place p ON p.schema = l.schema AND p.is_there
  WHERE NOT EXISTS (SELECT FROM found f
    WHERE f.schema = l.schema AND f.name = l.name${role === 'source' ? ' AND f.is_relation' : ''})
)`;
}

/**
 * What a load does to a table: the first four are what merging needs, TRUNCATE is for a full reload. The
 * query has a column `lacks_…` for each.
 */
export const writePrivileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const;

/**
 * Each of SELECT, INSERT … is asked by itself, since a list of them means any of them. All columns granted
 * one by one are as good as the table.
 */
function judgedOf({ role }: PrivilegesQuestion): string {
  const filtered = 'relrowsecurity AND row_security_active(oid) AS filtered';
  if (role === 'destination') {
    const each = writePrivileges.map(
      (name) => `has_table_privilege(oid, '${name}') AS may_${name.toLowerCase()}`,
    );
    return `judged AS MATERIALIZED (
  SELECT schema, name, is_table, pg_has_role(relowner, 'USAGE') AS owned, ${each.join(', ')}, ${filtered}
  FROM found WHERE is_relation
)`;
  }
  return `judged AS MATERIALIZED (
  SELECT *, may_select OR partly_readable AND NOT EXISTS (
      SELECT FROM pg_attribute a WHERE a.attrelid = allowed.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')) AS readable
  FROM (SELECT oid, schema, name, is_table, has_table_privilege(oid, 'SELECT') AS may_select,
      has_any_column_privilege(oid, 'SELECT') AS partly_readable, ${filtered}
    FROM found WHERE is_relation) AS allowed
)`;
}

function judgedAnswers(question: PrivilegesQuestion): string {
  const { role } = question;
  const shown = isListed(question) ? namesShown.listed : namesShown.schema;
  const counts = 'count(*) AS relations, count(*) FILTER (WHERE is_table) AS tables';
  if (role === 'source') {
    const groups = [
      group('closed', 'NOT readable AND NOT partly_readable', shown),
      group('partial', 'NOT readable AND partly_readable', shown),
      group('filtered', 'filtered', shown),
    ];
    return `${counts}, ${groups.join(', ')}`;
  }
  const privileges = writePrivileges.map((name) => `may_${name.toLowerCase()}`);
  const lacking = writePrivileges.map(
    (name) => `bool_or(is_table AND NOT may_${name.toLowerCase()}) AS lacks_${name.toLowerCase()}`,
  );
  const groups = [
    group('unwritable', `is_table AND NOT (${privileges.join(' AND ')})`, shown),
    group('filtered', 'filtered AND is_table', shown),
  ];
  return `${counts}, count(*) FILTER (WHERE is_table AND NOT owned) AS of_others,
    ${lacking.join(', ')}, ${groups.join(', ')}`;
}

/**
 * A serial's column draws from its sequence as the user does, an identity's does not (manual, 5.3), so
 * sequences of a destination are those that a default names.
 */
function sequencesOf(question: PrivilegesQuestion): string {
  const { role } = question;
  const ofDefaults = `c.oid IN (SELECT d.refobjid FROM pg_attrdef ad
      JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = ad.oid
        AND d.refclassid = 'pg_class'::regclass
      WHERE ad.adrelid IN (SELECT oid FROM found WHERE is_table) IS TRUE)`;
  const ofTables = `c.oid IN (SELECT d.objid FROM pg_depend d
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (ARRAY(SELECT oid FROM found))
        AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))`;
  const ofSchema = 'c.relnamespace IN (SELECT oid FROM place)';
  const open =
    role === 'source'
      ? "has_sequence_privilege(c.oid, 'SELECT')"
      : "has_sequence_privilege(c.oid, 'USAGE') OR has_sequence_privilege(c.oid, 'UPDATE')";
  return `sequences AS MATERIALIZED (
  SELECT (SELECT n.nspname::text FROM pg_namespace n WHERE n.oid = c.relnamespace) AS schema,
    c.relname::text AS name, ${open} AS open
  FROM pg_class c
  WHERE c.relkind = 'S' AND ${role === 'destination' ? ofDefaults : isListed(question) ? ofTables : ofSchema}
)`;
}
