import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import type { App, Verdict } from '../app.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { type Act, examples } from '../verb.ts';
import { readConfigFile, writeConfigFile } from './file.ts';
import { keyWord, requireKey } from './keys.ts';

export interface UnsetOptions {
  readonly key: string | null;
  readonly all: boolean;
}

export function declareUnset(command: Command, act: Act, run = runUnset): void {
  command
    .argument('[key]', 'the key to take away', keyWord)
    .option('--all', 'take everything away, a file that can not be read too')
    .addHelpText('after', examples('jackfield config unset output', 'jackfield config unset --all'))
    .action((key: string | undefined, { all = false }: { all?: boolean }) =>
      act((app) => run(app, { key: key ?? null, all }), [], 'broken-config'),
    );
}

export async function runUnset(app: App, { key, all }: UnsetOptions): Promise<Verdict> {
  const { home } = app.settings;
  if (all && key !== null)
    throw cannotGoTogether('a key and --all', 'one is part of the other', 'leave one out');
  if (all) {
    writeConfigFile(home, {});
    await app.done('Nothing is configured any more');
    return 'done';
  }
  if (key === null) {
    throw new UsageError({
      code: 'missing_argument',
      message: 'nothing says which key to take away',
      fix: 'give a key, or --all; jackfield config list shows them',
    });
  }
  const { [key]: former, ...others } = readConfigFile(home);
  if (former === undefined) requireKey(key);
  else writeConfigFile(home, others);
  await app.done(former === undefined ? `${key} was not set` : `${key} is not set any more`);
  return 'done';
}
