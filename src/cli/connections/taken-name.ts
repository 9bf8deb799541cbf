import { nameTaken } from '../../connections/refusals.ts';
import type { App } from '../app.ts';

/** What a form tells beside the field of a name that is taken; null for one that is free. */
export async function takenNameOf(app: App): Promise<(name: string) => Promise<string | null>> {
  const catalog = await app.services.catalog();
  return async (name) => ((await catalog.find(name))?.name === name ? nameTaken(name).message : null);
}
