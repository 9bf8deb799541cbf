import type { SavedConnection } from '../../connections/connection.ts';
import { type StructureView, viewOf } from '../../metadata/view.ts';
import { discoveryTable } from '../../output/discovery-table.ts';
import type { Described } from '../../screens/query-commands.ts';
import type { App } from '../app.ts';
import { showRelation } from './discover-relation.ts';
import { snapshotOf } from './discovered.ts';

/** Somebody waits at a prompt. */
const patienceMs = 60_000;

/**
 * What `connections discover` shows, for a command of the query prompt: one relation in full, or a line each.
 * @throws NotFoundError no_such_relation; UsageError ambiguous_relation; what a refresh that is due throws
 */
export async function describeAtPrompt(
  app: App,
  saved: SavedConnection,
  { kinds, pattern, details }: Described,
  { write, signal }: { readonly write: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const limits = { timeoutMs: patienceMs, signal };
  // Who changes tables here wants to see them changed.
  const snapshot = await snapshotOf(app, saved, { refresh: write, ...limits });
  if (pattern !== null && !/[*?]/.test(pattern)) {
    await showRelation(app, { saved, snapshot, relation: pattern, details, format: 'table', ...limits });
    return;
  }
  const filter = { schemas: [], tables: pattern === null ? [] : [pattern], search: null };
  const found = viewOf(await app.services.metadata(), snapshot, { connection: saved.name, filter });
  for await (const chunk of discoveryTable(ofKinds(found, kinds), await app.view('stdout')))
    await app.write(chunk);
}

function ofKinds(found: StructureView, kinds: Described['kinds']): StructureView {
  if (kinds === 'all') return found;
  return {
    ...found,
    async *summaries() {
      for await (const page of found.summaries())
        yield page.filter(({ facts }) => facts.kind.endsWith('view') === (kinds === 'views'));
    },
  };
}
