import type { SecretsStatus } from '../connections/reports.ts';
import type { Answer } from './answer.ts';
import { keyValues } from './table.ts';

/** The answer of `secrets status`: secretsStatusSchema. */
export function secretsStatus(status: SecretsStatus): Answer {
  const { backend, keychain, vault, stored, references } = status;
  return {
    value: status,
    columns: [
      'backend',
      'keychainAvailable',
      'keychainMessage',
      'vaultExists',
      'vaultKdf',
      'vaultOpenedBy',
      'stored',
      'references',
    ],
    records: () => [
      {
        backend,
        keychainAvailable: keychain.available,
        keychainMessage: keychain.message,
        vaultExists: vault.exists,
        vaultKdf: vault.kdf,
        vaultOpenedBy: vault.openedBy,
        stored,
        references,
      },
    ],
    text: (view) =>
      keyValues(
        [
          [
            'Secrets are kept in',
            backend === null ? 'not chosen yet: the first secret decides' : `the ${backend}`,
          ],
          ['Stored', String(stored)],
          ['References', String(references)],
          ['Keychain', withReason(keychain.available ? 'available' : 'not available', keychain.message)],
          ['Vault', vault.exists ? withReason('exists', vault.kdf) : 'not made yet'],
          [
            'Vault is opened by',
            vault.exists ? (vault.openedBy ?? 'nothing at hand: it would be asked for') : vault.openedBy,
          ],
        ],
        view,
      ),
  };
}

function withReason(text: string, reason: string | null): string {
  return reason === null ? text : `${text}: ${reason}`;
}
