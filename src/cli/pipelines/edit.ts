import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import { pipelineDetail } from '../../output/pipeline-detail.ts';
import { editPipeline, type PipelineEdit } from '../../pipelines/edit.ts';
import { toPipeline } from '../../pipelines/pipeline.ts';
import { readSchema, readTables } from '../../pipelines/tables.ts';
import type { App, Verdict } from '../app.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface EditPipelineOptions {
  readonly name: string;
  readonly flags: EditPipelineFlags;
}

interface EditPipelineFlags {
  rename?: string;
  table?: string[];
  addTable?: string[];
  removeTable?: string[];
  destinationSchema?: string;
  schedule?: string;
  owner?: string;
}

export function declareEditPipeline(command: Command, act: Act, run = runEditPipeline): void {
  command
    .argument('<name>', 'name or id')
    .option('--rename <name>', 'save it under another name')
    .option(
      '--table <schema.table>',
      'the tables that it uses from now on, "" for none; repeat for several',
      repeated,
    )
    .option('--add-table <schema.table>', 'one more that it uses; repeat for several', repeated)
    .option('--remove-table <schema.table>', 'one that it uses no more; repeat for several', repeated)
    .option(
      '--destination-schema <name>',
      'the schema that it loads the tables into, "" for that of the source',
    )
    .option('--schedule <text>', 'when its job runs, "" for nothing said')
    .option('--owner <text>', 'whose it is, "" for nobody')
    .addHelpText(
      'after',
      `\nIts connections are changed by jackfield pipelines retarget, which tests them first.\n${examples(
        'jackfield pipelines edit nightly --add-table sales.refunds --remove-table sales.notes',
        "jackfield pipelines edit nightly --rename daily --schedule 'daily at 02:00'",
      )}`,
    )
    .action((name: string, flags: EditPipelineFlags) => act((app) => run(app, { name, flags })));
}

export async function runEditPipeline(app: App, { name, flags }: EditPipelineOptions): Promise<Verdict> {
  const { pipeline, changes } = await editPipeline(app.services, name, editOf(flags));
  await app.done(
    changes.length === 0 ? `${pipeline.name} is like that already` : `Changed ${changes.join(', ')}`,
  );
  await app.print(pipelineDetail(toPipeline(pipeline)));
  return 'done';
}

/** @throws UsageError missing_flags, conflicting_flags, bad_table */
function editOf(flags: EditPipelineFlags): PipelineEdit {
  const { rename, table, addTable, removeTable, destinationSchema, schedule, owner } = flags;
  if (Object.values(flags).every((flag) => flag === undefined)) {
    throw new UsageError({
      code: 'missing_flags',
      message: 'nothing says what to change',
      fix: 'add --table, --add-table, --schedule …; --help lists them; its connections are changed by pipelines retarget',
    });
  }
  if (table && (addTable || removeTable))
    throw cannotGoTogether('--table and --add-table, --remove-table', 'it names all of them anew');
  return {
    ...(rename !== undefined && { name: rename }),
    ...(table && { tables: readTables(table.filter((text) => text !== '')) }),
    ...(addTable && { addTables: readTables(addTable) }),
    ...(removeTable && { removeTables: readTables(removeTable) }),
    ...(destinationSchema !== undefined && { destinationSchema: readSchema(destinationSchema || null) }),
    ...(schedule !== undefined && { schedule }),
    ...(owner !== undefined && { owner }),
  };
}
