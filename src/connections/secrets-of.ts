import type { Secret } from '../secrets/secret.ts';
import { endpointOf, type SavedConnection, type SecretSource } from './connection.ts';
import type { SecretItem } from './secret-store.ts';
import type { ConnectionServices } from './services.ts';

/** A secret as a command was given it. */
export type SecretInput =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: Secret }
  | Extract<SecretSource, { reference: string }>;

/** The two secrets a connection may have, as a command was given them. */
export interface SecretInputs {
  readonly password: SecretInput;
  readonly sslKeyPassword: SecretInput;
}

export const noSecretInputs: SecretInputs = { password: { kind: 'none' }, sslKeyPassword: { kind: 'none' } };

/**
 * The secrets of a saved connection, from its store and references.
 * @throws SecretError
 */
export async function secretsOf(services: ConnectionServices, saved: SavedConnection): Promise<SecretItem> {
  const stored = await storedSecretsOf(services, saved);
  const [password, sslKeyPassword] = await Promise.all([
    resolve(services, saved.password, stored?.password ?? null),
    resolve(services, saved.sslKeyPassword, stored?.sslKeyPassword ?? null),
  ]);
  return { password, sslKeyPassword };
}

/** The item a connection's stored secrets are in; null when it has none. @throws SecretError */
export async function storedSecretsOf(
  services: ConnectionServices,
  saved: SavedConnection,
): Promise<SecretItem | null> {
  const { secretAccount, secretBackend } = saved;
  if (secretAccount === null || secretBackend === null) return null;
  const owner = { connectionId: saved.id, endpoint: endpointOf(saved) };
  return (await services.stores.open(secretBackend)).get(secretAccount, owner);
}

/** The secrets a command was given, references resolved. @throws SecretError */
export async function secretsFromInput(
  services: ConnectionServices,
  inputs: SecretInputs,
): Promise<SecretItem> {
  const get = async (input: SecretInput) => {
    if (input.kind === 'none') return null;
    return input.kind === 'secret' ? input.secret : services.references.resolve(input);
  };
  const [password, sslKeyPassword] = await Promise.all([get(inputs.password), get(inputs.sslKeyPassword)]);
  return { password, sslKeyPassword };
}

/** A saved secret as the input that saves it again, where the row it belongs to is written anew. */
export function savedAsInput(source: SecretSource, stored: Secret | null | undefined): SecretInput {
  if (source.kind !== 'stored') return source;
  return stored ? { kind: 'secret', secret: stored } : { kind: 'none' };
}

async function resolve(
  services: ConnectionServices,
  source: SecretSource,
  stored: Secret | null,
): Promise<Secret | null> {
  if (source.kind === 'none') return null;
  return source.kind === 'stored' ? stored : services.references.resolve(source);
}
