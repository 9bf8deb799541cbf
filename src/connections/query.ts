import { endpointOf, mayWrite, type SavedConnection } from './connection.ts';
import { RefusedError } from './errors.ts';
import type { QuerySession } from './query-port.ts';
import { secretsOf } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { shellWord } from './shell-word.ts';

/** How a session for queries is opened. */
export interface QueryOptions {
  /** Whether anything is to be changed. */
  readonly write: boolean;
  /** Told what the server says beside its answers: "NOTICE", and its words. */
  readonly onNotice: (severity: string, text: string) => void;
  /** Of the opening, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Refuses to change anything on a source that does not allow it: where a pipeline reads, a slip does
 * most harm.
 * @throws RefusedError write_not_allowed
 */
export function refuseWrite(saved: SavedConnection): void {
  if (mayWrite(saved)) return;
  throw new RefusedError({
    code: 'write_not_allowed',
    message: `${saved.name} is a source, and does not allow --write`,
    fix: `to allow it: jackfield connections edit ${shellWord(saved.name)} --allow-write`,
  });
}

/**
 * Opens a session for queries on a saved connection.
 * @throws RefusedError write_not_allowed; SecretError when its secret can't be had; UsageError;
 * ServerError; InterruptedError
 */
export async function openSavedQuery(
  services: ConnectionServices,
  saved: SavedConnection,
  { write, onNotice, timeoutMs, signal }: QueryOptions,
): Promise<QuerySession> {
  if (write) refuseWrite(saved);
  const connector = await services.connectors.load(saved.connector);
  const secrets = await secretsOf(services, saved);
  return connector.openQuery({ endpoint: endpointOf(saved), secrets, onNotice, timeoutMs, signal });
}
