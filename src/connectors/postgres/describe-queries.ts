/*
 * The statements about one relation: what costs something to tell, and is asked for when it is wanted.
 * They run as a discovery's do, READ ONLY and with an empty search_path, by oid; but most of what they
 * call (sizes, pg_get_viewdef and its kin) looks at the present, locks the relation ACCESS SHARE for it,
 * and raises when it is gone.
 */

/** ISO 8601 in UTC of a timestamp. */
const instant = (sql: string) => `to_char(${sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export const describedQuery = `SELECT c.oid, c.relkind,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END AS definition,
    (SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
      WHERE f.ftrelid = c.oid) AS server,
    s.n_live_tup AS live, s.n_dead_tup AS dead, s.n_mod_since_analyze AS changed,
    ${instant('greatest(s.last_analyze, s.last_autoanalyze)')} AS analyzed,
    ${instant('greatest(s.last_vacuum, s.last_autovacuum)')} AS vacuumed
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

/** Of the relation, and of a partitioned table its leaves; no row where nothing is stored. */
export const sizesQuery = `SELECT sum(pg_relation_size(c.oid, 'main') + pg_relation_size(c.oid, 'fsm')
      + pg_relation_size(c.oid, 'vm') + pg_relation_size(c.oid, 'init')) AS "table",
    sum(pg_indexes_size(c.oid)) AS indexes,
    sum(CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_total_relation_size(c.reltoastrelid) END) AS toast
  FROM pg_class c WHERE c.relkind IN ('r', 'm')
    AND (c.oid = $1 OR c.oid IN (SELECT t.relid FROM pg_partition_tree($1::oid::regclass) t WHERE t.isleaf))
  HAVING count(*) > 0`;

/** A partitioned index stores nothing itself. */
export const indexDefinitionsQuery = `SELECT ic.relname AS name, pg_get_indexdef(i.indexrelid) AS definition,
    CASE WHEN ic.relkind = 'i' THEN pg_relation_size(i.indexrelid) END AS bytes
  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
  WHERE i.indrelid = $1 ORDER BY ic.relname COLLATE "C"`;

export const policiesQuery = `SELECT p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive,
    (SELECT json_agg(CASE WHEN r.oid = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r.oid) END ORDER BY r.position)
      FROM unnest(p.polroles) WITH ORDINALITY AS r (oid, position)) AS roles,
    pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check
  FROM pg_policy p WHERE p.polrelid = $1 ORDER BY p.polname COLLATE "C"`;

export const triggersQuery = `SELECT t.tgname AS name, t.tgenabled AS enabled,
    pg_get_triggerdef(t.oid) AS definition
  FROM pg_trigger t WHERE t.tgrelid = $1 AND NOT t.tgisinternal ORDER BY t.tgname COLLATE "C"`;

export const sequencesQuery = `SELECT n.nspname AS schema, s.relname AS name, a.attname AS column,
    d.deptype = 'i' AS identity
  FROM pg_depend d
  JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_namespace n ON n.oid = s.relnamespace
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1
    AND d.deptype IN ('a', 'i')
  ORDER BY a.attnum, s.relname COLLATE "C"`;

/** What nobody has touched is as the owner was given it. */
export const grantsQuery = `WITH given AS (
    SELECT NULL::name AS "column", 0 AS attnum, x.* FROM pg_class c,
      aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS x WHERE c.oid = $1
    UNION ALL SELECT a.attname, a.attnum, x.* FROM pg_attribute a, aclexplode(a.attacl) AS x
      WHERE a.attrelid = $1 AND NOT a.attisdropped),
  named AS (SELECT "column", attnum, is_grantable AS grantable, privilege_type,
      CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END AS grantee,
      pg_get_userbyid(grantor)::text AS grantor FROM given)
  SELECT grantee, grantor, json_agg(privilege_type ORDER BY privilege_type) AS privileges, grantable, "column"
  FROM named GROUP BY grantee, grantor, grantable, "column", attnum
  ORDER BY attnum, grantee COLLATE "C", grantor COLLATE "C", grantable`;

/** Tables in both directions of INHERITS; partitions are told elsewhere. */
export const inheritanceQuery = `SELECT n.nspname AS schema, c.relname AS name, i.inhrelid = $1 AS above
  FROM pg_inherits i
  JOIN pg_class c ON c.oid = CASE WHEN i.inhrelid = $1 THEN i.inhparent ELSE i.inhrelid END
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class child ON child.oid = i.inhrelid AND NOT child.relispartition
  WHERE $1 IN (i.inhrelid, i.inhparent)
  ORDER BY above, CASE WHEN i.inhrelid = $1 THEN i.inhseqno END, n.nspname COLLATE "C", c.relname COLLATE "C"`;

/** The first leaves by name; their sizes are looked at for these alone. */
export const leavesQuery = `SELECT leaf.*, CASE WHEN leaf.relkind = 'r' THEN pg_total_relation_size(leaf.oid) END AS bytes
  FROM (SELECT c.oid, c.relkind, n.nspname AS schema, c.relname AS name,
      pg_get_expr(c.relpartbound, c.oid) AS bound, pn.nspname AS parent_schema, p.relname AS parent_name,
      CASE WHEN c.reltuples > 0 OR c.reltuples = 0 AND c.relpages > 0 THEN c.reltuples END AS tuples
    FROM pg_partition_tree($1::oid::regclass) t
    JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class p ON p.oid = t.parentrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE t.isleaf AND t.relid <> $1::oid
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C" LIMIT $2) AS leaf`;
