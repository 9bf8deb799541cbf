import type { ConnectionServices } from '../connections/services.ts';
import type { PipelineState, SavedPipeline } from './pipeline.ts';
import { requirePipelines } from './require-pipeline.ts';

/**
 * Pauses or resumes pipelines, all or none of them.
 * @returns all that are named as they are now, and of those the ones that were not so before
 * @throws NotFoundError no_such_pipeline; RefusedError pipeline_changed_meanwhile
 */
export async function setState(
  services: ConnectionServices,
  names: readonly string[],
  state: PipelineState,
): Promise<{ readonly pipelines: readonly SavedPipeline[]; readonly changed: readonly SavedPipeline[] }> {
  const catalog = await services.pipelines();
  const named = await requirePipelines(catalog, names);
  const others = named.filter((pipeline) => pipeline.state !== state);
  const changed = await catalog.update(others.map(({ id, revision }) => ({ id, revision, state })));
  const byId = new Map(changed.map((pipeline) => [pipeline.id, pipeline]));
  return { pipelines: named.map((pipeline) => byId.get(pipeline.id) ?? pipeline), changed };
}
