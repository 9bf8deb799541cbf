import type { Command } from 'commander';
import { requireSource } from '../../connections/refusals.ts';
import { requireConnection } from '../../connections/services.ts';
import type { App, Verdict } from '../app.ts';
import { declareQuery, type QueryVerbOptions, runQuery } from '../connections/query.ts';
import type { Act } from '../verb.ts';

/** `connections query` under another name. */
export function declareSourceQuery(command: Command, act: Act, run = runSourceQuery): void {
  declareQuery(command, act, run);
}

export async function runSourceQuery(app: App, options: QueryVerbOptions): Promise<Verdict> {
  requireSource(await requireConnection(await app.services.catalog(), options.name), 'data-sources');
  return runQuery(app, options);
}
