import type { SecretBackend } from './connection.ts';
import { RefusedError } from './errors.ts';
import type { SecretsStatus } from './reports.ts';
import type { ConnectionServices } from './services.ts';

/** What the adapters tell and do about where secrets are kept; a port of the domain. */
export interface SecretBackends {
  /** Sets, reads and deletes an item: whether the OS's keychain can be trusted with one. */
  tryKeychain(): Promise<{ available: boolean; message: string | null }>;
  /** Tells of the vault without opening it. @throws SecretError */
  vaultStatus(): Promise<SecretsStatus['vault']>;
  /**
   * Decides the backend of this catalog if it is not decided yet, and makes the vault where that is it.
   * @throws SecretError
   */
  choose(prefer: SecretBackend | null): Promise<SecretBackend>;
}

/** Where this catalog's secrets are and whether they can be had; opens nothing. @throws SecretError */
export async function secretsStatus(
  services: ConnectionServices,
  backends: SecretBackends,
): Promise<SecretsStatus> {
  const catalog = await services.catalog();
  const [backend, ledger, connections] = [
    await catalog.secretBackend(),
    await catalog.secretLedger(),
    await catalog.list(),
  ];
  const isReference = ({ password }: (typeof connections)[number]) =>
    password.kind !== 'none' && password.kind !== 'stored';
  return {
    backend,
    keychain: await backends.tryKeychain(),
    vault: await backends.vaultStatus(),
    stored: ledger.filter(({ state }) => state === 'live').length,
    references: connections.filter(isReference).length,
  };
}

/**
 * Decides where this catalog's secrets go.
 * @throws RefusedError backend_decided when it is decided otherwise; SecretError
 */
export async function initSecrets(
  services: ConnectionServices,
  backends: SecretBackends,
  prefer: SecretBackend | null,
): Promise<{ backend: SecretBackend; decidedNow: boolean }> {
  const decided = await (await services.catalog()).secretBackend();
  if (decided !== null && prefer !== null && prefer !== decided) {
    throw new RefusedError({
      code: 'backend_decided',
      message: `this catalog keeps its secrets in the ${decided}, which is decided once`,
      fix: 'start another catalog with --home DIR, or stay with this one',
    });
  }
  return { backend: await backends.choose(prefer), decidedNow: decided === null };
}
