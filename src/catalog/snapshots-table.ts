import type { RefreshOutcome, Snapshot, SnapshotCounts } from '../metadata/store.ts';
import type { StructureFacts } from '../metadata/structure.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { partNumbers } from './metadata-rows.ts';

/** How long a refresh may stand still before another one takes its place. */
const claimMs = 10 * 60_000;

const select = `SELECT s.id, c.connection_id, s.taken_at, s.checked_at, s.duration_ms, s.scope, s.identity,
  s.fingerprint, s.relations, s.columns, s.facts FROM snapshots s JOIN sources c ON c.id = s.source`;

type Row = [
  id: number,
  connectionId: string,
  takenAt: string,
  checkedAt: string,
  durationMs: number,
  scope: string,
  identity: string,
  fingerprint: string | null,
  relations: number,
  columns: number,
  facts: string,
];

/** Who is at a refresh. */
export interface Claim {
  /** `host:pid`. */
  readonly owner: string;
  /** Of the snapshot to come: no two refreshes have the same. */
  readonly number: number;
  /** ISO 8601, UTC: it lapses then, unless it is renewed. */
  readonly until: string;
}

/** The snapshots and their sources. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class SnapshotsTable {
  readonly #db: CatalogDatabase;
  readonly #now: () => Date;

  constructor(db: CatalogDatabase, now: () => Date) {
    this.#db = db;
    this.#now = now;
  }

  /** The number of a connection in this store; made when it has none. */
  sourceOf(connectionId: string): number {
    this.#db.run('INSERT INTO sources (connection_id) VALUES (?) ON CONFLICT DO NOTHING', connectionId);
    const source = this.findSource(connectionId);
    if (source === null) throw new Error('a source was written and is not there');
    return source;
  }

  findSource(connectionId: string): number | null {
    const row = this.#db.row<[number]>('SELECT id FROM sources WHERE connection_id = ?', connectionId);
    return row?.[0] ?? null;
  }

  /** Who is at a refresh; null when nobody is. */
  claimOf(source: number): Claim | null {
    const row = this.#db.row<[string | null, number | null, string | null]>(
      'SELECT refreshing_by, refreshing_number, refreshing_until FROM sources WHERE id = ?',
      source,
    );
    const [owner = null, number = null, until = null] = row ?? [];
    return owner === null || number === null || until === null ? null : { owner, number, until };
  }

  hasLapsed({ until }: Claim): boolean {
    return until <= this.#now().toISOString();
  }

  /** Claims a connection for a refresh. @returns the number of the snapshot to come */
  claim(source: number, owner: string): number {
    const row = this.#db.row<[number]>('UPDATE last_number SET number = number + 1 RETURNING number');
    if (row === undefined) throw new Error('the number of the last snapshot is gone');
    this.#db.run(
      'UPDATE sources SET refreshing_by = ?, refreshing_number = ?, refreshing_until = ? WHERE id = ?',
      ...[owner, row[0], this.#lapse(), source],
    );
    return row[0];
  }

  /** @returns false when it is somebody else's by now */
  renewClaim(source: number, number: number): boolean {
    const renewed = this.#db.run(
      'UPDATE sources SET refreshing_until = ? WHERE id = ? AND refreshing_number = ?',
      ...[this.#lapse(), source, number],
    );
    return renewed > 0;
  }

  #lapse(): string {
    return new Date(this.#now().getTime() + claimMs).toISOString();
  }

  release(source: number): void {
    this.#db.run(
      'UPDATE sources SET refreshing_by = NULL, refreshing_number = NULL, refreshing_until = NULL WHERE id = ?',
      source,
    );
  }

  endRefresh(source: number, durationMs: number, error: RefreshOutcome['error']): void {
    this.release(source);
    this.#db.run(
      'UPDATE sources SET refreshed_at = ?, refresh_ms = ?, error_code = ?, error_message = ? WHERE id = ?',
      ...[this.#now().toISOString(), durationMs, error?.code ?? null, error?.message ?? null, source],
    );
  }

  lastRefresh(connectionId: string): RefreshOutcome | null {
    const row = this.#db.row<[string | null, number, string | null, string | null]>(
      'SELECT refreshed_at, refresh_ms, error_code, error_message FROM sources WHERE connection_id = ?',
      connectionId,
    );
    if (row === undefined || row[0] === null) return null;
    const [at, durationMs, code, message] = row;
    return { at, durationMs, error: code === null ? null : { code, message: message ?? '' } };
  }

  list(connectionId: string): Snapshot[] {
    return this.#db
      .rows<Row>(`${select} WHERE c.connection_id = ? ORDER BY s.id DESC`, connectionId)
      .map(toSnapshot);
  }

  newest(source: number): Snapshot | null {
    const row = this.#db.row<Row>(`${select} WHERE s.source = ? ORDER BY s.id DESC LIMIT 1`, source);
    return row === undefined ? null : toSnapshot(row);
  }

  add(
    number: number,
    source: number,
    kept: { facts: StructureFacts; scope: string; durationMs: number; counts: SnapshotCounts },
  ): void {
    const { facts, scope, durationMs, counts } = kept;
    const { takenAt, identity, fingerprint, server, schemas, hidden } = facts;
    this.#db.run(
      `INSERT INTO snapshots (id, source, taken_at, checked_at, duration_ms, scope, identity, fingerprint,
        relations, columns, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[number, source, takenAt, takenAt, durationMs, scope, identity, fingerprint],
      ...[counts.relations, counts.columns, JSON.stringify({ server, schemas, hidden })],
    );
  }

  /** The newest holds still: what is told of the database apart from its structure is new all the same. */
  confirmNewest(source: number, { fingerprint, server, schemas, hidden }: StructureFacts): Snapshot | null {
    this.#db.run(
      `UPDATE snapshots SET checked_at = ?, fingerprint = ?, facts = ?
        WHERE id = (SELECT max(id) FROM snapshots WHERE source = ?)`,
      ...[this.#now().toISOString(), fingerprint, JSON.stringify({ server, schemas, hidden }), source],
    );
    return this.newest(source);
  }

  countCurrent(source: number): SnapshotCounts {
    const relations = this.#db.row<[number]>(
      'SELECT count(*) FROM relations WHERE source = ? AND until IS NULL',
      source,
    );
    const columns = this.#db.row<[number]>(
      `SELECT coalesce(sum(json_array_length(content)), 0) FROM relation_parts
        WHERE source = ? AND part = ? AND until IS NULL`,
      ...[source, partNumbers.columns],
    );
    return { relations: relations?.[0] ?? 0, columns: columns?.[0] ?? 0 };
  }

  /** Removes what a refresh wrote that did not come to its end. */
  dropUnfinished(source: number): void {
    const newest = this.newest(source)?.id ?? 0;
    for (const table of ['relations', 'relation_parts']) {
      this.#db.run(`DELETE FROM ${table} WHERE source = ? AND since > ?`, source, newest);
      this.#db.run(`UPDATE ${table} SET until = NULL WHERE source = ? AND until > ?`, source, newest);
    }
  }

  /** Lets go of all but the newest snapshots, and of what only older ones had. */
  prune(source: number, keep: number): void {
    const oldest = this.#db.row<[number]>(
      'SELECT id FROM snapshots WHERE source = ? ORDER BY id DESC LIMIT 1 OFFSET ?',
      ...[source, keep - 1],
    )?.[0];
    if (oldest === undefined) return;
    const gone = this.#db.run('DELETE FROM snapshots WHERE source = ? AND id < ?', source, oldest);
    if (gone === 0) return;
    for (const table of ['relations', 'relation_parts']) {
      this.#db.run(`DELETE FROM ${table} WHERE source = ? AND until <= ?`, source, oldest);
    }
  }

  /** Removes connections with all their snapshots. @returns how many */
  forgetOthers(connectionIds: readonly string[]): number {
    const kept = new Set(connectionIds);
    const all = this.#db.rows<[number, string]>('SELECT id, connection_id FROM sources');
    const gone = all.filter(([, connectionId]) => !kept.has(connectionId));
    for (const [source] of gone) {
      this.#db.run('DELETE FROM relations WHERE source = ?', source);
      this.#db.run('DELETE FROM relation_parts WHERE source = ?', source);
      this.#db.run('DELETE FROM sources WHERE id = ?', source);
    }
    return gone.length;
  }
}

function toSnapshot(row: Row): Snapshot {
  const [id, connectionId, takenAt, checkedAt, durationMs, scope, identity, fingerprint, relations, columns] =
    row;
  const { server, schemas, hidden } = JSON.parse(row[10]) as Pick<Snapshot, 'server' | 'schemas' | 'hidden'>;
  return {
    id,
    connectionId,
    takenAt,
    checkedAt,
    durationMs,
    scope,
    identity,
    fingerprint,
    server,
    schemas,
    hidden,
    counts: { relations, columns },
  };
}
