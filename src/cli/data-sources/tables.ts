import type { Command } from 'commander';
import { requireSource } from '../../connections/refusals.ts';
import { requireConnection } from '../../connections/services.ts';
import type { App, Verdict } from '../app.ts';
import { type DiscoverOptions, declareDiscover, runDiscover } from '../connections/discover.ts';
import type { Act } from '../verb.ts';

/** `connections discover NAME --output table` under another name. */
export function declareTables(command: Command, act: Act, run = runTables): void {
  declareDiscover(command, act, run);
}

export async function runTables(app: App, options: DiscoverOptions): Promise<Verdict> {
  requireSource(await requireConnection(await app.services.catalog(), options.name), 'data-sources');
  const { output, verbOutput } = app.settings;
  const settings = { ...app.settings, verbOutput: output === 'table' ? (verbOutput ?? 'table') : null };
  return runDiscover({ ...app, settings }, options);
}
