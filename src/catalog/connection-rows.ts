import type {
  ConnectionDraft,
  LastTest,
  Role,
  SavedConnection,
  SecretBackend,
  SecretSource,
  SslMode,
} from '../connections/connection.ts';
import type { Cell } from './catalog-database.ts';
import { damagedCatalog } from './faults.ts';

/** The columns that a draft fills, in the order of {@link draftCells}. */
export const draftColumns = [
  'name',
  'role',
  'connector',
  'provider',
  'host',
  'port',
  'database',
  'username',
  'schema',
  'ssl_mode',
  'ssl_root_cert',
  'ssl_cert',
  'ssl_key',
  'ssl_crl',
  'options',
  'tags',
  'password_kind',
  'password_reference',
  'ssl_key_password_kind',
  'ssl_key_password_reference',
  'secret_account',
] as const;

/** The columns of a last test, in the order of {@link lastTestCells}. */
export const lastTestColumns = [
  'last_test_status',
  'last_test_at',
  'last_test_duration_ms',
  'last_test_code',
  'last_test_message',
  'last_test_server_version',
] as const;

const otherColumns = ['id', 'last_passed_at', 'created_at', 'updated_at', 'revision'] as const;

/** What the two JSON columns hold is taken over as it is, every other column as text, number or null. */
const selected = [...draftColumns, ...lastTestColumns, ...otherColumns].map((column) =>
  column === 'options' || column === 'tags' ? `json(c.${column})` : `c.${column}`,
);

/**
 * SELECT … FROM of connections, each row one cell: the JSON of a {@link ConnectionRow}. A thousand
 * rows of 33 cells take a third longer to bring over from SQLite than as many JSON texts do, parsing
 * included. The connections' table goes by `c`.
 */
export const selectConnections = `SELECT json_array(${selected.join(', ')}, s.backend)
FROM connections AS c LEFT JOIN secret_items AS s ON s.account = c.secret_account`;

type SourceKind = SecretSource['kind'];

/** A row of {@link selectConnections}; the tables are STRICT and checked, so the cells are of these types. */
type ConnectionRow = [
  name: string,
  role: Role,
  connector: string,
  provider: string,
  host: string,
  port: number,
  database: string,
  username: string,
  schema: string,
  sslMode: SslMode,
  sslRootCert: string | null,
  sslCert: string | null,
  sslKey: string | null,
  sslCrl: string | null,
  options: unknown,
  tags: unknown,
  passwordKind: SourceKind,
  passwordReference: string | null,
  sslKeyPasswordKind: SourceKind,
  sslKeyPasswordReference: string | null,
  secretAccount: string | null,
  testStatus: LastTest['status'],
  testAt: string | null,
  testDurationMs: number | null,
  testCode: string | null,
  testMessage: string | null,
  testServerVersion: string | null,
  id: string,
  lastPassedAt: string | null,
  createdAt: string,
  updatedAt: string,
  revision: number,
  secretBackend: SecretBackend | null,
];

/** The cells of a draft. */
export function draftCells(draft: ConnectionDraft): Cell[] {
  return [
    draft.name,
    draft.role,
    draft.connector,
    draft.provider,
    draft.host,
    draft.port,
    draft.database,
    draft.username,
    draft.schema,
    draft.sslMode,
    draft.sslRootCert,
    draft.sslCert,
    draft.sslKey,
    draft.sslCrl,
    JSON.stringify(draft.options),
    JSON.stringify(draft.tags),
    draft.password.kind,
    referenceOf(draft.password),
    draft.sslKeyPassword.kind,
    referenceOf(draft.sslKeyPassword),
    draft.secretAccount,
  ];
}

/** The cells of a last test. */
export function lastTestCells(test: LastTest): Cell[] {
  return [test.status, test.at, test.durationMs, test.code, test.message, test.serverVersion];
}

/**
 * The connection in a row.
 * @param json a cell of {@link selectConnections}
 * @param pipelinesOf the names of the pipelines that use a connection, by its id
 * @param file the catalog's, for the error
 * @throws CatalogError catalog_damaged when the options or tags are not what we write
 */
export function toSavedConnection(
  json: string,
  pipelinesOf: (id: string) => readonly string[],
  file: string,
): SavedConnection {
  // By number, in the order of the type: taking the row apart by a pattern costs three times as much
  // for a thousand of them, when the code has just been loaded.
  const row = JSON.parse(json) as ConnectionRow;
  return {
    name: row[0],
    role: row[1],
    connector: row[2],
    provider: row[3],
    host: row[4],
    port: row[5],
    database: row[6],
    username: row[7],
    schema: row[8],
    sslMode: row[9],
    sslRootCert: row[10],
    sslCert: row[11],
    sslKey: row[12],
    sslCrl: row[13],
    options: asOptions(row[14], file),
    tags: asTags(row[15], file),
    password: toSource(row[16], row[17]),
    sslKeyPassword: toSource(row[18], row[19]),
    secretAccount: row[20],
    lastTest: {
      status: row[21],
      at: row[22],
      durationMs: row[23],
      code: row[24],
      message: row[25],
      serverVersion: row[26],
    },
    id: row[27],
    lastPassedAt: row[28],
    createdAt: row[29],
    updatedAt: row[30],
    revision: row[31],
    secretBackend: row[32],
    usedBy: pipelinesOf(row[27]),
  };
}

function referenceOf(source: SecretSource): string | null {
  return 'reference' in source ? source.reference : null;
}

function toSource(kind: SourceKind, reference: string | null): SecretSource {
  if (kind === 'none' || kind === 'stored') return { kind };
  return { kind, reference: reference ?? '' };
}

function asOptions(value: unknown, file: string): Record<string, string> {
  if (isTextRecord(value)) return value;
  throw damagedCatalog(file, new Error('the options of a connection are not an object of texts'));
}

function asTags(value: unknown, file: string): string[] {
  if (Array.isArray(value) && value.every(isText)) return value;
  throw damagedCatalog(file, new Error('the tags of a connection are not an array of texts'));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(isText);
}
