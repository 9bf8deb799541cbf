import type { Connector, DialLimits, DiscoverRequest } from '../connections/connector.ts';
import { CollectedStructure } from './collect.ts';
import type { Discovery } from './discovery.ts';

/**
 * Reads the whole structure of what an endpoint leads to into memory, past the cache.
 * @returns also the identity of the database, its server and user
 * @throws UsageError; ServerError; InterruptedError
 */
export async function discoverPastCache(
  connector: Connector,
  about: Pick<DiscoverRequest, 'endpoint' | 'secrets'> & { readonly connection: string },
  limits: DialLimits,
): Promise<{ discovery: Discovery; identity: string }> {
  const { connection, endpoint, secrets } = about;
  const sink = new CollectedStructure();
  const { facts } = await connector.discover({ endpoint, secrets, sink, former: null, ...limits });
  const { takenAt, server, hidden, schemas, identity } = facts;
  return { discovery: { connection, takenAt, server, hidden, schemas: sink.schemas(schemas) }, identity };
}
