import { randomUUID } from 'node:crypto';
import type { Role } from '../../src/connections/connection.ts';
import type { PipelineDraft } from '../../src/pipelines/catalog.ts';
import type { SavedPipeline } from '../../src/pipelines/pipeline.ts';
import { aDraft } from './connection-draft.ts';
import { anEndpoint, type InMemoryServices } from './connection-services.ts';
import { aPipeline } from './pipeline-draft.ts';

/** Saves a connection of the connector in memory, whose host is its name. @returns its id */
export async function saveConnection(services: InMemoryServices, name: string, role: Role): Promise<string> {
  const draft = aDraft({ ...anEndpoint({ host: name }), name, role });
  return (await services.inCatalog.add(randomUUID(), draft)).id;
}

/** Saves a pipeline from `source` to `destination`, connections that are saved, by name. */
export async function savePipeline(
  services: InMemoryServices,
  name: string,
  [source, destination]: readonly [string, string],
  fields: Partial<PipelineDraft> = {},
): Promise<SavedPipeline> {
  const idOf = async (connection: string) => {
    const saved = await services.inCatalog.find(connection);
    if (saved === null) throw new Error(`there is no connection ${connection}`);
    return saved.id;
  };
  const draft = aPipeline(name, await idOf(source), await idOf(destination), fields);
  return services.inCatalog.pipelines.add(randomUUID(), draft);
}
