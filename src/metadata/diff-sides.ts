import type { SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { completeEndpoint } from '../connections/endpoint.ts';
import {
  endpointInputOf,
  type FileConnection,
  type ReadReference,
  secretInputsOf,
} from '../connections/file.ts';
import { checkName } from '../connections/names.ts';
import { secretsFromInput } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { sourceConfigOf } from './configured.ts';
import { currentSnapshot } from './current-structure.ts';
import type { Structure } from './diff.ts';
import { discoverPastCache } from './discover.ts';
import type { Discovery, DiscoveryFilter } from './discovery.ts';
import { type Refreshed, refreshMetadata } from './refresh.ts';
import type { MetadataStore, Snapshot } from './store.ts';
import { viewOf, viewOfDiscovery } from './view.ts';

/** One of the two that are compared. */
export interface DiffSide {
  readonly view: Structure;
  /** Null where it is no snapshot that is kept. */
  readonly snapshot: Snapshot | null;
  /** The baseline it was read from. */
  readonly file: string | null;
  /** Of the database, its server and user; null: not known. */
  readonly identity: string | null;
}

/** Whether the database is read: in any case, where the snapshot is too old, or never. */
export type Reading = 'now' | 'when due' | 'never';

const everything: DiscoveryFilter = { schemas: [], tables: [], search: null };

/**
 * The newest snapshot of a connection, after a refresh where one is wanted; null: there is none, and
 * none is to be made.
 * @throws as refreshMetadata
 */
export async function readSaved(
  services: ConnectionServices,
  saved: SavedConnection,
  reading: Reading,
  limits: DialLimits,
): Promise<Omit<Refreshed, 'former'> | null> {
  const config = await sourceConfigOf(services, saved);
  if (reading === 'now') return refreshMetadata(services, saved, { ...limits, config });
  const refresh = reading === 'when due' ? 'due' : 'never';
  const snapshot = await currentSnapshot(services, saved, { ...limits, config, refresh });
  return snapshot && { snapshot, changed: false };
}

/** A snapshot as a side. */
export function snapshotSide(store: MetadataStore, saved: SavedConnection, snapshot: Snapshot): DiffSide {
  const view = viewOf(store, snapshot, { connection: saved.name, filter: everything });
  return { view, snapshot, file: null, identity: snapshot.identity };
}

/** A discovery that was saved to a file as a side. */
export function baselineSide(discovery: Discovery, file: string): DiffSide {
  return { view: viewOfDiscovery(discovery), snapshot: null, file, identity: null };
}

/**
 * Reads what a connection of a file leads to. Neither the catalog nor the metadata is opened.
 * @throws UsageError; SecretError; ServerError; InterruptedError
 */
export async function readFileConnection(
  services: ConnectionServices,
  entry: FileConnection,
  readReference: ReadReference,
  limits: DialLimits,
): Promise<DiffSide> {
  const connection = checkName(entry.name);
  const connector = await services.connectors.load(entry.connector);
  const endpoint = completeEndpoint(connector, endpointInputOf(entry));
  await connector.checkFiles(endpoint);
  const secrets = await secretsFromInput(services, secretInputsOf(entry, readReference));
  const about = { connection, endpoint, secrets };
  const { discovery, identity } = await discoverPastCache(connector, about, limits);
  return { view: viewOfDiscovery(discovery), snapshot: null, file: null, identity };
}
