import type { Command } from 'commander';
import { configEntry } from '../../output/config-list.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';
import { keyNames, keyWord, requireKey } from './keys.ts';
import { entryOf } from './list.ts';

export function declareGet(command: Command, act: Act, run = runGet): void {
  command
    .argument('<key>', `one of ${keyNames.join(', ')}`, keyWord)
    .addHelpText('after', examples('jackfield config get timeout'))
    .action((key: string) => act((app) => run(app, { key }), [], 'broken-config'));
}

export async function runGet(app: App, { key }: { readonly key: string }): Promise<Verdict> {
  await app.print(configEntry(entryOf(app, requireKey(key))));
  return 'done';
}
