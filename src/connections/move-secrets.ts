import type { SavedConnection, SecretBackend } from './connection.ts';
import { endpointOf } from './connection.ts';
import { type DoctorOptions, examineOrphans } from './doctor.ts';
import { JackfieldError, SecretError } from './errors.ts';
import type { SecretsMove } from './reports.ts';
import type { SecretBackends } from './secret-backends.ts';
import type { SecretItem, SecretStore } from './secret-store.ts';
import type { ConnectionServices } from './services.ts';
import { removeRetired, takeBack } from './store-secrets.ts';

export interface MoveOptions extends Pick<DoctorOptions, 'isAtWork'> {
  readonly signal: AbortSignal;
  /** Called before each secret. */
  onProgress(done: number, all: number): void;
}

/** What is wrong with one item alone: the others are moved all the same. */
const ownTroubles = new Set([
  'secret_missing',
  'secret_bound_elsewhere',
  'secret_damaged',
  'vault_damaged',
  'root_certificate_unreadable',
]);

/**
 * Moves the stored secrets of a catalog to another backend, where new ones go from its beginning on.
 * Each is written, read back and compared before its connection points to it, and removed from the
 * former place after that; a pending entry in the ledger comes first. Killed anywhere, each connection
 * has its secret in one place or the other, and the same call finishes the work and clears up.
 * @throws SecretError when a backend can't be used; InterruptedError between two secrets
 */
export async function moveSecrets(
  services: ConnectionServices,
  backends: SecretBackends,
  to: SecretBackend,
  options: MoveOptions,
): Promise<SecretsMove> {
  const catalog = await services.catalog();
  await backends.prepare(to);
  if ((await catalog.secretBackend()) !== to) await catalog.changeSecretBackend(to);
  const store = await services.stores.open(to);
  const moved: string[] = [];
  const failed: SecretsMove['failed'] = [];
  const given = new Set<string>();
  // Those that were added or edited by somebody who had opened the former backend come in a later round.
  for (let left = await leftBehind(services, to, given); left.length > 0; ) {
    for (const [index, saved] of left.entries()) {
      options.signal.throwIfAborted();
      options.onProgress(index, left.length);
      const outcome = await moveOne(services, saved, store);
      if (outcome === 'moved') moved.push(saved.name);
      if (typeof outcome === 'object') {
        failed.push({ connection: saved.name, ...outcome });
        given.add(saved.id);
      }
    }
    left = await leftBehind(services, to, given);
  }
  await clearUp(services, options);
  if (to === 'keychain' && failed.length === 0) await backends.removeEmptyVault();
  return { backend: to, moved, failed };
}

/** @param given those that were given up */
async function leftBehind(
  services: ConnectionServices,
  to: SecretBackend,
  given: ReadonlySet<string>,
): Promise<SavedConnection[]> {
  const connections = await (await services.catalog()).list();
  return connections.filter(
    ({ id, secretBackend }) => secretBackend !== null && secretBackend !== to && !given.has(id),
  );
}

/** @returns what is wrong where the item can't be read */
async function moveOne(
  services: ConnectionServices,
  saved: SavedConnection,
  store: SecretStore,
): Promise<'moved' | 'changed meanwhile' | Omit<SecretsMove['failed'][number], 'connection'>> {
  const { id, secretAccount: from, secretBackend } = saved;
  if (from === null || secretBackend === null) return 'changed meanwhile';
  const owner = { connectionId: id, endpoint: endpointOf(saved) };
  const catalog = await services.catalog();
  let item: SecretItem;
  try {
    item = await (await services.stores.open(secretBackend)).get(from, owner);
  } catch (error) {
    // Gone because somebody edited or deleted it since the list was read?
    const now = await catalog.find(id);
    if (now?.secretAccount !== from) return 'changed meanwhile';
    if (!(error instanceof SecretError && ownTroubles.has(error.code))) throw error;
    return { code: error.code, message: error.message, fix: error.fix };
  }
  const account = services.newId();
  await catalog.beginSecret(account, store.backend, id);
  try {
    await store.put(account, owner, item);
    if (!isSame(await store.get(account, owner), item)) throw notGivenBack(store.backend);
    if (await catalog.moveSecret(id, from, account)) {
      await removeRetired(services, id);
      return 'moved';
    }
  } catch (error) {
    await takeBack(catalog, store, account).catch(() => {});
    throw error;
  }
  await takeBack(catalog, store, account);
  return 'changed meanwhile';
}

/** Removes what a move that was killed has left. */
async function clearUp(services: ConnectionServices, { isAtWork }: MoveOptions): Promise<void> {
  try {
    for (const { status, message } of await examineOrphans(services, { fix: true, isAtWork }))
      if (status === 'problem') services.notice(`${message}; later: jackfield doctor --fix`);
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    services.notice(
      `what was left over could not be looked at (${error.message}); later: jackfield doctor --fix`,
    );
  }
}

function isSame(one: SecretItem, other: SecretItem): boolean {
  const texts = ({ password, sslKeyPassword }: SecretItem) =>
    JSON.stringify([password?.reveal() ?? null, sslKeyPassword?.reveal() ?? null]);
  return texts(one) === texts(other);
}

function notGivenBack(backend: SecretBackend): SecretError {
  return new SecretError({
    code: 'secret_not_kept',
    message: `the ${backend} does not give back what was stored in it; the secret stays where it was`,
    fix: 'jackfield secrets status says more',
  });
}
