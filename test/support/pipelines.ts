import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TableName } from '../../src/connections/connection.ts';

/** Writes a pipeline into a script's catalog, as no command does it yet; ids of connections. */
export function insertPipeline(
  home: string,
  pipeline: {
    readonly name: string;
    readonly source?: string;
    readonly destination?: string;
    readonly tables?: readonly TableName[];
  },
): void {
  const { name, source = null, destination = null, tables = [] } = pipeline;
  const db = new Database(join(home, 'catalog.db'));
  try {
    const id = randomUUID();
    const now = new Date().toISOString();
    db.prepare(
      `INSERT INTO pipelines (id, name, source_id, destination_id, state, created_at, updated_at)
       VALUES (?, ?, ?, ?, 'active', ?, ?)`,
    ).run(id, name, source, destination, now, now);
    const insertTable = db.prepare(
      'INSERT INTO pipeline_tables (pipeline_id, schema, name) VALUES (?, ?, ?)',
    );
    for (const table of tables) insertTable.run(id, table.schema, table.name);
  } finally {
    db.close();
  }
}
