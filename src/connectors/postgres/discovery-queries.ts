/**
 * The statements of a discovery: a fixed number whatever the size of the database, over pg_catalog
 * alone (information_schema hides rows from who does not own a table). They run inside one READ ONLY
 * snapshot with an empty search_path, which also makes format_type qualify types.
 */

/** What the user may see of a relation: some column of it may be read, and its schema be used. */
const visible = `has_schema_privilege(n.oid, 'USAGE')
  AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))`;

const userSchema = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname NOT LIKE 'pg\\_temp\\_%' AND n.nspname NOT LIKE 'pg\\_toast\\_temp\\_%'`;

/** Tables, partitioned tables, views, materialized views, foreign tables; partitions are folded. */
const relationFilter = `c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND c.relpersistence <> 't' AND ${userSchema}`;

const visibleRelations = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${relationFilter} AND ${visible}`;

export const schemasQuery = `SELECT n.nspname AS schema, has_schema_privilege(n.oid, 'USAGE') AS usable
  FROM pg_namespace n WHERE ${userSchema} ORDER BY n.nspname COLLATE "C"`;

export const relationsQuery = `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
    c.reltuples AS tuples, c.relpages AS pages, d.description AS comment, p.key, p.leaves, p.leaf_tuples
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  LEFT JOIN LATERAL (
    SELECT pg_get_partkeydef(c.oid) AS key, count(*) AS leaves,
      CASE WHEN bool_and(leaf.reltuples > 0 OR leaf.relpages > 0) THEN sum(leaf.reltuples) END AS leaf_tuples
    FROM pg_partition_tree(c.oid) t JOIN pg_class leaf ON leaf.oid = t.relid WHERE t.isleaf AND t.relid <> c.oid
  ) AS p ON c.relkind = 'p'
  WHERE ${relationFilter} AND ${visible}
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

export const columnsQuery = `SELECT a.attrelid AS oid, a.attnum, a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, a.attidentity AS identity,
    a.attgenerated AS generated, pg_get_expr(ad.adbin, ad.adrelid) AS expression, d.description AS comment
  FROM pg_attribute a
  LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
  LEFT JOIN pg_description d
    ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT c.oid FROM ${visibleRelations})
  ORDER BY a.attrelid, a.attnum`;

export const constraintsQuery = `SELECT k.conrelid AS oid, k.conname AS name, k.contype AS type,
    to_json(k.conkey) AS columns, k.confrelid AS referenced_oid, rn.nspname AS referenced_schema,
    rc.relname AS referenced_table,
    (SELECT json_agg(ra.attname ORDER BY u.position) FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, position)
      JOIN pg_attribute ra ON ra.attrelid = k.confrelid AND ra.attnum = u.attnum) AS referenced_columns,
    CASE WHEN k.contype = 'c' THEN pg_get_constraintdef(k.oid) END AS definition
  FROM pg_constraint k
  LEFT JOIN pg_class rc ON rc.oid = k.confrelid
  LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
  WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.conrelid IN (SELECT c.oid FROM ${visibleRelations})
    AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  ORDER BY k.conrelid, k.conname COLLATE "C"`;

export const indexesQuery = `SELECT i.indrelid AS oid, ic.relname AS name, i.indisunique AS is_unique,
    i.indisprimary AS is_primary, i.indisvalid AS is_valid, am.amname AS method,
    to_json((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS columns
  FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_am am ON am.oid = ic.relam
  WHERE i.indrelid IN (SELECT c.oid FROM ${visibleRelations})
  ORDER BY i.indrelid, ic.relname COLLATE "C"`;

export const hiddenQuery = `SELECT
    (SELECT count(*) FROM pg_namespace n WHERE ${userSchema} AND NOT has_schema_privilege(n.oid, 'USAGE')) AS schemas,
    (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${relationFilter} AND NOT (${visible})) AS relations`;
