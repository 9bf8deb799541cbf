import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Writes a pipeline into a script's catalog, as no command does it yet; ids of connections. */
export function insertPipeline(
  home: string,
  pipeline: { readonly name: string; readonly source?: string; readonly destination?: string },
): void {
  const { name, source = null, destination = null } = pipeline;
  const db = new Database(join(home, 'catalog.db'));
  try {
    const now = new Date().toISOString();
    db.prepare(
      `INSERT INTO pipelines (id, name, source_id, destination_id, state, created_at, updated_at)
       VALUES (?, ?, ?, ?, 'active', ?, ?)`,
    ).run(randomUUID(), name, source, destination, now, now);
  } finally {
    db.close();
  }
}
