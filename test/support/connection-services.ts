import { randomUUID } from 'node:crypto';
import type { Endpoint, SecretBackend } from '../../src/connections/connection.ts';
import type { ConnectorRegistry } from '../../src/connections/connector.ts';
import { SecretError, UsageError } from '../../src/connections/errors.ts';
import type { ConnectionServices } from '../../src/connections/services.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { InMemoryCatalog } from './in-memory-catalog.ts';
import { InMemoryConnector } from './in-memory-connector.ts';
import { InMemoryMetadataStore } from './in-memory-metadata-store.ts';
import { InMemorySecretStore } from './in-memory-secret-store.ts';

/** The use cases' surroundings, all in memory, and a hold on each part. */
export interface InMemoryServices extends ConnectionServices {
  readonly inCatalog: InMemoryCatalog;
  readonly store: InMemorySecretStore;
  readonly connector: InMemoryConnector;
  /** What references stand for. */
  readonly variables: Map<string, string>;
  readonly notices: string[];
  readonly clock: { time: Date };
}

/** @param wrap puts something between the use cases and each port but the connector: a fault, say */
export function inMemoryServices(wrap: <T extends object>(port: T) => T = (port) => port): InMemoryServices {
  const clock = { time: new Date('2026-03-01T12:00:00.000Z') };
  const inCatalog = new InMemoryCatalog({ now: () => clock.time, owner: 'here:1' });
  const store = new InMemorySecretStore();
  const connector = new InMemoryConnector();
  const metadata = new InMemoryMetadataStore({
    now: () => clock.time,
    owner: 'here:1',
    isAtWork: () => false,
  });
  const variables = new Map<string, string>();
  const notices: string[] = [];
  const wrapped = {
    catalog: wrap(inCatalog),
    pipelines: wrap(inCatalog.pipelines),
    store: wrap(store),
    metadata: wrap(metadata),
  };
  const open = async (backend: SecretBackend) => {
    if (backend !== store.backend) throw new Error(`no test expects a secret in the ${backend}`);
    return wrapped.store;
  };
  const connectors: ConnectorRegistry = {
    names: [connector.name],
    async load(name) {
      if (name === connector.name) return connector;
      throw new UsageError({ code: 'unknown_connector', message: 'there is no such connector', fix: null });
    },
  };
  return {
    inCatalog,
    store,
    connector,
    variables,
    notices,
    clock,
    catalog: async () => wrapped.catalog,
    pipelines: async () => wrapped.pipelines,
    metadata: async () => wrapped.metadata,
    stores: wrap({
      open,
      choose: async () => open(await wrapped.catalog.chooseSecretBackend(store.backend)),
    }),
    references: wrap({
      async resolve({ reference }: { reference: string }) {
        const text = variables.get(reference);
        if (text !== undefined) return new Secret(text);
        throw new SecretError({
          code: 'reference_missing',
          message: `${reference} is not set`,
          fix: 'set it',
        });
      },
    }),
    connectors,
    notice: (text) => void notices.push(text),
    now: () => clock.time,
    newId: randomUUID,
  };
}

/** An endpoint of the connector in memory; every field can be given. */
export function anEndpoint(fields: Partial<Endpoint> = {}): Endpoint {
  return {
    connector: 'memory',
    host: 'db.example.com',
    port: 5432,
    database: 'shop',
    username: 'reader',
    schema: 'public',
    sslMode: 'require',
    sslRootCert: null,
    sslCert: null,
    sslKey: null,
    sslCrl: null,
    options: {},
    ...fields,
  };
}
