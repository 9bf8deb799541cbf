import type { SavedConnection } from './connection.ts';
import { RefusedError } from './errors.ts';
import type { ConnectionServices } from './services.ts';
import { shellWord } from './shell-word.ts';
import { removeRetired } from './store-secrets.ts';

/**
 * Refuses to delete connections that pipelines use, unless forced.
 * @throws RefusedError connection_in_use
 */
export function refuseUsed(connections: readonly SavedConnection[], force: boolean): void {
  if (force) return;
  for (const { name, usedBy } of connections) {
    if (usedBy.length === 0) continue;
    throw new RefusedError({
      code: 'connection_in_use',
      message: `${name} is used by ${usedBy.join(', ')}`,
      fix: `retarget or delete what uses it, or: jackfield connections delete ${shellWord(name)} --force`,
    });
  }
}

/**
 * Refuses to delete sources whose CDC is set up, unless forced: nobody would know of the slot any more.
 * @throws RefusedError cdc_set_up
 */
export async function refuseCaptured(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
  force: boolean,
): Promise<void> {
  if (force) return;
  const catalog = await services.catalog();
  for (const { id, name } of connections) {
    const record = await catalog.cdcRecord(id);
    if (record === null) continue;
    throw new RefusedError({
      code: 'cdc_set_up',
      message: `CDC of ${name} is set up: its slot ${record.slot} would keep WAL until the server's disk is full, and nobody would know of it`,
      fix: `take it down first: jackfield connections cdc teardown ${shellWord(name)}; or, where that is done otherwise, add --force`,
    });
  }
}

/** Deletes a connection, then its secret. @returns false when it was gone already */
export async function deleteConnection(
  services: ConnectionServices,
  saved: SavedConnection,
): Promise<boolean> {
  const catalog = await services.catalog();
  const deleted = await catalog.delete(saved.id);
  if (deleted) await removeRetired(services, saved.id);
  return deleted;
}
