import type Database from 'better-sqlite3';

/** One step of the catalog's format. */
export interface Migration {
  /** The version it leads to, in `user_version`; 1, 2, 3 … without gaps. */
  readonly version: number;
  /** Runs within a transaction, together with the setting of the version. */
  readonly up: (db: Database.Database) => void;
}

/** Marks the file as ours in its header ("JCKF", https://sqlite.org/fileformat.html#application_id). */
export const applicationId = 0x4a434b46;

/**
 * Version 1. Names are unique by exact text; the rows point to each other by real keys, so that no
 * connection has a secret that the ledger doesn't know and no pipeline a connection that is gone.
 */
const firstTables = `
CREATE TABLE secret_items (
  sequence INTEGER PRIMARY KEY,
  account TEXT NOT NULL UNIQUE,
  backend TEXT NOT NULL CHECK (backend IN ('keychain', 'vault')),
  state TEXT NOT NULL CHECK (state IN ('pending', 'live', 'retired')),
  connection_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE connections (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('source', 'destination')),
  connector TEXT NOT NULL,
  provider TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
  database TEXT NOT NULL,
  username TEXT NOT NULL,
  schema TEXT NOT NULL,
  ssl_mode TEXT NOT NULL
    CHECK (ssl_mode IN ('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')),
  ssl_root_cert TEXT,
  ssl_cert TEXT,
  ssl_key TEXT,
  ssl_crl TEXT,
  options TEXT NOT NULL CHECK (json_valid(options)),
  tags TEXT NOT NULL CHECK (json_valid(tags)),
  password_kind TEXT NOT NULL CHECK (password_kind IN ('none', 'stored', 'env', 'file', 'cmd')),
  password_reference TEXT
    CHECK ((password_reference IS NOT NULL) = (password_kind IN ('env', 'file', 'cmd'))),
  ssl_key_password_kind TEXT NOT NULL
    CHECK (ssl_key_password_kind IN ('none', 'stored', 'env', 'file', 'cmd')),
  ssl_key_password_reference TEXT
    CHECK ((ssl_key_password_reference IS NOT NULL) = (ssl_key_password_kind IN ('env', 'file', 'cmd'))),
  secret_account TEXT UNIQUE REFERENCES secret_items (account)
    CHECK ((secret_account IS NOT NULL) = ('stored' IN (password_kind, ssl_key_password_kind))),
  last_test_status TEXT NOT NULL
    CHECK (last_test_status IN ('never', 'passed', 'warned', 'failed', 'changed')),
  last_test_at TEXT,
  last_test_duration_ms REAL CHECK (last_test_duration_ms >= 0),
  last_test_code TEXT,
  last_test_message TEXT,
  last_test_server_version TEXT,
  last_passed_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1)
) STRICT;

CREATE TABLE pipelines (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE,
  source_id TEXT REFERENCES connections (id) ON DELETE SET NULL,
  destination_id TEXT REFERENCES connections (id) ON DELETE SET NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'paused')),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX pipelines_by_source ON pipelines (source_id);
CREATE INDEX pipelines_by_destination ON pipelines (destination_id);

CREATE TABLE vault_header (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  text TEXT NOT NULL
) STRICT;

CREATE TABLE vault_items (
  account TEXT PRIMARY KEY NOT NULL,
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT;
`;

/**
 * Version 2. A result is kept whole, as JSON; what may be asked of many at once has columns of its own.
 * The index by connection is in the order of the sequence too, which is the key of each row.
 */
const historyTables = `
CREATE TABLE test_results (
  sequence INTEGER PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('passed', 'warned', 'failed')),
  duration_ms REAL NOT NULL CHECK (duration_ms >= 0),
  server_version TEXT,
  tls_valid_to TEXT,
  result TEXT NOT NULL CHECK (json_valid(result))
) STRICT;
CREATE INDEX test_results_by_connection ON test_results (connection_id);

CREATE TABLE pipeline_tables (
  pipeline_id TEXT NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
  schema TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (pipeline_id, schema, name)
) STRICT;
`;

/** Version 3. Whether SQL that changes something may be run on a source. */
const writePermission = `
ALTER TABLE connections ADD COLUMN allow_write INTEGER NOT NULL DEFAULT 0 CHECK (allow_write IN (0, 1));
`;

/** Version 4. How discovery is configured, of connections where something was decided. */
const sourceConfigs = `
CREATE TABLE source_configs (
  connection_id TEXT PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  refresh_every_ms INTEGER CHECK (refresh_every_ms > 0),
  include TEXT NOT NULL CHECK (json_valid(include)),
  exclude TEXT NOT NULL CHECK (json_valid(exclude))
) STRICT;
`;

/**
 * Version 5. What a job says of itself, the schema that it loads into where it is not that of the tables it
 * reads, and the name of a connection that was deleted, on the side that has
 * lost it. No version before could make a pipeline: one that is there without a side is another's doing.
 */
const pipelineDetails = `
ALTER TABLE pipelines ADD COLUMN source_name TEXT;
ALTER TABLE pipelines ADD COLUMN destination_name TEXT;
ALTER TABLE pipelines ADD COLUMN destination_schema TEXT;
ALTER TABLE pipelines ADD COLUMN schedule TEXT;
ALTER TABLE pipelines ADD COLUMN owner TEXT;
ALTER TABLE pipelines ADD COLUMN revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1);
UPDATE pipelines SET source_name = 'unknown' WHERE source_id IS NULL;
UPDATE pipelines SET destination_name = 'unknown' WHERE destination_id IS NULL;
`;

/** Version 6. What was set up on servers for change data capture. */
const cdcSetups = `
CREATE TABLE cdc_setups (
  connection_id TEXT PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  publication TEXT NOT NULL,
  slot TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  database TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;
`;

/**
 * Version 7. The hostaddr of a set-up, which leads to another server. What was set up before is where its
 * connection leads now, unless that was led elsewhere since.
 */
const cdcSetupHostaddr = `
ALTER TABLE cdc_setups ADD COLUMN hostaddr TEXT;
UPDATE cdc_setups AS s SET hostaddr = (
  SELECT json_extract(c.options, '$.hostaddr') FROM connections c
  WHERE c.id = s.connection_id AND c.host = s.host AND c.port = s.port AND c.database = s.database
);
`;

/** Version 8. Whether a pending secret may be what a server asks for by now. No older program may remove it. */
const rotations = `
ALTER TABLE secret_items ADD COLUMN rotation INTEGER NOT NULL DEFAULT 0 CHECK (rotation IN (0, 1));
CREATE UNIQUE INDEX one_rotation_a_connection ON secret_items (connection_id)
  WHERE state = 'pending' AND rotation = 1;
`;

/** Every step, oldest first. One that was released is never changed. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    up: (db) => {
      db.pragma(`application_id = ${applicationId}`);
      db.exec(firstTables);
    },
  },
  { version: 2, up: (db) => db.exec(historyTables) },
  { version: 3, up: (db) => db.exec(writePermission) },
  { version: 4, up: (db) => db.exec(sourceConfigs) },
  { version: 5, up: (db) => db.exec(pipelineDetails) },
  { version: 6, up: (db) => db.exec(cdcSetups) },
  { version: 7, up: (db) => db.exec(cdcSetupHostaddr) },
  { version: 8, up: (db) => db.exec(rotations) },
];

/** The version that a list of migrations leads to; 0 for an empty one. */
export function latestVersion(plan: readonly Migration[]): number {
  return plan.at(-1)?.version ?? 0;
}
