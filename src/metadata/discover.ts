import { endpointOf, type SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { CollectedStructure } from './collect.ts';
import type { Discovery } from './discovery.ts';

/**
 * Reads the structure of what a saved connection leads to, past the cache.
 * @throws SecretError when its secret can't be had; UsageError; ServerError; InterruptedError
 */
export async function discoverSaved(
  services: ConnectionServices,
  saved: SavedConnection,
  limits: DialLimits,
): Promise<Discovery> {
  const connector = await services.connectors.load(saved.connector);
  const secrets = await secretsOf(services, saved);
  const sink = new CollectedStructure();
  const request = { endpoint: endpointOf(saved), secrets, sink, former: null, ...limits };
  const { facts } = await connector.discover(request);
  const { takenAt, server, hidden, schemas } = facts;
  return { connection: saved.name, takenAt, server, hidden, schemas: sink.schemas(schemas) };
}
