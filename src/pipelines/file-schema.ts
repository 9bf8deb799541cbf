import { z } from 'zod';
import { pipelineStates } from './vocabulary.ts';

/** `pipelines:` of a file given to `apply --file` (YAML or JSON). */
export const filePipelineSchema = z.strictObject({
  name: z.string(),
  source: z.string().describe('the name of a connection, of the file or saved'),
  destination: z.string().describe('the name of a connection, of the file or saved'),
  tables: z.array(z.string()).optional().describe('"app.orders", names in quotes where SQL needs them so'),
  destinationSchema: z
    .string()
    .nullish()
    .describe('the schema that it loads the tables into, where it has another name'),
  state: z.enum(pipelineStates).optional().describe('left out: a new one is active, others stay as they are'),
  schedule: z.string().nullish().describe('in any words: it is shown, and runs nothing'),
  owner: z.string().nullish(),
});
