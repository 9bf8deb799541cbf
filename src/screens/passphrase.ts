import { Secret } from '../secrets/secret.ts';
import { type Asking, askSecret } from './ask.ts';

/**
 * Asks for the vault's passphrase; twice, until both are the same, where the vault is made.
 * @throws InterruptedError
 */
export async function askPassphrase(asking: Asking, purpose: 'open' | 'create'): Promise<Secret> {
  if (purpose === 'open') return askSecret(asking, 'Passphrase of the vault (not shown)');
  const long = (text: string) => text.length >= 8 || 'use 8 characters or more: it guards every password';
  for (;;) {
    const first = await askSecret(asking, 'New passphrase for the vault (not shown)', long);
    const second = await askSecret(asking, 'The same once more');
    if (first.reveal() === second.reveal()) return new Secret(first.reveal());
    asking.stderr.write('  They differ; once again.\n');
  }
}
