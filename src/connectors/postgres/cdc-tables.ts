import type { TableName } from '../../connections/connection.ts';
import { tableMatcher } from '../../metadata/filter.ts';
import { readRelationName } from '../../metadata/relation-name.ts';
import { jsonArray } from './json-array.ts';
import type { Session, TextRow } from './session.ts';

/** What of one relation decides whether its changes can be published. */
export interface CdcRelation extends TableName {
  readonly oid: string;
  /** pg_class.relkind. */
  readonly kind: string;
  readonly permanent: boolean;
  readonly isPartition: boolean;
  readonly owned: boolean;
  readonly owner: string;
  readonly readable: boolean;
  /** Whether row security would filter what the user reads. */
  readonly filtered: boolean;
  readonly identity: 'default' | 'index' | 'full' | 'nothing';
  /** The index that tells its rows apart on the way; null: none. */
  readonly key: string | null;
  /** The index that REPLICA IDENTITY USING INDEX names, usable or not. */
  readonly identityIndex: string | null;
  /** Unique indexes that would do: immediate, not partial, of columns that are NOT NULL; the primary key first. */
  readonly fitIndexes: readonly string[];
  /** Its primary key where that is deferrable, and so no key here. */
  readonly deferrableKey: string | null;
  readonly generatedColumns: readonly string[];
  readonly inherited: boolean;
  /** The publications, ours among them, that publish its updates or deletes. */
  readonly publishedBy: readonly string[];
  /** Estimated, in pages of 8 kB. */
  readonly pages: number;
}

/** What somebody asked for, with the partitions that hold its rows. */
export interface ChosenTable {
  readonly table: CdcRelation;
  /** Leaves; empty where it is not partitioned. */
  readonly leaves: readonly CdcRelation[];
}

export interface Choice {
  readonly chosen: readonly ChosenTable[];
  /** What was asked for and is not there. */
  readonly missing: readonly string[];
  /** Matched a glob, and can't be published. */
  readonly leftOut: readonly CdcRelation[];
}

const namesQuery = `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
  c.relispartition AS partition, c.relpersistence = 'p' AS permanent,
  EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.deptype = 'e') AS of_extension
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/**
 * Who publishes updates or deletes of a relation: itself, as a partition of what is published, or with all
 * of its schema (15); the view knows the ways that a version has.
 */
const factsQuery = `WITH listed AS MATERIALIZED (
  SELECT t.pubname, c.oid FROM pg_publication_tables t
  JOIN pg_publication p ON p.pubname = t.pubname AND (p.pubupdate OR p.pubdelete)
  JOIN pg_namespace n ON n.nspname = t.schemaname
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
), published AS MATERIALIZED (
  SELECT r.oid, json_agg(DISTINCT l.pubname) AS names FROM unnest($1::oid[]) AS r (oid)
  CROSS JOIN LATERAL (SELECT r.oid UNION SELECT a.relid FROM pg_partition_ancestors(r.oid) AS a) AS up (oid)
  JOIN listed l ON l.oid = up.oid GROUP BY r.oid
)
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
  c.relpersistence = 'p' AS permanent, c.relispartition AS partition,
  pg_has_role(c.relowner, 'USAGE') AS owned, pg_get_userbyid(c.relowner) AS owner,
  has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
  c.relrowsecurity AND row_security_active(c.oid) AS filtered,
  c.relreplident AS identity, c.relhassubclass AS inherited, c.relpages AS pages,
  (SELECT k.relname FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid WHERE i.indrelid = c.oid
    AND i.indisvalid AND i.indimmediate AND CASE c.relreplident WHEN 'd' THEN i.indisprimary
      WHEN 'i' THEN i.indisreplident ELSE false END LIMIT 1) AS key,
  (SELECT k.relname FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND i.indisreplident LIMIT 1) AS identity_index,
  (SELECT json_agg(k.relname ORDER BY NOT i.indisprimary, k.relname COLLATE "C")
    FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attnotnull
        AND a.attnum = ANY (i.indkey::int2[]))) AS fit_indexes,
  (SELECT k.relname FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND i.indisprimary AND NOT i.indimmediate LIMIT 1) AS deferrable_key,
  (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '') AS generated,
  (SELECT published.names FROM published WHERE published.oid = c.oid) AS published
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])`;

const leavesQuery = `SELECT r.oid AS root, t.relid::oid AS leaf FROM unnest($1::oid[]) AS r (oid),
  pg_partition_tree(r.oid) AS t WHERE t.isleaf AND t.relid <> r.oid`;

/**
 * Resolves globs and names. A glob takes tables that can be published, partitions and what belongs to
 * an extension apart; a name takes what bears it, so that it can be said what is wrong with it.
 * @param wanted none: all tables of the schema
 */
export async function chooseTables(
  session: Session,
  wanted: readonly string[],
  schema: string,
): Promise<Choice> {
  const names = await session.query(namesQuery);
  const picked = new Set<string>();
  const leftOut = new Set<string>();
  const missing: string[] = [];
  const take = (matches: (it: TableName) => boolean): boolean => {
    let any = false;
    for (const row of names) {
      if (!matches(nameOf(row)) || row.partition === 't' || row.of_extension === 't') continue;
      if (!isTable(row.kind ?? '')) continue;
      any = true;
      (row.permanent === 't' ? picked : leftOut).add(row.oid ?? '');
    }
    return any;
  };
  if (wanted.length === 0) take((it) => it.schema === schema);
  for (const text of wanted) {
    const exact = exactly(text, schema, names);
    if (exact !== null) picked.add(exact);
    else if (!/[*?]/.test(text) || !take(tableMatcher(text))) missing.push(text);
  }
  for (const oid of picked) leftOut.delete(oid);
  const read = await readRelations(session, [...picked]);
  return {
    chosen: read,
    missing,
    leftOut: names
      .filter(({ oid }) => leftOut.has(oid ?? ''))
      .map((row) => toRelation({ ...row, identity: 'd', pages: '0' })),
  };
}

/** The relations of these names; those that are gone are left out. */
export async function tablesNamed(session: Session, tables: readonly TableName[]): Promise<ChosenTable[]> {
  const found = await session.query(
    `SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN unnest($1::text[], $2::text[]) AS w (schema, name) ON w.schema = n.nspname AND w.name = c.relname`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  return readRelations(
    session,
    found.map(({ oid }) => oid ?? ''),
  );
}

async function readRelations(session: Session, oids: readonly string[]): Promise<ChosenTable[]> {
  if (oids.length === 0) return [];
  const pairs = await session.query(leavesQuery, [oids]);
  const all = [...new Set([...oids, ...pairs.map(({ leaf }) => leaf ?? '')])];
  const rows = await session.query(factsQuery, [all]);
  const byOid = new Map(rows.map((row) => [row.oid ?? '', toRelation(row)]));
  const present = (oid: string) => {
    const found = byOid.get(oid);
    return found === undefined ? [] : [found];
  };
  const leavesOf = new Map<string, CdcRelation[]>();
  for (const { root, leaf } of pairs) {
    const known = leavesOf.get(root ?? '') ?? [];
    known.push(...present(leaf ?? ''));
    leavesOf.set(root ?? '', known);
  }
  return oids
    .flatMap(present)
    .sort(byName)
    .map((table) => ({ table, leaves: (leavesOf.get(table.oid) ?? []).sort(byName) }));
}

/** The one relation of this name, of the connection's schema where it has none; what is written goes before what is folded. */
function exactly(text: string, schema: string, names: readonly TextRow[]): string | null {
  const written = readRelationName(text);
  if (written === null) return null;
  const fold = (part: { text: string; quoted: boolean }) =>
    part.quoted ? part.text : part.text.toLowerCase();
  const find = (inSchema: string, name: string) =>
    names.find((row) => row.schema === inSchema && row.name === name)?.oid ?? null;
  return (
    find(written.schema?.text ?? schema, written.name.text) ??
    find(written.schema === null ? schema : fold(written.schema), fold(written.name))
  );
}

export function isTable(kind: string): boolean {
  return kind === 'r' || kind === 'p';
}

export function byName(one: TableName, other: TableName): number {
  return compare(one.schema, other.schema) || compare(one.name, other.name);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export function sameTable(one: TableName, other: TableName): boolean {
  return one.schema === other.schema && one.name === other.name;
}

/** Those of some that are not among others. */
export function without<T extends TableName>(some: readonly T[], others: readonly TableName[]): T[] {
  const key = ({ schema, name }: TableName) => JSON.stringify([schema, name]);
  const known = new Set(others.map(key));
  return some.filter((it) => !known.has(key(it)));
}

export function nameOf({ schema, name }: { schema?: string | null; name?: string | null }): TableName {
  return { schema: schema ?? '', name: name ?? '' };
}

const identities: Readonly<Record<string, CdcRelation['identity']>> = {
  d: 'default',
  i: 'index',
  f: 'full',
  n: 'nothing',
};

function toRelation(row: TextRow): CdcRelation {
  return {
    ...nameOf(row),
    oid: row.oid ?? '',
    kind: row.kind ?? '',
    permanent: row.permanent === 't',
    isPartition: row.partition === 't',
    owned: row.owned === 't',
    owner: row.owner ?? '',
    readable: row.readable === 't',
    filtered: row.filtered === 't',
    identity: identities[row.identity ?? ''] ?? 'nothing',
    key: row.key ?? null,
    identityIndex: row.identity_index ?? null,
    fitIndexes: jsonArray(row.fit_indexes).map(String),
    deferrableKey: row.deferrable_key ?? null,
    generatedColumns: jsonArray(row.generated).map(String),
    inherited: row.inherited === 't',
    publishedBy: jsonArray(row.published).map(String),
    pages: Math.max(0, Number(row.pages ?? 0)),
  };
}
