import type { Command } from 'commander';
import { toConnection } from '../../connections/connection.ts';
import { type PipelineEnds, pipelineDetail } from '../../output/pipeline-detail.ts';
import { type SavedPipeline, toPipeline } from '../../pipelines/pipeline.ts';
import { requirePipeline } from '../../pipelines/require-pipeline.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';

export interface ShowPipelineOptions {
  readonly name: string;
}

export function declareShowPipeline(command: Command, act: Act, run = runShowPipeline): void {
  command
    .argument('<name>', 'name or id')
    .addHelpText('after', examples('jackfield pipelines show nightly'))
    .action((name: string) => act((app) => run(app, { name })));
}

export async function runShowPipeline(app: App, { name }: ShowPipelineOptions): Promise<Verdict> {
  const pipeline = await requirePipeline(await app.services.pipelines(), name);
  const ends = app.settings.output === 'table' ? await endsOf(app, pipeline) : {};
  await app.print(pipelineDetail(toPipeline(pipeline), ends));
  return 'done';
}

/** The connections themselves, which a person sees more of. */
async function endsOf(app: App, { source, destination }: SavedPipeline): Promise<PipelineEnds> {
  const catalog = await app.services.catalog();
  const saved = async (id: string | null) => (id === null ? null : await catalog.find(id));
  const [from, to] = [await saved(source.id), await saved(destination.id)];
  return {
    ...(from && { source: toConnection(from) }),
    ...(to && { destination: toConnection(to) }),
  };
}
