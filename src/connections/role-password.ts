import type { Secret } from '../secrets/secret.ts';
import type { Endpoint } from './connection.ts';
import type { SecretItem } from './secret-store.ts';

/** Who logs in where, and how long it may take. */
export interface RoleLogin {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  /** The whole of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The passwords of a kind of database's roles: each role changes its own. */
export interface RolePasswords {
  /** A strong one, of characters that neither a URL nor a shell has to escape. */
  generate(): Secret;

  /**
   * Whether the server lets the role in by its password; false where it refuses just that.
   * @throws RefusedError password_not_checked where it lets it in by something else; ServerError for all
   * else; InterruptedError
   */
  logsIn(login: RoleLogin): Promise<boolean>;

  /**
   * Opens a session in which the role can change its password.
   * @throws RefusedError password_not_checked, password_encryption_weak, pooler_between, server_read_only;
   * ServerError; InterruptedError
   */
  open(login: RoleLogin): Promise<PasswordSession>;
}

/** A change of a password has two steps, so that what happened is not known for an instant alone. */
export interface PasswordSession {
  /**
   * Changes the password in a transaction that is left open: without {@link commit} nothing has changed.
   * No server, log or listener sees it: what is sent only proves it.
   * @throws ServerError password_not_changed and faults of the session; InterruptedError
   */
  prepare(password: Secret): Promise<void>;

  /** Makes the change hold. Where it throws, whether it does is not known. @throws ServerError; InterruptedError */
  commit(): Promise<void>;

  close(): void;
}
