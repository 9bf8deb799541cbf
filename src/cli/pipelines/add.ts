import type { Command } from 'commander';
import { missingFlags } from '../../connections/endpoint.ts';
import { pipelineDetail } from '../../output/pipeline-detail.ts';
import { addPipeline } from '../../pipelines/add.ts';
import { toPipeline } from '../../pipelines/pipeline.ts';
import { readSchema, readTables } from '../../pipelines/tables.ts';
import type { App, Verdict } from '../app.ts';
import { repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface AddPipelineOptions {
  readonly name: string;
  readonly flags: AddPipelineFlags;
}

interface AddPipelineFlags {
  source?: string;
  destination?: string;
  table?: string[];
  destinationSchema?: string;
  paused?: boolean;
  schedule?: string;
  owner?: string;
}

export function declareAddPipeline(command: Command, act: Act, run = runAddPipeline): void {
  command
    .argument('<name>', 'what the pipeline is called')
    .option('--source <name>', 'the connection it reads from, by name or id')
    .option('--destination <name>', 'the connection it writes to')
    .option('--table <schema.table>', 'a table that it uses; repeat for several', repeated)
    .option(
      '--destination-schema <name>',
      'the schema that it loads the tables into, where it has another name',
    )
    .option('--paused', 'its job does not run now')
    .option('--schedule <text>', 'when its job runs, in any words')
    .option('--owner <text>', 'whose it is')
    .addHelpText(
      'after',
      examples(
        'jackfield pipelines add nightly --source shop --destination warehouse --table sales.orders --destination-schema landing',
        "jackfield pipelines add hourly --source shop --destination lake --schedule 'every hour' --owner 'team data'",
      ),
    )
    .action((name: string, flags: AddPipelineFlags) => act((app) => run(app, { name, flags })));
}

export async function runAddPipeline(app: App, { name, flags }: AddPipelineOptions): Promise<Verdict> {
  const { source, destination, table = [], paused, schedule = null, owner = null } = flags;
  if (source === undefined || destination === undefined) {
    throw missingFlags([
      ...(source === undefined ? ['source'] : []),
      ...(destination === undefined ? ['destination'] : []),
    ]);
  }
  const tables = readTables(table);
  const destinationSchema = readSchema(flags.destinationSchema ?? null);
  const state = paused ? 'paused' : 'active';
  const request = { name, source, destination, tables, destinationSchema, state, schedule, owner } as const;
  const saved = await addPipeline(app.services, request);
  await app.done(`Saved the pipeline ${saved.name}`);
  await app.print(pipelineDetail(toPipeline(saved)));
  return 'done';
}
