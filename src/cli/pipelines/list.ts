import { type Command, Option } from 'commander';
import { requireConnection } from '../../connections/services.ts';
import { pipelineList } from '../../output/pipeline-list.ts';
import {
  isDisconnected,
  type PipelineState,
  type SavedPipeline,
  toPipeline,
  uses,
} from '../../pipelines/pipeline.ts';
import { pipelineStates } from '../../pipelines/vocabulary.ts';
import type { App, Verdict } from '../app.ts';
import { oneOf } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface ListPipelinesFlags {
  connection?: string;
  state?: PipelineState;
  disconnected?: boolean;
}

export function declareListPipelines(command: Command, act: Act, run = runListPipelines): void {
  command
    .option('--connection <name>', 'only those that use this connection')
    .addOption(
      new Option('--state <state>', `only these: ${pipelineStates.join(', ')}`).argParser(
        oneOf('--state', pipelineStates),
      ),
    )
    .option('--disconnected', 'only those that have lost a connection')
    .addHelpText(
      'after',
      `\n--output mermaid draws which connection is used where.\n${examples(
        'jackfield pipelines list --connection shop',
        'jackfield pipelines list --output mermaid',
      )}`,
    )
    .action((flags: ListPipelinesFlags) => act((app) => run(app, flags), ['mermaid']));
}

export async function runListPipelines(app: App, flags: ListPipelinesFlags): Promise<Verdict> {
  const all = await (await app.services.pipelines()).list();
  const chosen = all.filter(await filterOf(app, flags)).map(toPipeline);
  if (app.settings.verbOutput === 'mermaid') {
    const { whereUsedGraph } = await import('../../output/pipeline-graph.ts');
    await app.write(whereUsedGraph(chosen));
  } else await app.print(pipelineList(chosen, { total: all.length }));
  return 'done';
}

async function filterOf(
  app: App,
  { connection, state, disconnected }: ListPipelinesFlags,
): Promise<(pipeline: SavedPipeline) => boolean> {
  const id =
    connection === undefined ? null : (await requireConnection(await app.services.catalog(), connection)).id;
  return (pipeline) =>
    (id === null || uses(pipeline, id)) &&
    (state === undefined || pipeline.state === state) &&
    (!disconnected || isDisconnected(pipeline));
}
