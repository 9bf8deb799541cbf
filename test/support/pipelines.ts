import { connectionSchema } from '../../src/connections/schema.ts';
import type { Pipeline } from '../../src/pipelines/pipeline.ts';
import { pipelineSchema } from '../../src/pipelines/schema.ts';
import type { Script } from './script.ts';

/**
 * Saves a pipeline for a source or a destination; for the end that is left out a connection that leads
 * nowhere, `NAME end`, is saved.
 */
export async function addPipeline(
  script: Script,
  name: string,
  ends: { readonly source?: string; readonly destination?: string },
  ...flags: string[]
): Promise<Pipeline> {
  const other = `${name} end`;
  const role = ends.source === undefined ? 'source' : 'destination';
  if (ends.source === undefined || ends.destination === undefined) {
    await script.answer(connectionSchema)`connections add --role ${role} --name ${other}
      --host nowhere.example.com --username app --no-password`;
  }
  const { source = other, destination = other } = ends;
  return script.answer(pipelineSchema)`pipelines add ${name}
    --source ${source} --destination ${destination} ${flags}`;
}
