import { RefusedError } from '../connections/errors.ts';
import type { RelationParts } from '../metadata/assemble.ts';
import type { TypeFacts } from '../metadata/discovery.ts';
import type {
  MetadataRefresh,
  MetadataStore,
  RefreshOutcome,
  RelationQuery,
  RelationSummary,
  Snapshot,
} from '../metadata/store.ts';
import type { PartFingerprints } from '../metadata/structure.ts';
import type { CatalogDatabase, Cell } from './catalog-database.ts';
import { metadataMigrations } from './metadata-migrations.ts';
import { SqliteRefresh } from './metadata-refresh.ts';
import {
  partNumbers,
  readColumns,
  readConstraints,
  readFacts,
  readIndexes,
  readTypeFacts,
} from './metadata-rows.ts';
import { openDatabase } from './open-database.ts';
import { ownOwner } from './owner.ts';
import { type Claim, SnapshotsTable } from './snapshots-table.ts';

/** How many relations are read at once. */
const pageSize = 500;

export interface MetadataOptions {
  /** The directory that holds `metadata.db`. */
  readonly home: string;
  readonly now?: () => Date;
  /** Who refreshes, `host:pid`; this process when not given. */
  readonly owner?: string;
  /** Whether the process of such a name may be at work still. */
  readonly isAtWork: (owner: string) => boolean;
}

/** Opens the metadata beside a catalog; makes it when there is none. @throws CatalogError */
export function openMetadata(options: MetadataOptions): SqliteMetadataStore {
  const { home } = options;
  const db = openDatabase({ home, migrations: metadataMigrations, file: 'metadata.db', cache: true });
  return new SqliteMetadataStore(db, options);
}

type PageRow = [
  oid: number,
  schema: string,
  name: string,
  content: string,
  columns: string | null,
  constraints: string | null,
  indexes: string | null,
];
type SummaryRow = [oid: number, schema: string, name: string, content: string, columns: number | null];

/** A part of a relation as it is in a snapshot: takes the snapshot's number twice. */
const part = (
  alias: string,
  number: number,
) => `LEFT JOIN relation_parts ${alias} ON ${alias}.source = r.source
  AND ${alias}.part = ${number} AND ${alias}.oid = r.oid AND ${alias}.since <= ?
  AND (${alias}.until IS NULL OR ${alias}.until > ?)`;

const columnsPart = part('c', partNumbers.columns);
const otherParts = `${part('k', partNumbers.constraints)} ${part('i', partNumbers.indexes)}`;
const inSnapshot = 'WHERE r.source = ? AND r.since <= ? AND (r.until IS NULL OR r.until > ?)';

/** What is read of relations, and how often it takes the snapshot's number before the source. */
const selections = {
  whole: {
    sql: `SELECT r.oid, r.schema, r.name, r.content, c.content, k.content, i.content
      FROM relations r ${columnsPart} ${otherParts} ${inSnapshot}`,
    numbers: 6,
  },
  summary: {
    sql: `SELECT r.oid, r.schema, r.name, r.content, json_array_length(c.content)
      FROM relations r ${columnsPart} ${inSnapshot}`,
    numbers: 2,
  },
} as const;

const order = `ORDER BY r.schema, r.name, r.oid LIMIT ${pageSize}`;

/** The metadata in a SQLite file of its own: large, and no loss when it is gone. */
export class SqliteMetadataStore implements MetadataStore {
  readonly #db: CatalogDatabase;
  readonly #snapshots: SnapshotsTable;
  readonly #owner: string;
  readonly #isAtWork: (owner: string) => boolean;
  /** The numbers of the refreshes that were begun here. */
  readonly #begun = new Set<number>();

  constructor(db: CatalogDatabase, options: Omit<MetadataOptions, 'home'>) {
    const { now = () => new Date(), owner = ownOwner() } = options;
    this.#db = db;
    this.#snapshots = new SnapshotsTable(db, now);
    this.#owner = owner;
    this.#isAtWork = options.isAtWork;
  }

  async snapshots(connectionId: string): Promise<Snapshot[]> {
    return this.#db.read(() => this.#snapshots.list(connectionId));
  }

  async *relations(snapshot: Snapshot, query: RelationQuery = {}): AsyncGenerator<readonly RelationParts[]> {
    for (const rows of this.#pages<PageRow>(snapshot, query, 'whole')) yield rows.map(toParts);
  }

  async *summaries(
    snapshot: Snapshot,
    query: RelationQuery = {},
  ): AsyncGenerator<readonly RelationSummary[]> {
    for (const rows of this.#pages<SummaryRow>(snapshot, query, 'summary')) {
      yield rows.map(([, , , content, columns]) => ({ facts: readFacts(content), columns: columns ?? 0 }));
    }
  }

  /** A page at a time, each a statement of its own: no other may run while one is at its rows. */
  *#pages<Row extends PageRow | SummaryRow>(
    { connectionId, id }: Snapshot,
    query: RelationQuery,
    selection: keyof typeof selections,
  ): Generator<Row[]> {
    const source = this.#db.read(() => this.#snapshots.findSource(connectionId));
    if (source === null) return;
    const wanted = narrowing(query, id);
    const { sql, numbers } = selections[selection];
    let last: Row | undefined;
    do {
      const after = last === undefined ? '' : 'AND (r.schema, r.name, r.oid) > (?, ?, ?)';
      const position = last === undefined ? [] : [last[1], last[2], last[0]];
      const rows: Row[] = this.#db.read(() =>
        this.#db.rows<Row>(
          `${sql} ${wanted.sql} ${after} ${order}`,
          ...new Array<number>(numbers).fill(id),
          ...[source, id, id, ...wanted.values, ...position],
        ),
      );
      if (rows.length > 0) yield rows;
      last = rows.length < pageSize ? undefined : rows.at(-1);
    } while (last !== undefined);
  }

  async types(snapshot: Snapshot): Promise<TypeFacts[]> {
    const rows = this.#db.read(() =>
      this.#db.rows<[string]>(
        `SELECT p.content FROM relation_parts p JOIN sources s ON s.id = p.source
          WHERE s.connection_id = ? AND p.part = ? AND p.since <= ? AND (p.until IS NULL OR p.until > ?)
          ORDER BY p.content ->> 'schema', p.content ->> 'name'`,
        ...[snapshot.connectionId, partNumbers.type, snapshot.id, snapshot.id],
      ),
    );
    return rows.map(([content]) => readTypeFacts(content));
  }

  async fingerprints(snapshot: Snapshot): Promise<Map<number, PartFingerprints>> {
    const { id, connectionId } = snapshot;
    const held = 'since <= ? AND (until IS NULL OR until > ?)';
    return this.#db.read(() => {
      const parts = new Map<number, { -readonly [Part in keyof PartFingerprints]: string }>();
      const of = 'source = (SELECT id FROM sources WHERE connection_id = ?)';
      const relations = this.#db.rows<[number, string]>(
        `SELECT oid, fingerprint FROM relations WHERE ${of} AND ${held}`,
        ...[connectionId, id, id],
      );
      for (const [oid, fingerprint] of relations) parts.set(oid, { relation: fingerprint });
      for (const name of ['columns', 'constraints', 'indexes'] as const) {
        const rows = this.#db.rows<[number, string]>(
          `SELECT oid, fingerprint FROM relation_parts WHERE ${of} AND part = ? AND ${held}`,
          ...[connectionId, partNumbers[name], id, id],
        );
        for (const [oid, fingerprint] of rows) {
          const known = parts.get(oid);
          if (known) known[name] = fingerprint;
        }
      }
      return parts;
    });
  }

  async lastRefresh(connectionId: string): Promise<RefreshOutcome | null> {
    return this.#db.read(() => this.#snapshots.lastRefresh(connectionId));
  }

  async beginRefresh(connectionId: string): Promise<MetadataRefresh> {
    return this.#db.write(() => {
      const source = this.#snapshots.sourceOf(connectionId);
      const other = this.#snapshots.claimOf(source);
      if (other !== null && this.#holds(other)) throw refreshRunning(other.owner);
      if (other !== null) this.#snapshots.dropUnfinished(source);
      const number = this.#snapshots.claim(source, this.#owner);
      this.#begun.add(number);
      return new SqliteRefresh(this.#db, this.#snapshots, { source, number });
    });
  }

  /**
   * A process that was killed left its claim. Its number may be ours by now (in a container it often
   * is), and of another machine's nothing can be told: then the claim lapses.
   */
  #holds(claim: Claim): boolean {
    if (this.#snapshots.hasLapsed(claim)) return false;
    return claim.owner === this.#owner ? this.#begun.has(claim.number) : this.#isAtWork(claim.owner);
  }

  async forgetOthers(connectionIds: readonly string[]): Promise<number> {
    return this.#db.write(() => this.#snapshots.forgetOthers(connectionIds));
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}

/** A relation with a foreign key to another one; a look at the text saves reading nearly all of it. */
const referencing = `AND EXISTS (SELECT 1 FROM relation_parts f, json_each(f.content) key
  WHERE f.source = r.source AND f.part = ${partNumbers.constraints} AND f.oid = r.oid AND f.since <= ?
    AND (f.until IS NULL OR f.until > ?) AND instr(f.content, ?)
    AND key.value ->> '$.references.schema' = ? AND key.value ->> '$.references.table' = ?)`;

/** @param id the snapshot's number */
function narrowing(
  { schema, name, search, references }: RelationQuery,
  id: number,
): { sql: string; values: Cell[] } {
  const clauses: string[] = [];
  const values: Cell[] = [];
  if (schema !== undefined) {
    clauses.push('AND r.schema = ?');
    values.push(schema);
  }
  if (name !== undefined) {
    clauses.push('AND r.name = ?');
    values.push(name);
  }
  if (search !== undefined) {
    clauses.push('AND (instr(r.search, ?) OR instr(c.search, ?))');
    values.push(search.toLowerCase(), search.toLowerCase());
  }
  if (references !== undefined) {
    clauses.push(referencing);
    values.push(id, id, JSON.stringify(references.name), references.schema, references.name);
  }
  return { sql: clauses.join(' '), values };
}

function toParts([, , , content, columns, constraints, indexes]: PageRow): RelationParts {
  return {
    facts: readFacts(content),
    columns: readColumns(columns),
    constraints: readConstraints(constraints),
    indexes: readIndexes(indexes),
  };
}

function refreshRunning(owner: string): RefusedError {
  return new RefusedError({
    code: 'refresh_running',
    message: `its metadata is being refreshed by another process (${owner})`,
    fix: 'wait until it is done; what was found last is still there without --refresh',
  });
}
