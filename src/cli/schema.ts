import type { Command } from 'commander';
import { z } from 'zod';
import * as cdc from '../cdc/schema.ts';
import { UsageError } from '../connections/errors.ts';
import * as connections from '../connections/schema.ts';
import { diffSchema } from '../metadata/diff-schema.ts';
import { nearNames } from '../metadata/near-names.ts';
import * as metadata from '../metadata/schema.ts';
import { jsonDocument } from '../output/json-document.ts';
import * as pipelines from '../pipelines/schema.ts';
import type { App, Verdict } from './app.ts';
import { type Act, examples } from './verb.ts';

/** The shapes of the contract, by the name they are asked for. */
export const contracts = {
  connection: connections.connectionSchema,
  connectionList: connections.connectionListSchema,
  deletedNames: connections.deletedNamesSchema,
  testResultList: connections.testResultListSchema,
  testHistory: connections.testHistorySchema,
  discovery: metadata.discoverySchema,
  relation: metadata.relationDetailSchema,
  diff: diffSchema,
  sourceConfig: metadata.sourceConfigSchema,
  refreshResultList: metadata.refreshResultListSchema,
  cdcCheck: cdc.cdcCheckSchema,
  cdcPlan: cdc.cdcPlanSchema,
  cdcSetup: cdc.cdcSetupSchema,
  cdcStatus: cdc.cdcStatusSchema,
  cdcTeardown: cdc.cdcTeardownSchema,
  schedule: metadata.scheduleSchema,
  pipeline: pipelines.pipelineSchema,
  pipelineList: pipelines.pipelineListSchema,
  pipelineCheckList: pipelines.pipelineCheckListSchema,
  presetList: connections.presetListSchema,
  plan: connections.planSchema,
  importResult: connections.importResultSchema,
  secretsStatus: connections.secretsStatusSchema,
  configEntry: connections.configEntrySchema,
  configList: connections.configListSchema,
  secretsMove: connections.secretsMoveSchema,
  doctorReport: connections.doctorReportSchema,
  error: connections.errorSchema,
  connectionFile: connections.connectionFileSchema,
} as const;

export function declareSchema(command: Command, act: Act, run = runSchema): void {
  command
    .argument('[name]', `one of ${Object.keys(contracts).join(', ')}; all when left out`)
    .addHelpText('after', examples('jackfield schema', 'jackfield schema connectionFile'))
    .action((name: string | undefined) => act((app) => run(app, { name: name ?? null })));
}

export async function runSchema(app: App, { name }: { name: string | null }): Promise<Verdict> {
  if (name === null) {
    const all = Object.entries(contracts).map(([key, schema]) => [key, toJsonSchema(schema)]);
    await app.print(jsonDocument(Object.fromEntries(all)));
    return 'done';
  }
  const schema = Object.hasOwn(contracts, name) ? contracts[name as keyof typeof contracts] : undefined;
  if (!schema) {
    const [meant] = nearNames(name, Object.keys(contracts), String);
    throw new UsageError({
      code: 'bad_value',
      message: `there is no schema ${JSON.stringify(name)}`,
      fix: meant === undefined ? `use one of ${Object.keys(contracts).join(', ')}` : `did you mean ${meant}?`,
    });
  }
  await app.print(jsonDocument(toJsonSchema(schema)));
  return 'done';
}

/** A file is described as it is written, answers as they are printed. */
function toJsonSchema(schema: z.ZodType): unknown {
  const io = schema === connections.connectionFileSchema ? 'input' : 'output';
  return z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
}
