import type { PipelineDraft } from '../../src/pipelines/catalog.ts';

/** A draft of an active pipeline that names no tables; every field can be given. */
export function aPipeline(
  name: string,
  sourceId: string,
  destinationId: string,
  fields: Partial<PipelineDraft> = {},
): PipelineDraft {
  const nothing = { tables: [], destinationSchema: null, schedule: null, owner: null };
  return { name, sourceId, destinationId, state: 'active', ...nothing, ...fields };
}
