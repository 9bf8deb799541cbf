import type { z } from 'zod';
import type { SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { CatalogError, InterruptedError, JackfieldError } from '../connections/errors.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { workThrough } from '../connections/workers.ts';
import { sourceConfigOf } from './configured.ts';
import { isDue, isElsewhere, newestSnapshot, refreshMetadata } from './refresh.ts';
import type { refreshResultSchema } from './schema.ts';
import type { SourceConfig } from './source-config.ts';
import type { Snapshot } from './store.ts';

/** How the refresh of one of many went. */
export type RefreshResult = z.infer<typeof refreshResultSchema>;

export interface RefreshAllOptions extends DialLimits {
  /** How many are refreshed at once. */
  readonly concurrency: number;
  /** Told as each is begun; `index` is its place in the list. */
  readonly onStart?: (index: number) => void;
  /** Told as each is done, in the order they finish. */
  readonly onResult?: (result: RefreshResult, index: number) => void;
}

/** Whether it is time for a refresh that nobody asks for: never where that is off. */
export function isDueByItself(newest: Snapshot | null, config: SourceConfig, now: Date): boolean {
  return config.refreshEveryMs !== null && isDue(newest, config, now);
}

/** Those of connections that are due, in their order. */
export async function dueConnections(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
): Promise<SavedConnection[]> {
  const store = await services.metadata();
  const due: SavedConnection[] = [];
  for (const saved of connections) {
    const config = await sourceConfigOf(services, saved);
    const newest = await newestSnapshot(store, saved, config);
    if (isDueByItself(newest, config, services.now())) due.push(saved);
  }
  return due;
}

/**
 * Refreshes many connections, a bounded number at once; results come in the order of the list. What one
 * of them fails of is its result's failure, and one that another process is at is skipped.
 * @throws InterruptedError; CatalogError, which is all of theirs
 */
export function refreshAll(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
  options: RefreshAllOptions,
): Promise<RefreshResult[]> {
  return workThrough(connections, options.concurrency, async (saved, index) => {
    options.signal.throwIfAborted();
    options.onStart?.(index);
    const result = await refreshOne(services, saved, options);
    options.onResult?.(result, index);
    return result;
  });
}

async function refreshOne(
  services: ConnectionServices,
  saved: SavedConnection,
  { timeoutMs, signal }: DialLimits,
): Promise<RefreshResult> {
  const started = performance.now();
  const told = (rest: Omit<RefreshResult, 'connection' | 'durationMs'>): RefreshResult => ({
    connection: saved.name,
    durationMs: Math.round(performance.now() - started),
    ...rest,
  });
  try {
    const config = await sourceConfigOf(services, saved);
    const { snapshot, changed } = await refreshMetadata(services, saved, { timeoutMs, signal, config });
    const status = changed ? 'refreshed' : 'unchanged';
    return told({ status, ...snapshot.counts, code: null, message: null, fix: null });
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    if (error instanceof InterruptedError || error instanceof CatalogError) throw error;
    const { code, message, fix } = error;
    const status = isElsewhere(error) ? 'skipped' : 'failed';
    return told({ status, relations: null, columns: null, code, message, fix });
  }
}

/** Removes what is kept of connections that are gone. A cache: whatever stands in the way of it, waits. */
export async function forgetDeleted(services: ConnectionServices): Promise<void> {
  try {
    const store = await services.metadata();
    const connections = await (await services.catalog()).list();
    await store.forgetOthers(connections.map(({ id }) => id));
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
  }
}
