import { endpointOf, type SavedConnection } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { Discovery } from './discovery.ts';

/**
 * Reads the structure of what a saved connection leads to.
 * @throws SecretError when its secret can't be had; UsageError; ServerError; InterruptedError
 */
export async function discoverSaved(
  services: ConnectionServices,
  saved: SavedConnection,
  limits: DialLimits,
): Promise<Discovery> {
  const connector = await services.connectors.load(saved.connector);
  const secrets = await secretsOf(services, saved);
  const found = await connector.discover({ endpoint: endpointOf(saved), secrets, ...limits });
  return { connection: saved.name, ...found };
}
