import { NotFoundError } from '../connections/errors.ts';
import { shownWord } from '../connections/shown-word.ts';
import { nearNames } from '../metadata/near-names.ts';
import type { PipelineCatalog } from './catalog.ts';
import type { SavedPipeline } from './pipeline.ts';

/** The pipeline of that name or id. @throws NotFoundError no_such_pipeline */
export async function requirePipeline(pipelines: PipelineCatalog, nameOrId: string): Promise<SavedPipeline> {
  const found = await pipelines.find(nameOrId);
  if (found) return found;
  const near = nearNames(nameOrId, await pipelines.list(), ({ name }) => name).map(({ name }) => name);
  throw new NotFoundError({
    code: 'no_such_pipeline',
    message: `there is no pipeline ${shownWord(nameOrId)}${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`,
    fix: 'jackfield pipelines list shows those there are',
  });
}

/** Those that are named, each once, in the order they are named. @throws NotFoundError no_such_pipeline */
export async function requirePipelines(
  pipelines: PipelineCatalog,
  names: readonly string[],
): Promise<SavedPipeline[]> {
  const found = new Map<string, SavedPipeline>();
  for (const name of names) {
    const pipeline = await requirePipeline(pipelines, name);
    found.set(pipeline.id, pipeline);
  }
  return [...found.values()];
}
