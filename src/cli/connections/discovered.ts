import type { SavedConnection } from '../../connections/connection.ts';
import { sourceConfigOf } from '../../metadata/configured.ts';
import { currentSnapshot } from '../../metadata/current-structure.ts';
import type { Snapshot } from '../../metadata/store.ts';
import { type DiscoveryFormat, discoveryFormats } from '../../output/discovery.ts';
import { plural } from '../../output/relation-words.ts';
import type { App } from '../app.ts';

/** What `--output` says. */
export function discoveryFormat({ settings }: App): DiscoveryFormat {
  return discoveryFormats.find((name) => name === settings.verbOutput) ?? settings.output;
}

/** The snapshot to show: the cached one, or a new one when it is due or wanted; with a sign of life. */
export async function snapshotOf(
  app: App,
  saved: SavedConnection,
  {
    refresh,
    timeoutMs,
    signal = app.signal,
  }: { readonly refresh: boolean; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Snapshot> {
  const progress = app.progress(`discovering ${saved.name}`);
  try {
    const snapshot = await currentSnapshot(app.services, saved, {
      refresh: refresh ? 'always' : 'due',
      config: await sourceConfigOf(app.services, saved),
      timeoutMs,
      signal,
      onProgress: (relations) =>
        progress.update(`discovering ${saved.name}: ${plural(relations, 'relation')}`),
    });
    if (snapshot === null) throw new Error('a snapshot that is due was not made');
    return snapshot;
  } finally {
    progress.stop();
  }
}
