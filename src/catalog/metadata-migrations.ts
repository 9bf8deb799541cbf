import { applicationId, type Migration } from './migrations.ts';

/**
 * Version 1 of `metadata.db`. `last_number` counts snapshots, those too that never came to be: whoever
 * refreshes takes one at once, so that what several write at the same time stays apart. A row of relations or relation_parts holds from the snapshot `since` up
 * to, and without, the snapshot `until` (null: to this day), so that a snapshot costs what was changed.
 */
const firstTables = `
CREATE TABLE last_number (number INTEGER NOT NULL) STRICT;
INSERT INTO last_number VALUES (0);

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  connection_id TEXT NOT NULL UNIQUE,
  refreshing_by TEXT,
  refreshing_number INTEGER,
  refreshing_until TEXT,
  refreshed_at TEXT,
  refresh_ms REAL,
  error_code TEXT,
  error_message TEXT
) STRICT;

CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  taken_at TEXT NOT NULL,
  checked_at TEXT NOT NULL,
  duration_ms REAL NOT NULL,
  scope TEXT NOT NULL,
  identity TEXT NOT NULL,
  fingerprint TEXT,
  relations INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  facts TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;
CREATE INDEX snapshots_by_source ON snapshots (source, id);

CREATE TABLE relations (
  source INTEGER NOT NULL,
  oid INTEGER NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  schema TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  search TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (source, oid, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX relations_by_name ON relations (source, schema, name, oid);

CREATE TABLE relation_parts (
  source INTEGER NOT NULL,
  part INTEGER NOT NULL,
  oid INTEGER NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  content TEXT NOT NULL,
  search TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (source, part, oid, since)
) STRICT, WITHOUT ROWID;
`;

/** Version 2. The index tells what names are there now, without a look at what is kept of each: completion waits for no disk. */
const presenceInIndex = `
DROP INDEX relations_by_name;
CREATE INDEX relations_by_name ON relations (source, schema, name, oid, until);
`;

/** Every step of `metadata.db`, oldest first. */
export const metadataMigrations: readonly Migration[] = [
  {
    version: 1,
    up: (db) => {
      db.pragma(`application_id = ${applicationId}`);
      db.exec(firstTables);
    },
  },
  { version: 2, up: (db) => db.exec(presenceInIndex) },
];
