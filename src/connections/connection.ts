import type { z } from 'zod';
import type {
  connectionSchema,
  lastTestSchema,
  presetSchema,
  roleSchema,
  serverFactsSchema,
  sslModeSchema,
  stageResultSchema,
  testResultSchema,
  tlsFactsSchema,
} from './schema.ts';

export type Role = z.infer<typeof roleSchema>;
export type SslMode = z.infer<typeof sslModeSchema>;
/** The read model: what is printed. It has no place for a secret. */
export type Connection = z.infer<typeof connectionSchema>;
export type LastTest = z.infer<typeof lastTestSchema>;
export type StageResult = z.infer<typeof stageResultSchema>;
export type Stage = StageResult['stage'];
export type TlsFacts = z.infer<typeof tlsFactsSchema>;
export type ServerFacts = z.infer<typeof serverFactsSchema>;
export type TestResult = z.infer<typeof testResultSchema>;
export type ProviderPreset = z.infer<typeof presetSchema>;

/** Where a connection leads and how: everything needed to dial it but the secrets. */
export interface Endpoint {
  readonly connector: string;
  /** A host name, an address, a socket directory (`/run/postgresql`), or several hosts with commas between. */
  readonly host: string;
  /** TCP port, 1–65535. */
  readonly port: number;
  readonly database: string;
  readonly username: string;
  /** The schema that the probe checks and `query` defaults to. */
  readonly schema: string;
  readonly sslMode: SslMode;
  /** A PEM file, `system`, or null. */
  readonly sslRootCert: string | null;
  readonly sslCert: string | null;
  readonly sslKey: string | null;
  readonly sslCrl: string | null;
  /** Other libpq parameters, by libpq's names, from the connector's allow-list. */
  readonly options: Readonly<Record<string, string>>;
}

/** A table as the database names it, letter by letter. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Where the text of a secret comes from. A reference is resolved at use, never stored. */
export type SecretSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'env' | 'file' | 'cmd'; readonly reference: string };

export type SecretBackend = 'keychain' | 'vault';

/** A connection as the catalog keeps it: what {@link Connection} shows, plus where its secrets are. */
export interface SavedConnection extends Endpoint {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly provider: string;
  readonly tags: readonly string[];
  /** Of a source: whether `query --write` is allowed. A destination is there to be written to. */
  readonly allowWrite: boolean;
  readonly password: SecretSource;
  /** What opens an encrypted client key (`sslKey`). */
  readonly sslKeyPassword: SecretSource;
  /** The item in the keychain or vault that holds the stored ones of the two; null when neither is stored. */
  readonly secretAccount: string | null;
  /** Where that item is; null when there is none. */
  readonly secretBackend: SecretBackend | null;
  readonly usedBy: readonly string[];
  readonly lastTest: LastTest;
  readonly lastPassedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Counts up at each edit; an edit or a test result that was made from an older one is refused. */
  readonly revision: number;
}

/** What an `add` or `edit` writes; the catalog fills in the rest. */
export type ConnectionDraft = Pick<
  SavedConnection,
  | 'name'
  | 'role'
  | 'provider'
  | 'tags'
  | 'allowWrite'
  | 'password'
  | 'sslKeyPassword'
  | 'secretAccount'
  | keyof Endpoint
>;

/** The test of a connection that was never tested. */
export const neverTested: LastTest = {
  status: 'never',
  at: null,
  durationMs: null,
  code: null,
  message: null,
  serverVersion: null,
};

/** The endpoint of a saved connection or draft, and nothing else of it. */
export function endpointOf(connection: Endpoint): Endpoint {
  const { connector, host, port, database, username, schema, sslMode } = connection;
  const { sslRootCert, sslCert, sslKey, sslCrl, options } = connection;
  return {
    connector,
    host,
    port,
    database,
    username,
    schema,
    sslMode,
    sslRootCert,
    sslCert,
    sslKey,
    sslCrl,
    options,
  };
}

/** Whether `query --write` is allowed: on a destination always, on a source where it says so. */
export function mayWrite({ role, allowWrite }: Pick<SavedConnection, 'role' | 'allowWrite'>): boolean {
  return role === 'destination' || allowWrite;
}

/** The read model of a saved connection: the shape of the JSON contract. */
export function toConnection(saved: SavedConnection): Connection {
  const { password, secretBackend } = saved;
  return {
    id: saved.id,
    name: saved.name,
    role: saved.role,
    connector: saved.connector,
    provider: saved.provider,
    host: saved.host,
    port: saved.port,
    database: saved.database,
    username: saved.username,
    schema: saved.schema,
    sslMode: saved.sslMode,
    sslRootCert: saved.sslRootCert,
    sslCert: saved.sslCert,
    sslKey: saved.sslKey,
    sslCrl: saved.sslCrl,
    options: { ...saved.options },
    tags: [...saved.tags],
    allowWrite: mayWrite(saved),
    secret: { kind: password.kind === 'stored' ? (secretBackend ?? 'none') : password.kind },
    usedBy: [...saved.usedBy],
    lastTest: saved.lastTest,
    lastPassedAt: saved.lastPassedAt,
    createdAt: saved.createdAt,
    updatedAt: saved.updatedAt,
  };
}
