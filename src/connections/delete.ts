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
