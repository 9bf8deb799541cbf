import type { z } from 'zod';
import type { changeSchema, diffSchema } from './diff-schema.ts';
import type { Column, Index, Relation, TypeFacts } from './discovery.ts';
import type { PlacedRelation, StructureView } from './view.ts';

/** What `connections diff` answers. */
export type Diff = z.infer<typeof diffSchema>;
/** One of its changes. */
export type Change = z.infer<typeof changeSchema>;
export type ChangeKind = Change['kind'];

/** What is compared of a view. */
export type Structure = Pick<
  StructureView,
  'connection' | 'takenAt' | 'hidden' | 'schemas' | 'relations' | 'types'
>;

/** The same thing before and after; null on the side where it is not. */
export interface Pair<T> {
  readonly before: T | null;
  readonly after: T | null;
}

/** A relation that is on both sides. */
export interface PlacedPair {
  readonly before: PlacedRelation;
  readonly after: PlacedRelation;
}

/** A constraint of any kind; what a kind does not have is null. */
export interface Key {
  readonly type: 'primary_key' | 'foreign_key' | 'unique' | 'check' | 'exclusion';
  readonly name: string;
  readonly columns: readonly string[];
  /** Of a primary or unique key. */
  readonly include: readonly string[];
  readonly nullsNotDistinct: boolean;
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  /** Of a check or an exclusion constraint. */
  readonly definition: string | null;
  readonly references: Relation['foreignKeys'][number] | null;
}

/** What a change is of: what its SQL is made from. */
export type Subject =
  | ({ readonly of: 'schema' } & Pair<string>)
  | ({ readonly of: 'type' } & Pair<TypeFacts>)
  | ({ readonly of: 'relation'; readonly hidden: boolean } & Pair<PlacedRelation>)
  | ({ readonly of: 'column'; readonly table: PlacedPair } & Pair<Column>)
  | ({ readonly of: 'key'; readonly table: PlacedPair } & Pair<Key>)
  | ({ readonly of: 'index'; readonly table: PlacedPair } & Pair<Index>);

/** A change before its SQL is known. */
export interface StructureChange extends Omit<Change, 'sql' | 'breaking'> {
  readonly subject: Subject;
}

/** A statement of a change, or a comment of what has to be done by hand. */
export interface SqlStep {
  /** Steps of all changes are run by this, lower first; those that are equal in the order of the changes. */
  readonly order: number;
  /** Ends in a semicolon, a comment in no newline. */
  readonly text: string;
  /**
   * Of a statement that takes several objects: `verb object, object;` of those with the same verb and order
   * are one, so that it makes no difference which of them needs which.
   */
  readonly joined?: { readonly verb: string; readonly object: string };
}
