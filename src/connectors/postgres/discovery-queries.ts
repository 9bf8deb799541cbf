/*
 * The statements of a discovery: a fixed number whatever the size of the database, over pg_catalog
 * alone (information_schema hides rows from who does not own a table). They run inside one READ ONLY
 * snapshot with a search_path of pg_catalog alone, which also makes format_type qualify types.
 *
 * The catalogs' rows are the snapshot's, but functions look at the present: of what was dropped
 * since pg_get_expr gives NULL, which is written "???" here, and format_type "???"; pg_get_constraintdef,
 * of the rare exclusion constraint alone, raises. Either is reason enough to begin again, and from then
 * on to leave out what is dropped.
 *
 * To write out an expression that has columns in it PostgreSQL locks their table ACCESS SHARE, as
 * pg_get_partkeydef and pg_partition_tree do theirs: whoever alters that table is waited for. So they are
 * asked only where the catalogs' rows do not tell the same.
 */

import { reading } from './structure-rows.ts';

/**
 * What the user may see of a relation: some column of it may be read, and its schema be used. A superuser
 * may all that, which is known at once; to look up a privilege takes as long as to read ten columns.
 */
const visible = `(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  OR has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))`;

const userSchema = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname NOT LIKE 'pg\\_temp\\_%' AND n.nspname NOT LIKE 'pg\\_toast\\_temp\\_%'`;

/** Tables, partitioned tables, views, materialized views, foreign tables; partitions are folded. */
const relationFilter = `c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND c.relpersistence <> 't' AND ${userSchema}`;

/** As a number: its output read as one, which takes half the time of a cast to text and on. */
const xminOf = (alias: string) => `int8in(xidout(${alias}.xmin))`;

/** Whether the user may see nearly all relations, as far as a look at a few of them tells. */
export const mostVisible = `(SELECT count(*) FILTER (WHERE NOT seen) * 4 <= count(*) FILTER (WHERE seen)
    FROM (SELECT ${visible} AS seen FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND ${relationFilter}
      LIMIT 100) AS looked_at)`;

const description = (alias: string, oid: string, catalog: string, part: string) =>
  `LEFT JOIN pg_description ${alias} ON ${alias}.objoid = ${oid}
    AND ${alias}.classoid = '${catalog}'::regclass AND ${alias}.objsubid = ${part}`;

/** An expression as PostgreSQL writes it; of what was dropped since, what format_type says of such a type. */
const written = (expression: string, relation: string) =>
  `CASE WHEN ${expression} IS NOT NULL THEN coalesce(pg_get_expr(${expression}, ${relation}), '???') END`;

/**
 * The table that a default is written for: none, since a default has no columns in it, and so no lock is
 * taken. What a dropped table's default names, its sequence say, may be gone too, which raises: where a
 * dropped table is to be left out its default is written for it, and is NULL. pg_table_is_visible gives NULL
 * for what was dropped since; to look that up takes a sixth of all the time.
 */
const defaultsTable = (leavesOut: boolean) =>
  `CASE WHEN a.attgenerated <> ''${leavesOut ? ' OR pg_table_is_visible(ad.adrelid) IS NULL' : ''}
    THEN ad.adrelid ELSE 0 END`;

const qualifiedName = (schemaOid: string, schema: string, name: string) =>
  `CASE WHEN ${schemaOid} = 'pg_catalog'::regnamespace THEN '' ELSE quote_ident(${schema}) || '.' END || quote_ident(${name})`;

const collationName = qualifiedName('l.collnamespace', 'ln.nspname', 'l.collname');
const operatorClassName = qualifiedName('o.opcnamespace', 'os.nspname', 'o.opcname');

/** The oids of relations; null: all of them. */
export type Chosen = readonly number[] | null;

const ofList = (chosen: Chosen) =>
  chosen === null ? '' : ` AND c.oid = ANY ('{${chosen.join(',')}}'::oid[])`;

/**
 * The relations whose parts are read: all of the kinds, or those of a list. Whether the
 * user may see them is asked once, of the relations themselves: a privilege takes as long to look up as
 * ten columns to read. The oids of the system's own are below FirstNormalObjectId.
 */
const ownRelations = (chosen: Chosen) => `c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND c.relpersistence <> 't' AND c.oid >= 16384${ofList(chosen)}`;

export const schemasQuery = `SELECT n.nspname AS schema, has_schema_privilege(n.oid, 'USAGE') AS usable
  FROM pg_namespace n WHERE ${userSchema} ORDER BY n.nspname COLLATE "C"`;

/**
 * The types that columns have, each once with its modifier and collation: they are few, columns are many.
 * The last field is the same in each row: what {@link fingerprintQuery} has of pg_attribute, since to look
 * at each column once more takes as long as all else that is in it.
 */
export const columnTypesQuery = `SELECT a.atttypid, a.atttypmod, a.attcollation,
    format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
      THEN (SELECT ${collationName}
        FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
    sum(a.rows) OVER () || ':' || sum(a.sum) OVER ()
  FROM (SELECT atttypid, atttypmod, attcollation, count(*) AS rows, sum(${xminOf('pg_attribute')}) AS sum
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 GROUP BY 1, 2, 3) AS a
  LEFT JOIN pg_type t ON t.oid = a.atttypid`;

/**
 * What the columns, defaults, checks and indexes of a relation name of others: types, collations,
 * functions, operators and their classes, sequences. A new name of one of these changes no row of the relation's own, but
 * how it is written; so the names count for it, as a sum of their hashes.
 */
const namesUsed = `SELECT used.relation, sum(used.name) AS names FROM (
    SELECT coalesce(i.indrelid, ad.adrelid, k.conrelid, d.objid) AS relation,
        hashtext(concat_ws('.', n.nspname, t.typname, f.proname, l.collname, oc.opcname))::bigint AS name
      FROM pg_depend d
      LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
      LEFT JOIN pg_attrdef ad ON d.classid = 'pg_attrdef'::regclass AND ad.oid = d.objid
      LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
      LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
      LEFT JOIN pg_proc f ON d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
      LEFT JOIN pg_collation l ON d.refclassid = 'pg_collation'::regclass AND l.oid = d.refobjid
      LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
      LEFT JOIN pg_opclass oc ON d.refclassid = 'pg_opclass'::regclass AND oc.oid = d.refobjid
      LEFT JOIN pg_namespace n
        ON n.oid = coalesce(t.typnamespace, f.pronamespace, l.collnamespace, o.oprnamespace, oc.opcnamespace)
      WHERE d.refobjid >= 16384
        AND d.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass)
        AND d.refclassid IN ('pg_type'::regclass, 'pg_proc'::regclass, 'pg_collation'::regclass,
          'pg_operator'::regclass, 'pg_opclass'::regclass)
    UNION ALL
    SELECT ad.adrelid, hashtext(concat_ws('.', n.nspname, s.relname))
      FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid
        AND d.refobjsubid = 0 AND d.classid = 'pg_attrdef'::regclass
      JOIN pg_attrdef ad ON ad.oid = d.objid
      WHERE s.relkind = 'S'
    ) AS used GROUP BY used.relation`;

/** Of a foreign key: renaming a column, table or schema that it leads to changes no row of its own. */
const referencedSum = `CASE k.contype WHEN 'f' THEN coalesce(${xminOf('rc')} + ${xminOf('rn')}
    + (SELECT sum(${xminOf('ra')}) FROM pg_attribute ra
      WHERE ra.attrelid = k.confrelid AND ra.attnum = ANY (k.confkey)), 0) ELSE 0 END`;

/** The fields of a row of each statement below, in their order. */
export const fieldCounts = {
  columnTypes: 6,
  types: 12,
  relations: 20,
  fingerprint: 1,
  columns: 14,
  constraints: 16,
  indexes: 18,
};

export const typesQuery = `SELECT t.oid, n.nspname, t.typname, t.typtype, d.description,
    (SELECT to_json(array_agg(e.enumlabel ORDER BY e.enumsortorder)) FROM pg_enum e WHERE e.enumtypid = t.oid),
    CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod)
      WHEN 'r' THEN (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) END,
    t.typnotnull, t.typdefault,
    (SELECT to_json(array_agg(json_build_array(k.conname, pg_get_expr(k.conbin, 0)) ORDER BY k.conname COLLATE "C"))
      FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    (SELECT to_json(array_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum))
      FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
    t.xmin
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace AND ${userSchema} AND has_schema_privilege(n.oid, 'USAGE')
  ${description('d', 't.oid', 'pg_type', '0')}
  WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c'
    AND EXISTS (SELECT FROM pg_class k WHERE k.oid = t.typrelid AND k.relkind = 'c'))
  ORDER BY t.oid`;

/**
 * What a table is partitioned by, as pg_get_partkeydef writes it; asked itself only for expressions, and
 * for collations and operator classes that are not the columns' own.
 */
const partitionKey = `(SELECT CASE
      WHEN pt.partexprs IS NOT NULL OR bool_or(k.coll <> a.attcollation OR NOT o.opcdefault)
      THEN pg_get_partkeydef(c.oid)
      ELSE CASE pt.partstrat WHEN 'l' THEN 'LIST' WHEN 'r' THEN 'RANGE' ELSE 'HASH' END
        || ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY k.position) || ')' END
    FROM pg_partitioned_table pt
    CROSS JOIN unnest(pt.partattrs::int2[], pt.partclass::oid[], pt.partcollation::oid[])
      WITH ORDINALITY AS k (attnum, opclass, coll, position)
    LEFT JOIN pg_attribute a ON a.attrelid = pt.partrelid AND a.attnum = k.attnum
    LEFT JOIN pg_opclass o ON o.oid = k.opclass
    WHERE pt.partrelid = c.oid GROUP BY pt.partexprs, pt.partstrat)`;

/** Of a partitioned table its key, and of its leaves the number, the sum of the xmin of pg_inherits and the rows. */
const partitions = `CASE WHEN c.relkind = 'p' THEN (
    WITH RECURSIVE tree (oid, mark) AS (
      SELECT i.inhrelid, ${xminOf('i')} FROM pg_inherits i WHERE i.inhparent = c.oid
      UNION ALL SELECT i.inhrelid, ${xminOf('i')} FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid)
    SELECT json_build_array(${partitionKey}, count(*), sum(tree.mark),
      CASE WHEN bool_and(leaf.reltuples > 0 OR leaf.relpages > 0) THEN sum(leaf.reltuples) END)
    FROM tree JOIN pg_class leaf ON leaf.oid = tree.oid WHERE leaf.relkind <> 'p') END`;

/** All of the user's schemas, those that the user may not see among them. */
export const relationsQuery = `SELECT c.oid, ${visible}, n.nspname, c.relname, c.relkind,
    c.reltuples, c.relpages, pg_get_userbyid(c.relowner), d.description, c.relpersistence, c.relispopulated,
    c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
    e.extname,
    ${partitions}, c.xmin, d.xmin, n.xmin, used.names
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND ${relationFilter}
  ${description('d', 'c.oid', 'pg_class', '0')}
  LEFT JOIN (SELECT x.objid, min(e.extname::text) AS extname FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid
    WHERE x.classid = 'pg_class'::regclass AND x.objsubid = 0 AND x.refclassid = 'pg_extension'::regclass
      AND x.deptype = 'e' GROUP BY x.objid) AS e ON e.objid = c.oid
  LEFT JOIN (${namesUsed}) AS used ON used.relation = c.oid
  ORDER BY c.oid`;

/** Of all columns at once: in order by both, so that a relation's are not gone through again for each of its columns. */
const columnDescriptions = `LEFT JOIN (SELECT objoid, objsubid, description, xmin FROM pg_description
    WHERE classoid = 'pg_class'::regclass ORDER BY objoid, objsubid) AS d
    ON d.objoid = a.attrelid AND d.objsubid = a.attnum`;

/** @param leavesOut whether the columns of tables that were dropped since are to be told apart */
export const columnsQuery = (
  chosen: Chosen,
  leavesOut = false,
) => `SELECT a.attrelid, a.attnum, a.attname, a.atttypid,
    a.atttypmod, a.attcollation, a.attnotnull, a.attidentity, a.attgenerated,
    ${written('ad.adbin', defaultsTable(leavesOut))}, d.description, a.xmin, ad.xmin, d.xmin
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND ${ownRelations(chosen)}
  LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
  ${chosen === null ? columnDescriptions : description('d', 'a.attrelid', 'pg_class', 'a.attnum')}
  ORDER BY a.attrelid, a.attnum`;

/** Not-null constraints, which have rows since 18, are the columns' own; a partition's keys its table's. */
export const constraintsQuery = (chosen: Chosen) => `SELECT k.conrelid, k.conname, k.contype,
    k.conkey, k.condeferrable, k.condeferred, k.convalidated,
    CASE k.contype WHEN 'c' THEN ${written('k.conbin', 'k.conrelid')}
      WHEN 'x' THEN CASE WHEN pg_get_indexdef(k.conindid) IS NULL THEN '???' ELSE pg_get_constraintdef(k.oid) END END,
    rn.nspname, rc.relname,
    CASE k.contype WHEN 'f' THEN (SELECT json_agg(ra.attname ORDER BY u.position) FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, position)
      JOIN pg_attribute ra ON ra.attrelid = k.confrelid AND ra.attnum = u.attnum) END,
    k.confupdtype, k.confdeltype, k.connoinherit, k.xmin, ${referencedSum}
  FROM pg_class c JOIN pg_constraint k ON ${ownRelations(chosen)}
    AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
    AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  LEFT JOIN pg_class rc ON rc.oid = k.confrelid
  LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
  ORDER BY k.conrelid, k.conname COLLATE "C"`;

/**
 * The operator classes and collations of indexes where some are not the default, each combination once:
 * they are few, indexes are many. NULL is the default, and of collations none too; 100 is DEFAULT_COLLATION_OID.
 */
const unusualKeys = `SELECT x.indclass, x.indcollation, json_build_array(
      (SELECT json_agg(CASE WHEN NOT o.opcdefault THEN ${operatorClassName} END ORDER BY k.position)
        FROM unnest(x.indclass::oid[]) WITH ORDINALITY AS k (opclass, position)
        LEFT JOIN pg_opclass o ON o.oid = k.opclass LEFT JOIN pg_namespace os ON os.oid = o.opcnamespace),
      (SELECT json_agg(${collationName} ORDER BY k.position)
        FROM unnest(x.indcollation::oid[]) WITH ORDINALITY AS k (coll, position)
        LEFT JOIN pg_collation l ON l.oid = k.coll AND l.oid <> 100
        LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace)) AS told
  FROM (SELECT DISTINCT indclass, indcollation FROM pg_index WHERE indrelid >= 16384) AS x
  WHERE NOT x.indcollation::oid[] <@ '{0,100}'
    OR EXISTS (SELECT FROM pg_opclass o WHERE o.oid = ANY (x.indclass::oid[]) AND NOT o.opcdefault)`;

/** Operator classes with parameters, of the key with that number: `[[1, "gist_trgm_ops(siglen='32')"]]`. */
const classParameters = `(SELECT json_agg(json_build_array(a.attnum, ${operatorClassName} || '('
      || (SELECT string_agg(quote_ident(split_part(p, '=', 1)) || '=' || quote_literal(substr(p, strpos(p, '=') + 1)), ', ')
        FROM unnest(a.attoptions) AS p) || ')'))
    FROM pg_attribute a JOIN pg_opclass o ON o.oid = i.indclass[a.attnum - 1]
    JOIN pg_namespace os ON os.oid = o.opcnamespace
    WHERE a.attrelid = ic.oid AND a.attoptions IS NOT NULL)`;

/**
 * indnullsnotdistinct came with 15: before, that name is found in the one row beside, where it is false.
 * It takes no second statement, and no time, since both subqueries become part of the whole.
 */
export const indexesQuery = (chosen: Chosen) => `WITH unusual AS MATERIALIZED (${unusualKeys})
  SELECT i.indrelid, ic.relname, i.indisunique, i.indisprimary,
    i.indisvalid, i.indisreplident, i.indimmediate, am.amname, i.indkey, i.indnkeyatts,
    ${written('i.indexprs', 'i.indrelid')}, ${written('i.indpred', 'i.indrelid')},
    i.indoption, i.nulls_not_distinct,
    CASE WHEN EXISTS (SELECT FROM unusual) THEN (SELECT u.told FROM unusual u WHERE u.indclass = i.indclass AND u.indcollation = i.indcollation) END,
    CASE WHEN am.amname NOT IN ('btree', 'hash') THEN ${classParameters} END, i.row_xmin, ic.xmin
  FROM (SELECT false AS indnullsnotdistinct) AS before_15
  CROSS JOIN pg_class c
  JOIN LATERAL (SELECT x.*, x.xmin AS row_xmin, indnullsnotdistinct AS nulls_not_distinct FROM pg_index x) AS i
    ON i.indrelid = c.oid AND ${ownRelations(chosen)}
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_am am ON am.oid = ic.relam
  ORDER BY i.indrelid, ic.relname COLLATE "C"`;

/**
 * Of each relation and part how many rows the catalogs have and the sum of their xmin: equal to what
 * the statements above tell row by row. Rows that change get a later xmin, those that go leave the count.
 */
export const partFingerprintsQuery = `WITH seen AS MATERIALIZED (SELECT c.oid FROM pg_class c WHERE ${ownRelations(null)})
  SELECT a.attrelid, 'columns', count(*), sum(${xminOf('a')})
      + coalesce(sum(${xminOf('ad')}), 0) + coalesce(sum(${xminOf('d')}), 0)
    FROM seen JOIN pg_attribute a ON a.attrelid = seen.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
    ${description('d', 'a.attrelid', 'pg_class', 'a.attnum')}
    GROUP BY a.attrelid
  UNION ALL SELECT k.conrelid, 'constraints', count(*),
      sum(${xminOf('k')}) + sum(${referencedSum}) + count(*) * ${reading}
    FROM seen JOIN pg_constraint k ON k.conrelid = seen.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
      AND NOT (k.contype = 'f' AND k.conparentid <> 0)
    LEFT JOIN pg_class rc ON rc.oid = k.confrelid
    LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
    GROUP BY k.conrelid
  UNION ALL SELECT i.indrelid, 'indexes', count(*),
      sum(${xminOf('i')}) + sum(${xminOf('ic')}) + count(*) * ${reading}
    FROM seen JOIN pg_index i ON i.indrelid = seen.oid JOIN pg_class ic ON ic.oid = i.indexrelid
    GROUP BY i.indrelid`;

/**
 * The whole in a few numbers: rows and sums of xmin of every catalog that a discovery reads or that says
 * what the user may see, system objects apart (below FirstNormalObjectId, 16384). Unchanged by DML,
 * ANALYZE, VACUUM and FREEZE. Functions count by their names, which is all that is read of them; what is
 * behind pg_roles may not be read, so that its columns stand for its rows.
 * @param attributes SQL of what is said of pg_attribute
 */
const fingerprintWith = (attributes: string) =>
  `SELECT concat_ws(' ', '${reading}', ${[
    counted('pg_class', 'oid >= 16384'),
    attributes,
    counted('pg_attrdef', 'adrelid >= 16384'),
    counted('pg_constraint', 'oid >= 16384'),
    counted('pg_index', 'indrelid >= 16384'),
    counted('pg_inherits', 'inhrelid >= 16384'),
    counted('pg_type', 'oid >= 16384'),
    counted('pg_enum', 'oid >= 16384'),
    counted('pg_namespace', 'true'),
    counted('pg_description', 'objoid >= 16384'),
    counted('pg_collation', 'oid >= 16384'),
    counted('pg_operator', 'oid >= 16384'),
    counted('pg_opclass', 'oid >= 16384'),
    counted('pg_proc', 'oid >= 16384', "hashtext(pronamespace || '.' || proname)::bigint"),
    counted(
      'pg_depend',
      "refclassid = 'pg_extension'::regclass AND classid = 'pg_class'::regclass",
      'refobjid::bigint',
    ),
    counted('pg_database', 'datname = current_database()', 'datdba::bigint'),
    counted('pg_auth_members', 'true'),
    counted('pg_roles', 'true', "hashtext(concat_ws(' ', oid, rolname, rolsuper, rolinherit))::bigint"),
  ].join(',\n    ')}) AS fingerprint`;

/** The number of a catalog's rows and the sum of a number of each. */
function counted(catalog: string, where: string, number = xminOf(catalog)): string {
  return `(SELECT count(*) || ':' || coalesce(sum(${number}), 0) FROM ${catalog} WHERE ${where})`;
}

export const fingerprintQuery = fingerprintWith(counted('pg_attribute', 'attrelid >= 16384 AND attnum > 0'));

/** Stands for what {@link columnTypesQuery} says of pg_attribute. */
export const placeOfAttributes = '@';

/** The same, but for pg_attribute. */
export const restOfFingerprintQuery = fingerprintWith(`'${placeOfAttributes}'`);
