import type { TableName } from '../connections/connection.ts';
import { openSavedQuery } from '../connections/query.ts';
import { quotedName } from '../metadata/relation-name.ts';
import { queryWriter } from '../output/query-writer.ts';
import { type ExplorerParts, sayError } from './explorer-parts.ts';

const rows = 20;
/** How long the server may take to let us in, and for the rows. Milliseconds. */
const connectMs = 30_000;
const patienceMs = 10_000;

/** Shows the first rows of a relation, read-only. @throws InterruptedError */
export async function showSample(parts: ExplorerParts, name: TableName): Promise<void> {
  const { asking, services, saved } = parts;
  const { signal, stderr } = asking;
  try {
    const connector = await services.connectors.load(saved.connector);
    const script = await connector.readScript(`select * from ${quotedName(name)} limit ${rows}`, new Map());
    const onNotice = () => {};
    const opening = { write: false, onNotice, timeoutMs: connectMs, signal };
    const session = await openSavedQuery(services, saved, opening);
    const writer = queryWriter({
      format: 'table',
      view: await parts.view(),
      csvSafe: false,
      statements: 1,
      write: (bytes) => new Promise((resolve) => void stderr.write(bytes, () => resolve())),
    });
    try {
      stderr.write('\n');
      await session.run(script, { write: false, rowLimit: null, timeoutMs: patienceMs, signal }, writer);
      await writer.finish();
      stderr.write('\n');
    } finally {
      session.close();
      await writer.abandon();
    }
  } catch (error) {
    sayError(asking, error);
  }
}
