import { connectionSchema } from '../../src/connections/schema.ts';
import type { TestServer } from './postgres.ts';
import { newScript, type Script } from './script.ts';

/** A source that is saved, and a script that may discover it. */
export interface DiscoveredSource {
  readonly script: Script;
  /** The database's name. */
  readonly database: string;
}

/**
 * Makes a database with this SQL, and saves a source called `Shop` that sees all of it, with the schema
 * `app`. The database is left to the server's end.
 * @param also run after it, each in a transaction of its own
 */
export async function discoveredSource(
  server: TestServer,
  sql: string,
  ...also: readonly string[]
): Promise<DiscoveredSource> {
  const database = await server.createDatabase(sql);
  for (const more of also) await server.run(more, database.name);
  const { name, password } = server.superuser;
  const script = newScript().given({ stdin: password });
  await script.answer(connectionSchema)`connections add --role source --name Shop --host localhost
    --port ${server.port} --database ${database.name} --username ${name} --schema app --ssl-mode verify-full
    --ssl-root-cert ${server.caFile} --password-stdin`;
  return { script, database: database.name };
}
