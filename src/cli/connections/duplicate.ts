import type { Command } from 'commander';
import { type Role, toConnection } from '../../connections/connection.ts';
import { duplicateConnection } from '../../connections/duplicate.ts';
import { missingFlags } from '../../connections/endpoint.ts';
import { requireConnection } from '../../connections/services.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { readRole } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { takenNameOf } from './taken-name.ts';

export interface DuplicateOptions {
  readonly name: string;
  readonly copy: { readonly name: string | undefined; readonly role?: Role };
}

export function declareDuplicate(command: Command, act: Act, run = runDuplicate): void {
  command
    .argument('<name>', 'name or id of the one to copy')
    .option('--name <name>', 'what the copy is saved as')
    .option('--role <role>', 'the role of the copy; the other one when left out', readRole)
    .addHelpText('after', examples('jackfield connections duplicate orders --name orders-target'))
    .action((name: string, flags: { name?: string; role?: Role }) =>
      act((app) => run(app, { name, copy: { name: flags.name, ...(flags.role && { role: flags.role }) } })),
    );
}

export async function runDuplicate(app: App, { name, copy }: DuplicateOptions): Promise<Verdict> {
  const saved = await requireConnection(await app.services.catalog(), name);
  const copyName = copy.name ?? (await askCopyName(app));
  const duplicate = await duplicateConnection(app.services, saved, { ...copy, name: copyName });
  await app.done(`Saved ${duplicate.role} ${duplicate.name}`);
  await app.print(connectionDetail(toConnection(duplicate)));
  return 'done';
}

async function askCopyName(app: App): Promise<string> {
  if (!app.interactive) throw missingFlags(['name']);
  const { askName } = await import('../../screens/connection-fields.ts');
  return askName(await askingOf(app), 'Name of the copy', await takenNameOf(app));
}
