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
  'allow_write',
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

/** A row as JSON: a {@link ConnectionRow}. */
const rowJson = `json_array(${selected.join(', ')}, s.backend)`;
const from = 'FROM connections AS c LEFT JOIN secret_items AS s ON s.account = c.secret_account';

/** SELECT … FROM of connections, each row one cell, of {@link parseRow}. The connections' table goes by `c`. */
export const selectConnections = `SELECT ${rowJson} ${from}`;

/**
 * Every connection, ordered by name, in one cell, of {@link parseRows}: a thousand cells, one a
 * connection, take a millisecond longer to bring over from SQLite, and a thousand rows more than that.
 */
export const selectEveryConnection = `SELECT json_group_array(${rowJson} ORDER BY c.name) ${from}`;

type SourceKind = SecretSource['kind'];

/** A row of a connection; the tables are STRICT and checked, so the cells are of these types. */
export type ConnectionRow = [
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
  allowWrite: number,
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
    draft.allowWrite ? 1 : 0,
  ];
}

/** The cells of a last test. */
export function lastTestCells(test: LastTest): Cell[] {
  return [test.status, test.at, test.durationMs, test.code, test.message, test.serverVersion];
}

/** The row in a cell of {@link selectConnections}. */
export function parseRow(json: string): ConnectionRow {
  return JSON.parse(json) as ConnectionRow;
}

/** The rows in the cell of {@link selectEveryConnection}. */
export function parseRows(json: string): ConnectionRow[] {
  return JSON.parse(json) as ConnectionRow[];
}

/**
 * The connection in a row.
 * @param pipelinesOf the names of the pipelines that use a connection, by its id
 * @param file the catalog's, for the error
 * @throws CatalogError catalog_damaged when the options or tags are not what we write
 */
export function toSavedConnection(
  row: ConnectionRow,
  pipelinesOf: (id: string) => readonly string[],
  file: string,
): SavedConnection {
  // By number, in the order of the type: taking the row apart by a pattern costs three times as much
  // for a thousand of them, when the code has just been loaded.
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
    allowWrite: row[21] === 1,
    lastTest: {
      status: row[22],
      at: row[23],
      durationMs: row[24],
      code: row[25],
      message: row[26],
      serverVersion: row[27],
    },
    id: row[28],
    lastPassedAt: row[29],
    createdAt: row[30],
    updatedAt: row[31],
    revision: row[32],
    secretBackend: row[33],
    usedBy: pipelinesOf(row[28]),
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
