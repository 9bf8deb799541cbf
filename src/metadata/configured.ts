import type { SavedConnection } from '../connections/connection.ts';
import { requireSource } from '../connections/refusals.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { checkSourceConfig, defaultSourceConfig, type SourceConfig } from './source-config.ts';

/** How a connection's discovery is configured; the defaults where nothing was decided. */
export async function sourceConfigOf(
  services: ConnectionServices,
  { id }: Pick<SavedConnection, 'id'>,
): Promise<SourceConfig> {
  const catalog = await services.catalog();
  const { refreshEveryMs = defaultSourceConfig.refreshEveryMs } = services;
  return (await catalog.sourceConfig(id)) ?? { ...defaultSourceConfig, refreshEveryMs };
}

/**
 * Decides how a source's discovery is configured; what is absent stays as it was.
 * @throws RefusedError not_a_source; UsageError bad_value; NotFoundError no_such_connection
 */
export async function configureSource(
  services: ConnectionServices,
  saved: SavedConnection,
  changes: Partial<SourceConfig>,
): Promise<void> {
  requireSource(saved, 'source-config');
  const config = { ...(await sourceConfigOf(services, saved)), ...changes };
  checkSourceConfig(config);
  await (await services.catalog()).saveSourceConfig(saved.id, config);
}
