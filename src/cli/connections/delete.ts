import type { Command } from 'commander';
import { leftByDeletion } from '../../cdc/left-behind.ts';
import type { SavedConnection } from '../../connections/connection.ts';
import { deleteConnection, disconnectedFrom, refuseCaptured, refuseUsed } from '../../connections/delete.ts';
import { RefusedError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { forgetDeleted } from '../../metadata/refresh-due.ts';
import { deletedNames } from '../../output/deleted-names.ts';
import { lossOf, lostSides, retargetCommand } from '../../pipelines/pipeline.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { type Act, examples } from '../verb.ts';

export interface DeleteOptions {
  readonly names: readonly string[];
  readonly yes: boolean;
  readonly force: boolean;
}

export function declareDelete(command: Command, act: Act, run = runDelete): void {
  command
    .argument('<name...>', 'names or ids')
    .option('--yes', 'do not ask')
    .option(
      '--force',
      'delete although active pipelines use it, which are disconnected then, or CDC is set up',
    )
    .addHelpText(
      'after',
      examples('jackfield connections delete orders', 'jackfield connections rm orders --yes'),
    )
    .action((names: string[], flags: { yes?: boolean; force?: boolean }) =>
      act((app) => run(app, { names, yes: flags.yes === true, force: flags.force === true })),
    );
}

export async function runDelete(app: App, { names, yes, force }: DeleteOptions): Promise<Verdict> {
  const catalog = await app.services.catalog();
  // All are found before the first is deleted: a slip in the last name deletes nothing.
  const found = new Map<string, SavedConnection>();
  for (const name of names) {
    const connection = await requireConnection(catalog, name);
    found.set(connection.id, connection);
  }
  const connections = [...found.values()];
  if (!force) {
    await refuseUsed(app.services, connections);
    await refuseCaptured(app.services, connections);
  }
  if (!yes) await confirmEach(app, connections);
  const setups = (await catalog.cdcRecords()).filter(({ connection }) => found.has(connection.id));
  const deleted: string[] = [];
  for (const connection of connections) {
    if (await deleteConnection(app.services, connection, { force })) deleted.push(connection.name);
  }
  if (deleted.length > 0) await forgetDeleted(app.services);
  await app.done(deleted.length === 0 ? 'They were gone already' : `Deleted ${deleted.join(', ')}`);
  await warnOfDisconnected(app, connections);
  for (const setup of setups) {
    const { message, fix } = leftByDeletion(setup);
    await app.warn(message, fix ?? undefined);
  }
  await app.print(deletedNames(deleted));
  return 'done';
}

/** Tells which pipelines have lost a connection, and how each gets another. */
async function warnOfDisconnected(app: App, connections: readonly SavedConnection[]): Promise<void> {
  for (const pipeline of await disconnectedFrom(app.services, connections)) {
    const fix = retargetCommand(pipeline.name, ...lostSides(pipeline));
    await app.warn(
      `the ${pipeline.state} pipeline ${pipeline.name} is disconnected: ${lossOf(pipeline)}`,
      fix,
    );
  }
}

async function confirmEach(app: App, connections: readonly SavedConnection[]): Promise<void> {
  const words = connections.map(({ name }) => shellWord(name)).join(' ');
  const refusal = (message: string) =>
    new RefusedError({ code: 'not_confirmed', message, fix: `jackfield connections delete ${words} --yes` });
  if (!app.interactive) throw refusal('deleting needs a confirmation, and nobody can be asked here');
  const { confirmByName } = await import('../../screens/confirm.ts');
  const asking = await askingOf(app);
  for (const { name, role, host, database, usedBy } of connections) {
    const users = usedBy.length === 0 ? '' : ` What uses it will be disconnected: ${usedBy.join(', ')}.`;
    const what = `The ${role} ${name} (${host}/${database}) and its password will be gone.${users}`;
    const confirmed = await confirmByName(asking, what, name);
    if (!confirmed) throw refusal('that is not its name: nothing was deleted');
  }
}
