import type { Command } from 'commander';
import { leftBehindBy } from '../../cdc/left-behind.ts';
import { type SavedConnection, toConnection } from '../../connections/connection.ts';
import { RefusedError, UsageError } from '../../connections/errors.ts';
import { secretsOf } from '../../connections/secrets-of.ts';
import { requireConnection } from '../../connections/services.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import { type Pipeline, toPipeline, uses } from '../../pipelines/pipeline.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';

export interface ShowOptions {
  readonly name: string;
  readonly reveal: boolean;
}

export function declareShow(command: Command, act: Act, run = runShow): void {
  command
    .argument('<name>', 'name or id')
    .option('--reveal', 'show the password too, on a terminal only')
    .addHelpText(
      'after',
      examples('jackfield connections show orders', 'jackfield connections show orders --reveal'),
    )
    .action((name: string, flags: { reveal?: boolean }) =>
      act((app) => run(app, { name, reveal: flags.reveal === true })),
    );
}

export async function runShow(app: App, { name, reveal }: ShowOptions): Promise<Verdict> {
  if (reveal) refuseReveal(app);
  const catalog = await app.services.catalog();
  const saved = await requireConnection(catalog, name);
  const reference = 'reference' in saved.password ? saved.password.reference : null;
  const passwordText = reveal ? await passwordOf(app, saved) : undefined;
  const pipelines = await usersOf(app, saved);
  await app.print(
    connectionDetail(toConnection(saved), {
      reference,
      pipelines,
      ...(passwordText !== undefined && { passwordText }),
    }),
  );
  const left = await leftBehindBy(catalog, saved);
  if (left !== null) await app.warn(left.message, left.fix ?? undefined);
  return 'done';
}

/** How the pipelines stand that use it: for a person; JSON has their names. */
async function usersOf(app: App, { id, usedBy }: SavedConnection): Promise<Pipeline[]> {
  if (usedBy.length === 0 || app.settings.output !== 'table') return [];
  const pipelines = await (await app.services.pipelines()).list();
  return pipelines.filter((pipeline) => uses(pipeline, id)).map(toPipeline);
}

/** A password is shown to a person's eyes only, never to a file or another program. */
function refuseReveal(app: App): void {
  if (app.settings.output !== 'table') {
    throw new UsageError({
      code: 'conflicting_flags',
      message: `--reveal and --output ${app.settings.output} contradict each other: a password is never in them`,
      fix: 'leave --output out',
    });
  }
  if (app.streams.stdout.isTTY) return;
  throw new RefusedError({
    code: 'not_a_terminal',
    message: 'a password is revealed on a terminal only, and standard output is none',
    fix: 'run it at a terminal',
  });
}

async function passwordOf(app: App, saved: SavedConnection): Promise<string | undefined> {
  const { password } = await secretsOf(app.services, saved);
  return password?.reveal();
}
