import { refuseTakenName } from './add.ts';
import { endpointOf, type Role, type SavedConnection } from './connection.ts';
import { checkName } from './names.ts';
import { savedAsInput, storedSecretsOf } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { storeThenSave } from './store-secrets.ts';

/**
 * Saves the same endpoint once more under another name, in the other role unless one is given. The
 * copy gets a secret item of its own, bound to itself; it was never tested, as roles are.
 * @throws UsageError bad_name; RefusedError name_taken; SecretError when the secret can't be read
 */
export async function duplicateConnection(
  services: ConnectionServices,
  saved: SavedConnection,
  copy: { name: string; role?: Role },
): Promise<SavedConnection> {
  const name = checkName(copy.name);
  await refuseTakenName(services, name);
  const role = copy.role ?? (saved.role === 'source' ? 'destination' : 'source');
  const endpoint = endpointOf(saved);
  const stored = await storedSecretsOf(services, saved);
  const inputs = {
    password: savedAsInput(saved.password, stored?.password),
    sslKeyPassword: savedAsInput(saved.sslKeyPassword, stored?.sslKeyPassword),
  };
  const id = services.newId();
  const catalog = await services.catalog();
  return storeThenSave(services, { connectionId: id, endpoint }, inputs, (pointers) =>
    catalog.add(id, {
      ...endpoint,
      name,
      role,
      provider: saved.provider,
      tags: saved.tags,
      // It is allowed for one connection, not for its copies.
      allowWrite: false,
      ...pointers,
    }),
  );
}
