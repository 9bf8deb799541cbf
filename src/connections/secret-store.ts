import type { Secret } from '../secrets/secret.ts';
import type { Endpoint, SecretBackend, SecretSource } from './connection.ts';

/** What one item of a secret store holds. */
export interface SecretItem {
  readonly password: Secret | null;
  /** What opens the client key. */
  readonly sslKeyPassword: Secret | null;
}

/**
 * What an item is bound to: the connection it belongs to and the endpoint it may be sent to.
 * Whoever changes the catalog behind our back gets no secret for another host.
 */
export interface SecretOwner {
  readonly connectionId: string;
  readonly endpoint: Endpoint;
}

/**
 * A store of secrets (the OS keychain, or the vault), a port of the domain. One item an account;
 * accounts are fresh UUIDs, an item is never overwritten by another.
 */
export interface SecretStore {
  readonly backend: SecretBackend;

  /** Writes an item, sealed for its owner. @throws SecretError */
  put(account: string, owner: SecretOwner, item: SecretItem): Promise<void>;

  /**
   * Reads an item for its owner.
   * @throws SecretError secret_missing (no such item), secret_bound_elsewhere (the endpoint or the
   * connection is not the one it was stored for), secret_damaged; keychain_locked,
   * keychain_unavailable, keychain_timeout; vault_locked (nothing to open it with),
   * vault_wrong_passphrase, vault_damaged
   */
  get(account: string, owner: SecretOwner): Promise<SecretItem>;

  /** Removes an item; one that is not there is no error. @throws SecretError when it can't be reached */
  delete(account: string): Promise<void>;

  /** Whether the item is there, without opening it (no passphrase is asked for). @throws SecretError */
  has(account: string): Promise<boolean>;
}

/** Resolves a reference to a secret. */
export interface ReferenceResolver {
  /**
   * The text a reference stands for, resolved once a run.
   * @throws SecretError reference_missing (no such variable or file), reference_failed (the
   * program's exit code, a time-out), reference_empty
   */
  resolve(source: Extract<SecretSource, { reference: string }>): Promise<Secret>;
}
