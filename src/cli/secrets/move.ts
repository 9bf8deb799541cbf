import type { Command } from 'commander';
import type { SecretBackend } from '../../connections/connection.ts';
import { SecretError, UsageError } from '../../connections/errors.ts';
import { moveSecrets } from '../../connections/move-secrets.ts';
import type { SecretsMove } from '../../connections/reports.ts';
import { secretsMove } from '../../output/secrets-move.ts';
import type { App, Verdict } from '../app.ts';
import { oneOf } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface MoveFlags {
  to?: SecretBackend;
}

export function declareMove(command: Command, act: Act, run = runMove): void {
  command
    .option('--to <backend>', 'keychain or vault', oneOf('--to', ['keychain', 'vault']))
    .addHelpText(
      'after',
      `
New passwords go there from the beginning. Each is written, read back and compared before it is removed
from where it was. Interrupted or killed, the same command goes on where it stood.
${examples('jackfield secrets move --to keychain', 'JACKFIELD_KEY_FILE=key jackfield secrets move --to vault')}`,
    )
    .action((flags: MoveFlags) => act((app) => run(app, flags)));
}

export async function runMove(app: App, { to }: MoveFlags): Promise<Verdict> {
  if (to === undefined) throw missingTarget();
  const progress = app.progress(`moving passwords to the ${to}`);
  const done = await moveSecrets(app.services, app.backends, to, {
    signal: app.signal,
    isAtWork: app.isAtWork,
    onProgress: (index, all) => progress.update(`moving passwords to the ${to}: ${index + 1} of ${all}`),
  }).finally(() => progress.stop());
  await app.done(
    `${done.moved.length === 1 ? 'One password was' : `${done.moved.length} passwords were`} moved to the ${to}`,
  );
  await app.print(secretsMove(done));
  if (done.failed.length > 0) throw leftBehind(done);
  return 'done';
}

function missingTarget(): UsageError {
  return new UsageError({
    code: 'missing_flags',
    message: 'nothing says where the passwords are to go',
    fix: 'add --to keychain or --to vault',
  });
}

function leftBehind({ failed, backend }: SecretsMove): SecretError {
  const [first] = failed;
  const which = failed.length === 1 ? `the password of ${first?.connection}` : `${failed.length} passwords`;
  return new SecretError({
    code: 'secrets_left_behind',
    message: `${which} can't be read, and did not go to the ${backend}`,
    fix: 'enter them again with jackfield connections edit NAME --password-stdin, and repeat this',
  });
}
