import type { Command } from 'commander';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';
import { readConfigFile, writeConfigFile } from './file.ts';
import { configKeys, keyNames, keyWord, requireKey } from './keys.ts';

export interface SetOptions {
  readonly key: string;
  readonly value: string;
}

export function declareSet(command: Command, act: Act, run = runSet): void {
  command
    .argument('<key>', `one of ${keyNames.join(', ')}`, keyWord)
    .argument('<value>', 'as the flag of that name takes it')
    .addHelpText(
      'after',
      examples(
        'jackfield config set output yaml',
        'jackfield config set timeout 5s',
        'jackfield config set refreshEvery off',
      ),
    )
    .action((key: string, value: string) => act((app) => run(app, { key, value }), [], 'broken-config'));
}

export async function runSet(app: App, { key, value }: SetOptions): Promise<Verdict> {
  const known = requireKey(key);
  configKeys[known].read(known)(value);
  writeConfigFile(app.settings.home, { ...readConfigFile(app.settings.home), [known]: value });
  await app.done(`${known} is ${value} from now on`);
  return 'done';
}
