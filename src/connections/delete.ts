import { movedFrom } from '../cdc/place.ts';
import type { SavedPipeline } from '../pipelines/pipeline.ts';
import type { SavedConnection } from './connection.ts';
import { type ConnectionUse, cdcSetUp, connectionInUse } from './refusals.ts';
import type { ConnectionServices } from './services.ts';
import { removeRetired } from './store-secrets.ts';

/**
 * Refuses to delete connections that active pipelines use, before anything is asked or deleted; the
 * catalog decides once more.
 * @throws RefusedError connection_in_use
 */
export async function refuseUsed(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
): Promise<void> {
  if (connections.every(({ usedBy }) => usedBy.length === 0)) return;
  const active = (await (await services.pipelines()).list()).filter(({ state }) => state === 'active');
  const saved = await (await services.catalog()).list();
  const uses = connections.flatMap(({ id, name, role, connector }): ConnectionUse[] => {
    const pipelines = active.filter((it) => it[role].id === id).map((it) => it.name);
    if (pipelines.length === 0) return [];
    const others = saved.filter(
      (it) => it.role === role && it.connector === connector && !isOneOf(connections, it),
    );
    return [{ name, role, pipelines, substitute: others.length === 1 ? (others[0]?.name ?? null) : null }];
  });
  if (uses.length > 0) throw connectionInUse(uses);
}

function isOneOf(connections: readonly SavedConnection[], { id }: SavedConnection): boolean {
  return connections.some((it) => it.id === id);
}

/**
 * Refuses to delete sources whose CDC is set up: nobody would know of the slot any more.
 * @throws RefusedError cdc_set_up
 */
export async function refuseCaptured(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
): Promise<void> {
  const catalog = await services.catalog();
  for (const connection of connections) {
    const record = await catalog.cdcRecord(connection.id);
    if (record === null) continue;
    throw cdcSetUp(connection.name, record.slot, movedFrom(connection, record));
  }
}

/**
 * Deletes a connection, then its secret. Pipelines that used it are disconnected.
 * @param force delete it although active pipelines use it
 * @returns false when it was gone already
 * @throws RefusedError connection_in_use
 */
export async function deleteConnection(
  services: ConnectionServices,
  saved: SavedConnection,
  { force = false }: { readonly force?: boolean } = {},
): Promise<boolean> {
  const catalog = await services.catalog();
  const deleted = await catalog.delete(saved.id, { force });
  if (deleted) await removeRetired(services, saved.id);
  return deleted;
}

/** The pipelines that have lost one of these connections by its deletion. */
export async function disconnectedFrom(
  services: ConnectionServices,
  deleted: readonly Pick<SavedConnection, 'name' | 'role' | 'usedBy'>[],
): Promise<SavedPipeline[]> {
  if (deleted.every(({ usedBy }) => usedBy.length === 0)) return [];
  const pipelines = await (await services.pipelines()).list();
  return pipelines.filter((pipeline) =>
    deleted.some(({ name, role }) => pipeline[role].id === null && pipeline[role].name === name),
  );
}
