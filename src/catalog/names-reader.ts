import { catalogFile } from './location.ts';
import { openReadOnly } from './open-database.ts';

/** Locks are not waited for: whoever asks is waiting for a word. Milliseconds. */
const patience = 50;

/** What a shell completes; every method throws what SQLite does. */
export interface NamesReader {
  connections(): { name: string; role: string; tags: string[] }[];
  pipelines(): string[];
  relations(connection: string, limit: number): { schema: string; name: string }[];
}

/** Reads names and nothing else, of a catalog that is neither made nor migrated nor written to. */
export function namesReader(home: string): NamesReader {
  const ask = <Row>(file: string, sql: string, ...values: (string | number)[]): Row[] => {
    const db = openReadOnly(file, patience);
    try {
      return db
        .prepare<(string | number)[]>(sql)
        .raw()
        .all(...values) as Row[];
    } finally {
      db.close();
    }
  };
  const catalog = catalogFile(home);
  return {
    connections: () =>
      ask<[string, string, string]>(catalog, 'SELECT name, role, tags FROM connections ORDER BY name').map(
        ([name, role, tags]) => ({ name, role, tags: JSON.parse(tags) as string[] }),
      ),
    pipelines: () => ask<[string]>(catalog, 'SELECT name FROM pipelines ORDER BY name').map(([name]) => name),
    relations: (connection, limit) => {
      const sql = 'SELECT id FROM connections WHERE name = ? OR id = ? ORDER BY name = ? DESC LIMIT 1';
      const [found] = ask<[string]>(catalog, sql, connection, connection, connection);
      if (found === undefined) return [];
      return ask<[string, string]>(
        catalogFile(home, 'metadata.db'),
        `SELECT r.schema, r.name FROM sources AS s JOIN relations AS r ON r.source = s.id
         WHERE s.connection_id = ? AND r.until IS NULL ORDER BY r.schema, r.name LIMIT ?`,
        found[0],
        limit,
      ).map(([schema, name]) => ({ schema, name }));
    },
  };
}
