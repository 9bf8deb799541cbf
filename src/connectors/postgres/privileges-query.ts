/**
 * The one statement that the rungs schema and privileges are judged by. It runs in a READ ONLY
 * transaction with an empty search_path, reads pg_catalog alone, and answers one row whatever the
 * number of tables: counts, and the first names of each group.
 */

/** How many names of a group are told: a few of a whole schema, all but absurdly many of listed tables. */
export const namesShown = { schema: 5, listed: 1000 } as const;

/** `$2`, the role, decides what is looked at. */
const asSource = "$2 = 'source'";
const asDestination = "$2 = 'destination'";

/**
 * The groups, each of some rows of a CTE with the columns `schema` and `name`: its rows, and the
 * condition. Of whole schemas sequences of other schemas can't be granted in one go, so all are told.
 */
export const groups = {
  missing: { of: 'missing', where: 'true', first: '$5::int' },
  not_tables: { of: 'found', where: `${asDestination} AND NOT is_table`, first: '$5::int' },
  closed: { of: 'judged', where: `${asSource} AND NOT readable AND NOT partly_readable`, first: '$5::int' },
  partial: { of: 'judged', where: `${asSource} AND NOT readable AND partly_readable`, first: '$5::int' },
  filtered: { of: 'judged', where: `filtered AND (${asSource} OR is_table)`, first: '$5::int' },
  unwritable: { of: 'judged', where: `${asDestination} AND is_table AND NOT writable`, first: '$5::int' },
  closed_sequences: { of: 'sequences', where: 'NOT open', first: `${namesShown.listed}` },
} as const;

type Rows = (typeof groups)[keyof typeof groups]['of'];

/** The aggregates of the groups that rows of this CTE make. */
function aggregates(rows: Rows): string {
  return Object.entries(groups)
    .filter(([, { of }]) => of === rows)
    .map(
      ([group, { where, first }]) => `count(*) FILTER (WHERE ${where}) AS ${group}_count,
    to_json((array_agg(json_build_array(schema, name) ORDER BY schema COLLATE "C", name COLLATE "C")
      FILTER (WHERE ${where}))[1:${first}]) AS ${group}_first`,
    )
    .join(',\n    ');
}

/** Kinds that can be read as a table is: tables, partitioned and foreign ones, views of both kinds. */
const readKinds = "('r', 'p', 'v', 'm', 'f')";

/**
 * `$1` the schema, `$2` the role, `$3` and `$4` schemas and names of the listed tables or NULL, `$5`
 * how many names are told. Names are compared as text: as `name` a longer one would be cut to fit.
 *
 * Partitions are read and written through their parents, and what an extension brought is its own
 * affair; listed by name both are judged. Each of SELECT, INSERT … is asked by itself, since a list of
 * them means any of them. All columns granted one by one are as good as the table. Of groups
 * has_*_privilege knows that who does not inherit has nothing from them. A serial's column draws from
 * its sequence as the user does, an identity's does not (manual, 5.3), so sequences of a destination
 * are those that a default names. `IS TRUE` and ARRAY keep the planner, which takes a CTE for small,
 * from joining it row by row.
 */
export const privilegesQuery = `WITH listed AS MATERIALIZED (
  SELECT DISTINCT t.schema, t.name FROM unnest($3::text[], $4::text[]) AS t (schema, name)
), place AS MATERIALIZED (
  SELECT p.schema, n.oid, n.oid IS NOT NULL AS is_there, has_schema_privilege(n.oid, 'USAGE') AS usage,
    has_schema_privilege(n.oid, 'CREATE') AS creation
  FROM (SELECT schema FROM listed UNION SELECT $1::text WHERE $3::text[] IS NULL) AS p (schema)
  LEFT JOIN pg_namespace n ON n.nspname = p.schema
), found AS MATERIALIZED (
  SELECT p.schema, c.relname::text AS name, c.oid, c.relowner, c.relrowsecurity,
    c.relkind IN ('r', 'p') AS is_table, c.relkind IN ${readKinds} AS is_relation
  FROM place p JOIN pg_class c ON c.relnamespace = p.oid
  WHERE CASE WHEN $3::text[] IS NULL
    THEN c.relkind IN ${readKinds} AND (${asSource} OR c.relkind IN ('r', 'p')) AND NOT c.relispartition
      AND c.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e')
    ELSE (p.schema, c.relname::text) IN (SELECT schema, name FROM listed) END
), missing AS MATERIALIZED (
  SELECT l.schema, l.name FROM listed l JOIN place p ON p.schema = l.schema AND p.is_there
  WHERE NOT EXISTS (SELECT FROM found f WHERE f.schema = l.schema AND f.name = l.name
    AND (${asDestination} OR f.is_relation))
), allowed AS MATERIALIZED (
  SELECT oid, schema, name, is_table, pg_has_role(relowner, 'USAGE') AS owned,
    has_table_privilege(oid, 'SELECT') AS may_select,
    has_table_privilege(oid, 'INSERT') AS may_insert,
    has_table_privilege(oid, 'UPDATE') AS may_update,
    has_table_privilege(oid, 'DELETE') AS may_delete,
    has_table_privilege(oid, 'TRUNCATE') AS may_truncate,
    has_any_column_privilege(oid, 'SELECT') AS partly_readable,
    relrowsecurity AND row_security_active(oid) AS filtered
  FROM found WHERE is_relation
), judged AS MATERIALIZED (
  SELECT *, may_select AND may_insert AND may_update AND may_delete AND may_truncate AS writable,
    may_select OR partly_readable AND NOT EXISTS (
      SELECT FROM pg_attribute a WHERE a.attrelid = allowed.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')) AS readable
  FROM allowed
), sequences AS MATERIALIZED (
  SELECT (SELECT n.nspname::text FROM pg_namespace n WHERE n.oid = c.relnamespace) AS schema,
    c.relname::text AS name, CASE WHEN ${asSource} THEN has_sequence_privilege(c.oid, 'SELECT')
      ELSE has_sequence_privilege(c.oid, 'USAGE') OR has_sequence_privilege(c.oid, 'UPDATE') END AS open
  FROM pg_class c
  WHERE c.relkind = 'S' AND CASE
    WHEN ${asDestination} THEN c.oid IN (
      SELECT d.refobjid FROM pg_attrdef ad
      JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = ad.oid
        AND d.refclassid = 'pg_class'::regclass
      WHERE ad.adrelid IN (SELECT oid FROM found WHERE is_table) IS TRUE)
    WHEN $3::text[] IS NULL THEN c.relnamespace IN (SELECT oid FROM place)
    ELSE c.oid IN (
      SELECT d.objid FROM pg_depend d
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (ARRAY(SELECT oid FROM found))
        AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) END
)
SELECT current_user AS current_user, current_database() AS database,
  has_database_privilege(current_database(), 'CREATE') AS database_create,
  has_database_privilege(current_database(), 'TEMPORARY') AS database_temporary,
  (SELECT json_agg(json_build_array(p.schema, p.is_there, p.usage, p.creation,
      (SELECT count(*) FROM missing m WHERE m.schema = p.schema)) ORDER BY p.schema COLLATE "C")
    FROM place p) AS schemas,
  j.*, f.*, m.*, s.*
FROM (SELECT count(*) AS relations, count(*) FILTER (WHERE is_table) AS tables,
    count(*) FILTER (WHERE is_table AND NOT owned) AS of_others,
    bool_or(is_table AND NOT may_select) AS lacks_select,
    bool_or(is_table AND NOT may_insert) AS lacks_insert,
    bool_or(is_table AND NOT may_update) AS lacks_update,
    bool_or(is_table AND NOT may_delete) AS lacks_delete,
    bool_or(is_table AND NOT may_truncate) AS lacks_truncate,
    ${aggregates('judged')}
  FROM judged) AS j,
  (SELECT ${aggregates('found')} FROM found) AS f,
  (SELECT ${aggregates('missing')} FROM missing) AS m,
  (SELECT count(*) AS sequences, ${aggregates('sequences')} FROM sequences) AS s`;
