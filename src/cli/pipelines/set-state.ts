import type { Command } from 'commander';
import { pipelineList } from '../../output/pipeline-list.ts';
import {
  isDisconnected,
  lossOf,
  lostSides,
  type PipelineState,
  retargetCommand,
  toPipeline,
} from '../../pipelines/pipeline.ts';
import { setState } from '../../pipelines/set-state.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';

export interface SetStateOptions {
  readonly names: readonly string[];
}

export function declarePause(command: Command, act: Act, run = runPause): void {
  command
    .argument('<name...>', 'names or ids')
    .addHelpText('after', examples('jackfield pipelines pause nightly hourly'))
    .action((names: string[]) => act((app) => run(app, { names })));
}

export function declareResume(command: Command, act: Act, run = runResume): void {
  command
    .argument('<name...>', 'names or ids')
    .addHelpText('after', examples('jackfield pipelines resume nightly'))
    .action((names: string[]) => act((app) => run(app, { names })));
}

/** Says that the jobs do not run for a while: their connections may be deleted, and checks only warn. */
export const runPause = (app: App, options: SetStateOptions) => runSetState(app, options, 'paused');

export const runResume = (app: App, options: SetStateOptions) => runSetState(app, options, 'active');

async function runSetState(app: App, { names }: SetStateOptions, state: PipelineState): Promise<Verdict> {
  const { pipelines, changed } = await setState(app.services, names, state);
  const word = state === 'paused' ? 'Paused' : 'Resumed';
  await app.done(
    changed.length > 0
      ? `${word} ${changed.map(({ name }) => name).join(', ')}`
      : `${pipelines.map(({ name }) => name).join(', ')}: ${state} already`,
  );
  for (const pipeline of pipelines.filter(isDisconnected)) {
    const fix = retargetCommand(pipeline.name, ...lostSides(pipeline));
    await app.warn(`${pipeline.name} is disconnected: ${lossOf(pipeline)}`, fix);
  }
  await app.print(pipelineList(pipelines.map(toPipeline), { total: pipelines.length }));
  return 'done';
}
