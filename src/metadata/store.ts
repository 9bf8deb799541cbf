import type { ServerFacts, TableName } from '../connections/connection.ts';
import type { RelationParts } from './assemble.ts';
import type { RelationFacts, TypeFacts } from './discovery.ts';
import type { PartFingerprints, StructureFacts, StructureSink } from './structure.ts';

/** A reading that was kept. */
export interface Snapshot {
  /** Counts up; unique in the store. */
  readonly id: number;
  readonly connectionId: string;
  /** ISO 8601, UTC: when it was read. */
  readonly takenAt: string;
  /** ISO 8601, UTC: when it was last seen to hold still. */
  readonly checkedAt: string;
  /** Of the reading, in milliseconds. */
  readonly durationMs: number;
  /** What it was read from, and how much of it: another endpoint's or configuration's is no former of this one. */
  readonly scope: string;
  readonly identity: string;
  readonly fingerprint: string | null;
  readonly server: ServerFacts;
  readonly schemas: readonly string[];
  readonly hidden: { readonly schemas: number; readonly relations: number };
  readonly counts: SnapshotCounts;
}

export interface SnapshotCounts {
  readonly relations: number;
  readonly columns: number;
}

/** How the last refresh of a connection went. */
export interface RefreshOutcome {
  /** ISO 8601, UTC: when it ended. */
  readonly at: string;
  readonly durationMs: number;
  /** Null when it went well. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface RelationSummary {
  readonly facts: RelationFacts;
  /** How many it has. */
  readonly columns: number;
}

/** Which relations are wanted; what is absent does not narrow. */
export interface RelationQuery {
  /** By exact names. */
  readonly schema?: string;
  readonly name?: string;
  /** Text to be found, whatever its case, in a schema's, relation's or column's name or comment. */
  readonly search?: string;
  /** Those that have a foreign key to this one. */
  readonly references?: TableName;
}

/**
 * Keeps what discoveries found: a cache that can be made anew, apart from the catalog. A port of the
 * domain; asynchronous and without SQL, as the catalog's. All throw CatalogError when it can't be used.
 */
export interface MetadataStore {
  /** The newest first. */
  snapshots(connectionId: string): Promise<Snapshot[]>;

  /** Relations of a snapshot with all their parts, by schema and name (by code point), a page at a time. */
  relations(snapshot: Snapshot, query?: RelationQuery): AsyncIterable<readonly RelationParts[]>;

  /** As {@link relations}, of each only what a line about it says. */
  summaries(snapshot: Snapshot, query?: RelationQuery): AsyncIterable<readonly RelationSummary[]>;

  /** User-made types of a snapshot, by schema and name. */
  types(snapshot: Snapshot): Promise<TypeFacts[]>;

  /** The fingerprints of a snapshot's relations, by oid. */
  fingerprints(snapshot: Snapshot): Promise<Map<number, PartFingerprints>>;

  /** Null before the first. */
  lastRefresh(connectionId: string): Promise<RefreshOutcome | null>;

  /**
   * Begins a refresh. What a refresh that was killed has left is removed first.
   * @throws RefusedError refresh_running while another process is at one for this connection
   */
  beginRefresh(connectionId: string): Promise<MetadataRefresh>;

  /** Removes all that is kept of connections other than these. @returns of how many */
  forgetOthers(connectionIds: readonly string[]): Promise<number>;

  /** Closes the store. Idempotent. */
  close(): Promise<void>;
}

/**
 * A refresh under way. What it writes is seen by nobody until it is completed. One that stands still for
 * ten minutes may be taken over; its methods throw RefusedError refresh_taken_over then.
 */
export interface MetadataRefresh extends StructureSink {
  /**
   * Makes what was written the newest snapshot, and lets go of the oldest beyond the bound. Where nothing
   * differs from the newest none is made, and that one is confirmed.
   */
  complete(facts: StructureFacts, scope: string, durationMs: number): Promise<Snapshot>;
  /** Nothing was changed: the newest snapshot holds still. */
  confirm(facts: StructureFacts, durationMs: number): Promise<Snapshot>;
  /** Drops what was written and records why; the former snapshot stays. */
  fail(error: { code: string; message: string }, durationMs: number): Promise<void>;
  /** Drops what was written, and records nothing: the user interrupted. */
  abandon(): Promise<void>;
}
