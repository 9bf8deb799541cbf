import type { ConnectionDraft } from '../../src/connections/connection.ts';

/** A draft of a connection without a password; every field can be given. */
export function aDraft(fields: Partial<ConnectionDraft> = {}): ConnectionDraft {
  return {
    name: 'orders',
    role: 'source',
    provider: 'self-hosted',
    tags: [],
    allowWrite: false,
    password: { kind: 'none' },
    sslKeyPassword: { kind: 'none' },
    secretAccount: null,
    connector: 'postgres',
    host: 'db.example.com',
    port: 5432,
    database: 'shop',
    username: 'reader',
    schema: 'public',
    sslMode: 'verify-full',
    sslRootCert: null,
    sslCert: null,
    sslKey: null,
    sslCrl: null,
    options: {},
    ...fields,
  };
}
