import { endpointOf, type SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { InterruptedError, JackfieldError, RefusedError } from '../connections/errors.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { relationChooser } from './relation-chooser.ts';
import type { SourceConfig } from './source-config.ts';
import type { MetadataRefresh, MetadataStore, Snapshot } from './store.ts';
import type { FormerStructure, StructurePiece, StructureReading, StructureSink } from './structure.ts';

export interface RefreshOptions extends DialLimits {
  readonly config: SourceConfig;
  /** Read everything, whatever the fingerprints say. */
  readonly whole?: boolean;
  /** Told how many relations were read so far. */
  readonly onProgress?: (relations: number) => void;
}

export interface Refreshed {
  readonly snapshot: Snapshot;
  /** Null: nothing to compare with. */
  readonly former: Snapshot | null;
  /** False: the database is as it was, and no snapshot was made. */
  readonly changed: boolean;
}

/** The newest snapshot that was read from where the connection leads today, as it is configured today. */
export async function newestSnapshot(
  store: MetadataStore,
  saved: SavedConnection,
  config: SourceConfig,
): Promise<Snapshot | null> {
  const [newest] = await store.snapshots(saved.id);
  return newest && isCurrent(newest, saved, config) ? newest : null;
}

/** Whether a snapshot is of where the connection leads today, as it is configured today. */
export function isCurrent(snapshot: Snapshot, saved: SavedConnection, config: SourceConfig): boolean {
  return snapshot.scope === scopeOf(saved, config);
}

/** Whether a snapshot is to be refreshed by now; null for one is. */
export function isDue(snapshot: Snapshot | null, config: SourceConfig, now: Date): boolean {
  if (snapshot === null) return true;
  const { refreshEveryMs } = config;
  return refreshEveryMs !== null && now.getTime() - Date.parse(snapshot.checkedAt) >= refreshEveryMs;
}

/**
 * Reads the structure of what a saved connection leads to into the store. A failure leaves the former
 * snapshot, and is recorded; an interruption leaves it too.
 * @throws SecretError; UsageError; ServerError; InterruptedError; RefusedError {@link isElsewhere}; CatalogError
 */
export async function refreshMetadata(
  services: ConnectionServices,
  saved: SavedConnection,
  options: RefreshOptions,
): Promise<Refreshed> {
  const store = await services.metadata();
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  const refresh = await store.beginRefresh(saved.id);
  try {
    // Not before: what another process was just at is a former snapshot too.
    const former = await newestSnapshot(store, saved, options.config);
    const { facts, unchanged } = await read(
      services,
      saved,
      store,
      options.whole ? null : former,
      refresh,
      options,
    );
    const snapshot = unchanged
      ? await refresh.confirm(facts, elapsed())
      : await refresh.complete(facts, scopeOf(saved, options.config), elapsed());
    return { snapshot, former, changed: snapshot.id !== former?.id };
  } catch (error) {
    if (error instanceof JackfieldError && !(error instanceof InterruptedError)) {
      const { code, message } = error;
      await refresh.fail({ code, message }, elapsed()).catch(() => {});
    } else {
      await refresh.abandon().catch(() => {});
    }
    throw error;
  }
}

async function read(
  services: ConnectionServices,
  saved: SavedConnection,
  store: MetadataStore,
  former: Snapshot | null,
  refresh: MetadataRefresh,
  options: RefreshOptions,
): Promise<StructureReading> {
  const connector = await services.connectors.load(saved.connector);
  const secrets = await secretsOf(services, saved);
  const { timeoutMs, signal, config, onProgress } = options;
  return connector.discover({
    endpoint: endpointOf(saved),
    secrets,
    sink: onProgress ? new CountedStructure(refresh, onProgress) : refresh,
    chooses: relationChooser(config),
    former: former && formerOf(store, former),
    timeoutMs,
    signal,
  });
}

function formerOf(store: MetadataStore, snapshot: Snapshot): FormerStructure {
  const { identity, fingerprint, hidden } = snapshot;
  return {
    identity,
    fingerprint,
    hiddenRelations: hidden.relations,
    parts: () => store.fingerprints(snapshot),
  };
}

/** Whether what ended a refresh is that another process refreshes the same: refresh_running, refresh_taken_over. */
export function isElsewhere(error: unknown): boolean {
  return (
    error instanceof RefusedError && (error.code === 'refresh_running' || error.code === 'refresh_taken_over')
  );
}

/** What a snapshot is of. Compared, and nothing else. */
function scopeOf(
  { connector, host, port, database, username, options }: SavedConnection,
  config: SourceConfig,
): string {
  const { include, exclude } = config;
  // An option may lead to another server, or make another role of the user's.
  const sorted = Object.entries(options).sort();
  return JSON.stringify([connector, host, port, database, username, sorted, include, exclude]);
}

/** Tells how many relations have come. */
class CountedStructure implements StructureSink {
  readonly #sink: StructureSink;
  readonly #onProgress: (relations: number) => void;
  #relations = 0;

  constructor(sink: StructureSink, onProgress: (relations: number) => void) {
    this.#sink = sink;
    this.#onProgress = onProgress;
  }

  async begin(): Promise<void> {
    this.#relations = 0;
    await this.#sink.begin();
  }

  async write(pieces: readonly StructurePiece[]): Promise<void> {
    for (const { part } of pieces) if (part === 'relation') this.#relations += 1;
    this.#onProgress(this.#relations);
    await this.#sink.write(pieces);
  }

  async retain(oids: ReadonlySet<number>): Promise<void> {
    await this.#sink.retain(oids);
  }
}
