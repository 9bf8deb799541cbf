import Database from 'better-sqlite3';
import { catalogFile } from './location.ts';

/** Locks are not waited for: whoever asks is waiting for a word. Milliseconds. */
const patience = 50;

/** What a shell completes; every method throws what SQLite does. */
export interface NamesReader {
  connections(): { name: string; role: string; tags: string[] }[];
  pipelines(): string[];
  sourceOf(pipeline: string): string | null;
  schemas(connection: string): string[];
  tables(connection: string, prefix: string, limit: number): string[];
  relations(connection: string, prefix: string, limit: number): string[];
}

type Names = Readonly<Record<string, string | number>>;

const ofSource = `FROM relations AS r WHERE r.source = (SELECT id FROM sources WHERE connection_id = @id)
  AND r.until IS NULL`;

/** Reads names and nothing else, of a catalog that is neither made nor migrated nor written to. */
export function namesReader(home: string): NamesReader {
  const ask = <Row>(file: string, sql: string, ...values: (string | Names)[]): Row[] => {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: patience });
    try {
      db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
      return db
        .prepare<(string | Names)[]>(sql)
        .raw()
        .all(...values) as Row[];
    } finally {
      db.close();
    }
  };
  const catalog = catalogFile(home);
  /** Of what is there now in a connection's schemas. */
  const askRelations = (connection: string, sql: string, values: Names = {}): string[] => {
    const byName = 'SELECT id FROM connections WHERE name = ? OR id = ? ORDER BY name = ? DESC LIMIT 1';
    const [found] = ask<[string]>(catalog, byName, connection, connection, connection);
    if (found === undefined) return [];
    const rows = ask<[string]>(catalogFile(home, 'metadata.db'), sql, { id: found[0], ...values });
    return rows.map(([text]) => text);
  };
  return {
    connections: () =>
      ask<[string, string, string]>(catalog, 'SELECT name, role, tags FROM connections ORDER BY name').map(
        ([name, role, tags]) => ({ name, role, tags: JSON.parse(tags) as string[] }),
      ),
    pipelines: () => ask<[string]>(catalog, 'SELECT name FROM pipelines ORDER BY name').map(([name]) => name),
    sourceOf: (pipeline) => {
      const sql = 'SELECT source_id FROM pipelines WHERE name = ? OR id = ? ORDER BY name = ? DESC LIMIT 1';
      return ask<[string | null]>(catalog, sql, pipeline, pipeline, pipeline)[0]?.[0] ?? null;
    },
    schemas: (connection) =>
      askRelations(connection, `SELECT DISTINCT r.schema ${ofSource} ORDER BY r.schema`),
    // All that these look at stands in the index relations_by_name.
    tables: (connection, prefix, limit) =>
      askRelations(
        connection,
        `SELECT DISTINCT r.name ${ofSource} AND substr(r.name, 1, length(@prefix)) = @prefix ORDER BY r.name LIMIT @limit`,
        { prefix, limit },
      ),
    relations: (connection, prefix, limit) =>
      askRelations(
        connection,
        `SELECT r.schema || '.' || r.name ${ofSource}
           AND substr(r.schema || '.' || r.name, 1, length(@prefix)) = @prefix ORDER BY r.schema, r.name LIMIT @limit`,
        { prefix, limit },
      ),
  };
}
