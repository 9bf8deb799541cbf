import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import type { SavedConnection } from '../../../src/connections/connection.ts';
import { InterruptedError, ServerError } from '../../../src/connections/errors.ts';
import type { SecretInput } from '../../../src/connections/secrets-of.ts';
import { discoverPastCache } from '../../../src/metadata/discover.ts';
import { refreshMetadata } from '../../../src/metadata/refresh.ts';
import { discoverySchema } from '../../../src/metadata/schema.ts';
import { defaultSourceConfig } from '../../../src/metadata/source-config.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';

const { host } = anEndpoint();
const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const structure = {
  takenAt: '2026-03-01T12:00:00.000Z',
  server: { version: '18.1', provider: 'cloud', recovery: false, readOnly: false, tls: null },
  hidden: { schemas: 0, relations: 0 },
};
const facts = { ...structure, identity: 'shop', fingerprint: null, schemas: ['public'] };

async function save(services: InMemoryServices, password: SecretInput) {
  const secrets = { password, sslKeyPassword: { kind: 'none' } } as const;
  const request = { name: 'orders', role: 'source', endpoint: anEndpoint(), tags: [], secrets } as const;
  const { saved } = await addConnection(services, request, null);
  if (!saved) throw new Error('it was not saved');
  return saved;
}

const noSecrets = { password: null, sslKeyPassword: null };
const refresh = (services: InMemoryServices, saved: SavedConnection, changes = {}) =>
  refreshMetadata(services, saved, { ...limits, config: defaultSourceConfig, ...changes });

describe('a discovery past the cache', () => {
  it('says whose it is, of which database, and all that was read', async () => {
    const { connector } = inMemoryServices();
    connector.willDiscover(host, { facts, pieces: [] });
    const about = { connection: 'orders', endpoint: anEndpoint(), secrets: noSecrets };
    const { discovery, identity } = await discoverPastCache(connector, about, limits);
    expect(identity).toBe('shop');
    expect(discoverySchema.parse(discovery)).toEqual({
      connection: 'orders',
      ...structure,
      schemas: [{ name: 'public', relations: [], types: [] }],
    });
  });
});

describe('the discovery of a saved connection', () => {
  it('is made with its endpoint and secret', async () => {
    const services = inMemoryServices();
    const saved = await save(services, { kind: 'secret', secret: new Secret('hunter2') });
    services.connector.willDiscover(host, { facts, pieces: [] });
    await refresh(services, saved);
    const [request] = services.connector.discoveries;
    expect(request).toMatchObject({ endpoint: anEndpoint(), timeoutMs: 1000 });
    expect(request?.secrets.password?.reveal()).toBe('hunter2');
  });

  it('dials nobody when the secret can not be had', async () => {
    const services = inMemoryServices();
    const saved = await save(services, { kind: 'env', reference: 'env:ORDERS' });
    await expect(refresh(services, saved)).rejects.toMatchObject({ code: 'reference_missing' });
    expect(services.connector.discoveries).toEqual([]);
  });

  it('fails as the server does, and ends when the user interrupts', async () => {
    const services = inMemoryServices();
    const saved = await save(services, { kind: 'none' });
    services.connector.willDiscover(host, () => {
      throw new ServerError({ code: 'server_refused', message: 'it refuses', fix: null });
    });
    await expect(refresh(services, saved)).rejects.toMatchObject({ code: 'server_refused' });
    const interrupted = { signal: AbortSignal.abort() };
    await expect(refresh(services, saved, interrupted)).rejects.toBeInstanceOf(InterruptedError);
  });
});
