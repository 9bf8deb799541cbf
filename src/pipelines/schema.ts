import { z } from 'zod';
import { stageResultSchema } from '../connections/schema.ts';
import { pipelineStates, sideStatuses } from './vocabulary.ts';

/** The shapes of pipelines that leave the program as JSON or YAML: a contract, as those of connections. */

const timestamp = z.iso.datetime().describe('ISO 8601, UTC');

const sideSchema = z.strictObject({
  id: z.uuid().nullable().describe('of the connection; null when it was deleted'),
  name: z.string().describe('of the connection; of one that was deleted its last'),
  status: z.enum(sideStatuses),
});

export const pipelineSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  state: z.enum(pipelineStates),
  status: z.enum(sideStatuses).describe('"disconnected" when either side is'),
  source: sideSchema,
  destination: sideSchema,
  tables: z.array(z.string()).describe('"app.orders", a part in quotes where it has a dot or a quote in it'),
  destinationSchema: z
    .string()
    .nullable()
    .describe('the schema that it loads the tables into; null: that of the same name'),
  schedule: z.string().nullable().describe('in any words: it is shown, and runs nothing'),
  owner: z.string().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export const pipelineListSchema = z.array(pipelineSchema);

const endCheckSchema = z.strictObject({
  connection: z.string(),
  status: z.enum(['passed', 'warned', 'failed']),
  durationMs: z.number().nonnegative(),
  code: z.string().nullable().describe('of the rung that made the verdict, or "pipeline_disconnected"'),
  message: z.string().nullable(),
  fix: z.string().nullable(),
  stages: z.array(stageResultSchema).describe('empty when it is disconnected'),
});

export const pipelineCheckSchema = z.strictObject({
  pipeline: z.string(),
  state: z.enum(pipelineStates),
  status: z
    .enum(['passed', 'warned', 'failed'])
    .describe('the worse of its ends; a paused pipeline warns where an active one fails'),
  durationMs: z.number().nonnegative().describe('of the slower end'),
  source: endCheckSchema,
  destination: endCheckSchema,
});

export const pipelineCheckListSchema = z.array(pipelineCheckSchema);
