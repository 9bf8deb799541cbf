import type { PipelineDraft } from '../../src/pipelines/catalog.ts';

/** A draft of an active pipeline that names no tables; every field can be given. */
export function aPipeline(
  name: string,
  sourceId: string,
  destinationId: string,
  fields: Partial<PipelineDraft> = {},
): PipelineDraft {
  return {
    name,
    sourceId,
    destinationId,
    state: 'active',
    tables: [],
    schedule: null,
    owner: null,
    ...fields,
  };
}
