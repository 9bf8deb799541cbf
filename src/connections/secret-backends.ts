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
  /** Makes sure that a backend can take secrets: tries the keychain, opens or makes the vault. @throws SecretError */
  prepare(backend: SecretBackend): Promise<void>;
  /**
   * Gives the vault a new key, all of it or nothing.
   * @param nameOf what an account's secret is called, for the error
   * @returns the number of secrets; null where there is no vault
   * @throws SecretError
   */
  rotateVault(nameOf: (account: string) => string): Promise<number | null>;
  /** Forgets the key of a vault that holds nothing; any other stays. */
  removeEmptyVault(): Promise<void>;
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
      message: `this catalog keeps its secrets in the ${decided} already`,
      fix: `move them: jackfield secrets move --to ${prefer}`,
    });
  }
  return { backend: await backends.choose(prefer), decidedNow: decided === null };
}

/**
 * Gives the vault a new key.
 * @returns the number of secrets that were sealed anew
 * @throws RefusedError no_vault; SecretError
 */
export async function rotateVaultKey(
  services: ConnectionServices,
  backends: SecretBackends,
): Promise<number> {
  const connections = await (await services.catalog()).list();
  const names = new Map(connections.map(({ secretAccount, name }) => [secretAccount, name]));
  const count = await backends.rotateVault((account) => names.get(account) ?? 'a connection that is gone');
  if (count !== null) return count;
  throw new RefusedError({
    code: 'no_vault',
    message: 'this catalog has no vault, so there is no key to replace',
    fix: 'jackfield secrets status tells where secrets are kept',
  });
}
