import { endpointOf, type SavedConnection, type TableName } from '../connections/connection.ts';
import type { DialLimits } from '../connections/connector.ts';
import { secretsOf } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { RelationDetails } from './discovery.ts';

/** How many partitions are told of one by one. */
const mostLeaves = 100;

/**
 * Asks the server for a relation's details, past the cache.
 * @throws SecretError; UsageError; ServerError, relation_gone and relation_locked among them; InterruptedError
 */
export async function describeSaved(
  services: ConnectionServices,
  saved: SavedConnection,
  relation: TableName,
  { timeoutMs, signal }: DialLimits,
): Promise<RelationDetails> {
  const connector = await services.connectors.load(saved.connector);
  const secrets = await secretsOf(services, saved);
  return connector.describe({
    endpoint: endpointOf(saved),
    secrets,
    relation,
    mostLeaves,
    timeoutMs,
    signal,
  });
}
