import type { SavedConnection, TableName } from '../connections/connection.ts';
import { InterruptedError, JackfieldError } from '../connections/errors.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { RelationSummary, Snapshot } from '../metadata/store.ts';
import type { View } from '../output/answer.ts';
import { errorText } from '../output/error.ts';
import type { Asking } from './ask.ts';

/** What the explorer works with. */
export interface ExplorerParts {
  readonly asking: Asking;
  readonly services: ConnectionServices;
  readonly saved: SavedConnection;
  /** How pages are shown: on the terminal that is asked on. */
  view(): Promise<View>;
  /** Reads the database anew. @throws JackfieldError */
  refresh(): Promise<Snapshot>;
}

/** What is looked at, and all that lists need of it: read once. */
export interface Explored {
  readonly snapshot: Snapshot;
  readonly relations: readonly RelationSummary[];
}

/** Where the user is; relations of no schema are those of all. */
export type Place =
  | { readonly at: 'schemas' }
  | { readonly at: 'relations'; readonly schema: string | null }
  | { readonly at: 'relation'; readonly name: TableName };

/** What the user wants next. */
export type Step = 'back' | 'schemas' | 'refresh' | 'leave' | Place;

/** Shows what ended an action, and goes on. @throws what is the user's will, or a defect */
export function sayError({ stderr, theme }: Asking, error: unknown): void {
  if (!(error instanceof JackfieldError) || error instanceof InterruptedError) throw error;
  stderr.write(errorText(error, { theme, columns: stderr.columns }));
}
