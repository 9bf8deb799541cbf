import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import type { App, Verdict } from '../app.ts';
import { declareList, type ListOptions, runList } from '../connections/list.ts';
import type { Act } from '../verb.ts';

/** `connections list --role source` under another name. */
export function declareSourceList(command: Command, act: Act, run = runSourceList): void {
  declareList(command, act, run);
}

export async function runSourceList(app: App, { filter }: ListOptions): Promise<Verdict> {
  if (filter.role !== 'destination') return runList(app, { filter: { ...filter, role: 'source' } });
  throw new UsageError({
    code: 'conflicting_flags',
    message: 'data sources are sources, and --role destination asks for the others',
    fix: 'jackfield connections list --role destination',
  });
}
