import type { Command } from 'commander';
import type { Role } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import { roles } from '../../connections/vocabulary.ts';
import { pipelineDetail } from '../../output/pipeline-detail.ts';
import { addPipeline } from '../../pipelines/add.ts';
import { toPipeline } from '../../pipelines/pipeline.ts';
import { readSchema, readTables } from '../../pipelines/tables.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
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
  const { table = [], paused, schedule = null, owner = null } = flags;
  const tables = readTables(table);
  const destinationSchema = readSchema(flags.destinationSchema ?? null);
  const state = paused ? 'paused' : 'active';
  const { source, destination } = await endsOf(app, flags);
  const request = { name, source, destination, tables, destinationSchema, state, schedule, owner } as const;
  const saved = await addPipeline(app.services, request);
  await app.done(`Saved the pipeline ${saved.name}`);
  await app.print(pipelineDetail(toPipeline(saved)));
  return 'done';
}

/** What the flags leave out is asked for, where somebody is there. @throws UsageError missing_flags */
async function endsOf(app: App, flags: AddPipelineFlags): Promise<Record<Role, string>> {
  const missing = roles.filter((role) => flags[role] === undefined);
  const saved = missing.length === 0 ? [] : await (await app.services.catalog()).list();
  const ends = { source: flags.source ?? '', destination: flags.destination ?? '' };
  for (const role of missing) {
    const choices = saved.filter((connection) => connection.role === role);
    if (!app.interactive || choices.length === 0) throw missingEnds(missing);
    const { askPipelineEnd } = await import('../../screens/pipeline-end.ts');
    ends[role] = await askPipelineEnd(await askingOf(app), role, choices);
  }
  return ends;
}

function missingEnds(missing: readonly Role[]): UsageError {
  const flags = missing.map((role) => `--${role}`).join(', ');
  return new UsageError({
    code: 'missing_flags',
    message: `${flags} ${missing.length === 1 ? 'is' : 'are'} missing`,
    fix: 'name saved connections: jackfield connections list shows those there are, connections add saves one',
  });
}
