import type { Endpoint } from '../../src/connections/connection.ts';
import type { SecretOwner } from '../../src/connections/secret-store.ts';

const endpoint: Endpoint = {
  connector: 'postgres',
  host: 'db.example.com',
  port: 5432,
  database: 'orders',
  username: 'app',
  schema: 'public',
  sslMode: 'require',
  sslRootCert: null,
  sslCert: null,
  sslKey: null,
  sslCrl: null,
  options: {},
};

/** The owner of a secret, of this connection and this endpoint where the test says so. */
export function secretOwner(
  changes: Partial<Endpoint> = {},
  connectionId = '3f8c1b52-6f3e-4d34-9a3c-0a9e5f1f7b10',
): SecretOwner {
  return { connectionId, endpoint: { ...endpoint, ...changes } };
}
