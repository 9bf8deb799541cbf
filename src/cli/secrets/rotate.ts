import type { Command } from 'commander';
import { secretsStatus as readStatus, rotateVaultKey } from '../../connections/secret-backends.ts';
import { secretsStatus } from '../../output/secrets-status.ts';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';

export function declareRotateVault(command: Command, act: Act, run = runRotateVault): void {
  command
    .addHelpText(
      'after',
      `
The vault is opened as ever. What is to open it from now on is given by one of JACKFIELD_NEW_PASSPHRASE,
JACKFIELD_NEW_PASSPHRASE_FILE and JACKFIELD_NEW_KEY_FILE, or is asked for twice. Killed at any instant,
either the former one opens the vault or the new one does.
${examples(
  'jackfield secrets rotate',
  'JACKFIELD_KEY_FILE=key JACKFIELD_NEW_KEY_FILE=key.new jackfield secrets rotate',
)}`,
    )
    .action(() => act(run));
}

export async function runRotateVault(app: App): Promise<Verdict> {
  const progress = app.progress('sealing the passwords under a new key');
  const count = await rotateVaultKey(app.services, app.backends).finally(() => progress.stop());
  const what = count === 1 ? 'one password was' : `${count} passwords were`;
  await app.done(`The vault has a new key: ${what} sealed anew`);
  await app.print(secretsStatus(await readStatus(app.services, app.backends)));
  return 'done';
}
