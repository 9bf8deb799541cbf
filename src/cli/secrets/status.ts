import type { Command } from 'commander';
import { secretsStatus as readStatus } from '../../connections/secret-backends.ts';
import { secretsStatus } from '../../output/secrets-status.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';

export function declareStatus(command: Command, act: Act, run = runStatus): void {
  command.addHelpText('after', examples('jackfield secrets status')).action(() => act(run));
}

export async function runStatus(app: App): Promise<Verdict> {
  await app.print(secretsStatus(await readStatus(app.services, app.backends)));
  return 'done';
}
