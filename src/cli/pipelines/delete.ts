import type { Command } from 'commander';
import { RefusedError } from '../../connections/errors.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { deletedNames } from '../../output/deleted-names.ts';
import type { SavedPipeline } from '../../pipelines/pipeline.ts';
import { requirePipelines } from '../../pipelines/require-pipeline.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { type Act, examples } from '../verb.ts';

export interface DeletePipelinesOptions {
  readonly names: readonly string[];
  readonly yes: boolean;
}

export function declareDeletePipelines(command: Command, act: Act, run = runDeletePipelines): void {
  command
    .argument('<name...>', 'names or ids')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples('jackfield pipelines delete nightly', 'jackfield pipelines rm nightly hourly --yes'),
    )
    .action((names: string[], flags: { yes?: boolean }) =>
      act((app) => run(app, { names, yes: flags.yes === true })),
    );
}

export async function runDeletePipelines(app: App, { names, yes }: DeletePipelinesOptions): Promise<Verdict> {
  const catalog = await app.services.pipelines();
  // All are found before the first is deleted: a slip in the last name deletes nothing.
  const pipelines = await requirePipelines(catalog, names);
  if (!yes) await confirmEach(app, pipelines);
  const deleted: string[] = [];
  for (const { id, name } of pipelines) if (await catalog.delete(id)) deleted.push(name);
  await app.done(deleted.length === 0 ? 'They were gone already' : `Deleted ${deleted.join(', ')}`);
  await app.print(deletedNames(deleted));
  return 'done';
}

async function confirmEach(app: App, pipelines: readonly SavedPipeline[]): Promise<void> {
  const words = pipelines.map(({ name }) => shellWord(name)).join(' ');
  const refusal = (message: string) =>
    new RefusedError({ code: 'not_confirmed', message, fix: `jackfield pipelines delete ${words} --yes` });
  if (!app.interactive) throw refusal('deleting needs a confirmation, and nobody can be asked here');
  const { confirmByName } = await import('../../screens/confirm.ts');
  const asking = await askingOf(app);
  for (const { name, state, source, destination } of pipelines) {
    const what = `The ${state} pipeline ${name} (${source.name} → ${destination.name}) will be gone; its connections stay.`;
    if (!(await confirmByName(asking, what, name)))
      throw refusal('that is not its name: nothing was deleted');
  }
}
