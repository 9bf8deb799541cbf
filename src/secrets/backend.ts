import type { ConnectionCatalog } from '../connections/catalog.ts';
import type { SecretBackend } from '../connections/connection.ts';
import { SecretError } from '../connections/errors.ts';
import type { KeychainTrial } from './keychain.ts';

export interface BackendChoice {
  readonly catalog: Pick<ConnectionCatalog, 'secretBackend' | 'chooseSecretBackend'>;
  /** Called only when the keychain comes into question. */
  readonly tryKeychain: () => Promise<KeychainTrial>;
  /** Makes the vault: before it is decided for, so that one that can't be made decides nothing. */
  readonly makeVault: () => Promise<unknown>;
  /** What was asked for; it counts only where nothing was chosen before. */
  readonly prefer?: SecretBackend;
}

/**
 * The backend that a catalog stores its secrets in, decided once: the one it remembers; else the
 * one that was asked for; else the keychain where its trial passes, and the vault where it does not.
 *
 * @throws SecretError keychain_unavailable when the keychain was asked for and its trial fails
 */
export async function chooseBackend(choice: BackendChoice): Promise<SecretBackend> {
  const { catalog, prefer } = choice;
  const remembered = await catalog.secretBackend();
  if (remembered !== null) return remembered;
  const chooseVault = async () => {
    await choice.makeVault();
    return catalog.chooseSecretBackend('vault');
  };
  if (prefer === 'vault') return chooseVault();
  const trial = await choice.tryKeychain();
  if (prefer === 'keychain') requireKeychain(trial, 'use the vault: jackfield secrets init --backend vault');
  return trial.available ? catalog.chooseSecretBackend('keychain') : chooseVault();
}

/** @throws SecretError keychain_unavailable when its trial failed */
export function requireKeychain(
  { available, message }: KeychainTrial,
  fix = 'jackfield secrets status says more',
): void {
  if (available) return;
  throw new SecretError({
    code: 'keychain_unavailable',
    message: `the keychain was asked for and can't be used: ${message ?? 'its trial failed'}`,
    fix,
  });
}
