import type { Command } from 'commander';
import { resultsKept } from '../../connections/catalog.ts';
import { requireConnection } from '../../connections/services.ts';
import { testHistory } from '../../output/history.ts';
import type { App, Verdict } from '../app.ts';
import { readCount } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface HistoryOptions {
  readonly name: string;
  /** How many results are shown, newest first; what is told of them together is of all that are kept. */
  readonly limit: number;
}

const defaultLimit = 20;

export function declareHistory(command: Command, act: Act, run = runHistory): void {
  command
    .argument('<name>', 'name or id')
    .option('--limit <n>', `how many results are listed (${defaultLimit})`, readCount('--limit', resultsKept))
    .addHelpText(
      'after',
      `\nThe newest ${resultsKept} results of a connection are kept.\n${examples(
        'jackfield connections history orders',
        'jackfield connections history orders --limit 100 --json',
      )}`,
    )
    .action((name: string, flags: { limit?: number }) =>
      act((app) => run(app, { name, limit: flags.limit ?? defaultLimit })),
    );
}

export async function runHistory(app: App, { name, limit }: HistoryOptions): Promise<Verdict> {
  const catalog = await app.services.catalog();
  const saved = await requireConnection(catalog, name);
  await app.print(testHistory(saved.name, await catalog.history(saved.id, resultsKept), limit));
  return 'done';
}
