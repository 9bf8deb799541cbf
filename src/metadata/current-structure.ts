import type { SavedConnection } from '../connections/connection.ts';
import { InterruptedError, JackfieldError, RefusedError } from '../connections/errors.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { isDue, isElsewhere, newestSnapshot, type RefreshOptions, refreshMetadata } from './refresh.ts';
import type { Snapshot } from './store.ts';

export interface CurrentOptions extends RefreshOptions {
  /** `always`: read the database now; `due`: only when it is time; `never`: show what is there. */
  readonly refresh: 'always' | 'due' | 'never';
  /** Called before anything is dialled. */
  readonly onRefresh?: () => void;
}

/**
 * The snapshot to show of a connection: the cached one, or a new one when it is due. When a refresh that
 * was merely due fails, the cached one is shown all the same, with a notice.
 * @returns null when nothing was ever read, and `never` says that nothing is to be
 * @throws what refreshMetadata throws when there is nothing else to show, or it was asked for
 */
export async function currentSnapshot(
  services: ConnectionServices,
  saved: SavedConnection,
  options: CurrentOptions,
): Promise<Snapshot | null> {
  const { refresh, config, onRefresh } = options;
  const cached = await newestSnapshot(await services.metadata(), saved, config);
  if (refresh === 'never' || (refresh === 'due' && !isDue(cached, config, services.now()))) return cached;
  onRefresh?.();
  try {
    return (await refreshMetadata(services, saved, options)).snapshot;
  } catch (error) {
    if (cached === null || refresh === 'always' || !isBearable(error)) throw error;
    services.notice(`the metadata of ${saved.name} could not be refreshed: ${error.message}`);
    return cached;
  }
}

/** What ends a refresh without being the user's will or a defect. */
function isBearable(error: unknown): error is JackfieldError {
  return (
    error instanceof JackfieldError &&
    !(error instanceof InterruptedError) &&
    (!(error instanceof RefusedError) || isElsewhere(error))
  );
}
