import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { findRelation } from '../../metadata/find-relation.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { discoveryFormat, snapshotOf } from './discovered.ts';

interface Exploration {
  /** The connection's. */
  readonly name: string;
  /** Where to begin, as the user wrote it. */
  readonly relation: string | null;
  readonly refresh: boolean;
  readonly timeoutMs: number;
}

/** Opens the explorer. @throws UsageError not_a_terminal, conflicting_flags */
export async function exploreConnection(app: App, options: Exploration): Promise<Verdict> {
  if (discoveryFormat(app) !== 'table') {
    throw new UsageError({
      code: 'conflicting_flags',
      message: '--explore is for a person, and --output for a program',
      fix: 'leave one of them out',
    });
  }
  if (!app.interactive) {
    throw new UsageError({
      code: 'not_a_terminal',
      message: '--explore needs a terminal',
      fix: 'leave it out: discover NAME prints all, discover NAME SCHEMA.TABLE one relation',
    });
  }
  const saved = await requireConnection(await app.services.catalog(), options.name);
  const first = await snapshotOf(app, saved, options);
  const { relation, timeoutMs } = options;
  const store = await app.services.metadata();
  const about = { connection: saved.name, schema: saved.schema };
  const start = relation === null ? null : await findRelation(store, first, relation, about);
  const { explore } = await import('../../screens/explorer.ts');
  const parts = {
    asking: await askingOf(app),
    services: app.services,
    saved,
    view: () => app.view('stderr'),
    refresh: () => snapshotOf(app, saved, { refresh: true, timeoutMs }),
  };
  await explore(parts, first, start);
  return 'done';
}
