import type { z } from 'zod';
import type { SavedConnection } from '../connections/connection.ts';
import { requireSource } from '../connections/refusals.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { sourceConfigOf } from './configured.ts';
import { isCurrent } from './refresh.ts';
import { isDueByItself } from './refresh-due.ts';
import type { sourceConfigSchema } from './schema.ts';
import type { RefreshOutcome } from './store.ts';

/** How a source's discovery is configured, and what it has come to. */
export type SourceStatus = z.infer<typeof sourceConfigSchema>;

/** @throws RefusedError not_a_source */
export async function sourceStatusOf(
  services: ConnectionServices,
  saved: SavedConnection,
): Promise<SourceStatus> {
  requireSource(saved, 'source-config');
  const config = await sourceConfigOf(services, saved);
  const store = await services.metadata();
  const [snapshots, last] = [await store.snapshots(saved.id), await store.lastRefresh(saved.id)];
  const [newest] = snapshots;
  const current = newest && isCurrent(newest, saved, config) ? newest : null;
  const { refreshEveryMs, include, exclude } = config;
  return {
    connection: saved.name,
    refreshEveryMs,
    include: [...include],
    exclude: [...exclude],
    due: isDueByItself(current, config, services.now()),
    nextRefreshAt:
      refreshEveryMs === null || current === null
        ? null
        : new Date(Date.parse(current.checkedAt) + refreshEveryMs).toISOString(),
    lastRefresh: last && lastRefreshOf(last),
    server: newest?.server ?? null,
    snapshots: snapshots.map((snapshot) => ({
      takenAt: snapshot.takenAt,
      checkedAt: snapshot.checkedAt,
      durationMs: snapshot.durationMs,
      ...snapshot.counts,
      current: isCurrent(snapshot, saved, config),
    })),
  };
}

function lastRefreshOf({ at, durationMs, error }: RefreshOutcome): NonNullable<SourceStatus['lastRefresh']> {
  const status = error === null ? 'succeeded' : 'failed';
  return { status, at, durationMs, code: error?.code ?? null, message: error?.message ?? null };
}
