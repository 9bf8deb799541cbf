import type { ServerFacts } from '../connections/connection.ts';
import type { Column, Index, RelationFacts, TypeFacts } from './discovery.ts';

/*
 * What a connector tells of a database while it reads it, piece by piece, so that a database of any
 * size fits. A relation comes as up to four pieces, which meet again in the store.
 */

/** What a relation is made of; a type is a piece of its own. */
export type Part = 'relation' | 'columns' | 'constraints' | 'indexes' | 'type';

/** One part of one relation, or a type. */
export interface StructurePiece {
  readonly part: Part;
  /** The relation's or type's, which stays the same when it is renamed. */
  readonly oid: number;
  readonly content: PartContent;
  /** Changes whenever anything of the part does: the connector's own words, compared and nothing else. */
  readonly fingerprint: string;
}

type PartContent =
  | RelationFacts
  | readonly Column[]
  | readonly RawConstraint[]
  | readonly RawIndex[]
  | TypeFacts;

/** A constraint; its columns by number, which stay the same when they are renamed. */
export interface RawConstraint {
  readonly name: string;
  readonly type: 'primary' | 'unique' | 'foreign' | 'check' | 'exclusion';
  readonly columns: readonly number[];
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly validated: boolean;
  /** Of a check or an exclusion constraint, as PostgreSQL writes it. */
  readonly definition: string | null;
  readonly references: RawReference | null;
}

interface RawReference {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly onUpdate: ForeignKeyAction;
  readonly onDelete: ForeignKeyAction;
}

export type ForeignKeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

/** An index; its columns by number, null for an expression. */
export interface RawIndex extends Omit<Index, 'columns' | 'include' | 'collations'> {
  readonly columns: readonly (number | null)[];
  readonly include: readonly number[];
  /** Null: the database's default, or none; empty: all are. */
  readonly collations: readonly (string | null)[];
}

/** What is told of the database as a whole. */
export interface StructureFacts {
  readonly server: ServerFacts;
  /** ISO 8601, UTC: of the snapshot. */
  readonly takenAt: string;
  /** The same for the same database on the same server, seen by the same user. */
  readonly identity: string;
  /** Of the whole; the same as before means that nothing was changed. Null: this server has none. */
  readonly fingerprint: string | null;
  /** The schemas that the user may look into, in the order of their names. */
  readonly schemas: readonly string[];
  readonly hidden: { readonly schemas: number; readonly relations: number };
}

/** What an earlier reading left, so that the next reads only what was changed since. */
export interface FormerStructure {
  readonly identity: string;
  readonly fingerprint: string | null;
  /** How many relations the user might not see: the fingerprint says as much of that as of the rest. */
  readonly hiddenRelations: number;
  /** The fingerprint of each part, by the relation's oid. */
  parts(): Promise<ReadonlyMap<number, PartFingerprints>>;
}

export type PartFingerprints = Readonly<Partial<Record<Exclude<Part, 'type'>, string>>>;

/** Takes what a connector reads. What it was given counts once the reading has come to its end. */
export interface StructureSink {
  /** A reading begins; what an earlier try has written is dropped. */
  begin(): Promise<void>;
  /** Called with some hundred pieces at a time; while it has not ended, the server waits. */
  write(pieces: readonly StructurePiece[]): Promise<void>;
  /** These relations are as they were: no piece of them is written. Of all others, what was not written is gone. */
  retain(oids: ReadonlySet<number>): Promise<void>;
}

/** How a reading ended. */
export interface StructureReading {
  readonly facts: StructureFacts;
  /** True: nothing is different, and nothing was written. */
  readonly unchanged: boolean;
}
