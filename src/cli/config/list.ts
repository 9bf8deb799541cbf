import type { Command } from 'commander';
import type { ConfigEntry } from '../../connections/reports.ts';
import { configList } from '../../output/config-list.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';
import { configKeys, type Key, keyNames } from './keys.ts';

export function declareConfigList(command: Command, act: Act, run = runConfigList): void {
  command
    .addHelpText('after', examples('jackfield config list', 'jackfield config list --json'))
    .action(() => act(run, [], 'broken-config'));
}

export async function runConfigList(app: App): Promise<Verdict> {
  for (const { message, fix } of app.defaults.problems) await app.warn(message, fix ?? undefined);
  await app.print(configList(keyNames.map((key) => entryOf(app, key))));
  return 'done';
}

/** What is in force of a key, and where it was said. */
export function entryOf(app: App, key: Key): ConfigEntry {
  const origin = app.defaults.origins[key];
  if (origin) return { key, value: origin.text, source: origin.source, from: origin.from };
  return { key, value: configKeys[key].fallback, source: 'default', from: null };
}
