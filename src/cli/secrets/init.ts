import type { Command } from 'commander';
import type { SecretBackend } from '../../connections/connection.ts';
import { initSecrets, secretsStatus as readStatus } from '../../connections/secret-backends.ts';
import { secretsStatus } from '../../output/secrets-status.ts';
import type { App, Verdict } from '../app.ts';
import { oneOf } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface InitOptions {
  readonly prefer: SecretBackend | null;
}

export function declareInit(command: Command, act: Act, run = runInit): void {
  command
    .option(
      '--backend <backend>',
      'keychain or vault; when left out, the keychain where it works',
      oneOf('--backend', ['keychain', 'vault']),
    )
    .addHelpText(
      'after',
      examples(
        'jackfield secrets init',
        'JACKFIELD_KEY_FILE=~/.jackfield-key jackfield secrets init --backend vault',
      ),
    )
    .action((flags: { backend?: SecretBackend }) =>
      act((app) => run(app, { prefer: flags.backend ?? null })),
    );
}

export async function runInit(app: App, { prefer }: InitOptions): Promise<Verdict> {
  const { backend, decidedNow } = await initSecrets(app.services, app.backends, prefer);
  await app.done(`Secrets ${decidedNow ? 'go' : 'went already'} to the ${backend}`);
  await app.print(secretsStatus(await readStatus(app.services, app.backends)));
  return 'done';
}
