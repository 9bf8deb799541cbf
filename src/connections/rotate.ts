import type { SecretLedgerEntry } from './catalog.ts';
import { endpointOf, type SavedConnection } from './connection.ts';
import { endpointDifferences } from './endpoint.ts';
import { JackfieldError, RefusedError, ServerError } from './errors.ts';
import { changedMeanwhile, rotationUnderWay } from './refusals.ts';
import type { RoleLogin } from './role-password.ts';
import type { SecretItem } from './secret-store.ts';
import { secretsOf } from './secrets-of.ts';
import { type ConnectionServices, requireConnection } from './services.ts';
import { shellWord } from './shell-word.ts';
import { removeRetired, takeBack } from './store-secrets.ts';
import { testAfterEdit } from './test.ts';

export interface RotationOptions {
  /** Of each conversation with the server, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether the process that began a rotation may still be at it. */
  isAtWork(owner: string): boolean;
}

/** A rotation that no process is at any more is given up after this, whatever its process id says now. */
const staleAfterMs = 60 * 60 * 1000;

/** The connections whose stored password is the same role's on the same server, and goes stale with it. */
export async function sharersOf(
  services: ConnectionServices,
  saved: SavedConnection,
): Promise<SavedConnection[]> {
  const all = await (await services.catalog()).list();
  const fields = ['connector', 'host', 'port', 'username'] as const;
  return all.filter((it) => it.id !== saved.id && fields.every((field) => it[field] === saved[field]));
}

/**
 * Gives the role of a connection a generated password, by its own session. The new one is in the keychain or
 * vault before the server learns of it, so that killed at any point the old or the new one logs in, and
 * {@link finishRotation} finds out which.
 * @throws as RolePasswords.open; RefusedError rotation_under_way, rotation_undone, changed_meanwhile;
 * ServerError; SecretError; InterruptedError
 */
export async function generatePassword(
  services: ConnectionServices,
  saved: SavedConnection,
  options: RotationOptions,
): Promise<SavedConnection> {
  const { passwords } = await services.connectors.load(saved.connector);
  const endpoint = endpointOf(saved);
  const secrets = await secretsOf(services, saved);
  const login = { endpoint, ...options };
  const session = await passwords.open({ ...login, secrets }).catch((error: unknown) => {
    throw named(error, saved);
  });
  try {
    const password = passwords.generate();
    const item = {
      password,
      sslKeyPassword: saved.sslKeyPassword.kind === 'stored' ? secrets.sslKeyPassword : null,
    };
    const { account, drop } = await hold(services, saved, item);
    try {
      await session.prepare(password);
    } catch (error) {
      await drop();
      throw error;
    }
    try {
      await session.commit();
      if (!(await passwords.logsIn({ ...login, secrets: { ...secrets, password } }))) {
        // An undetected pooler, or hosts that are not one server: whoever is asked here still wants the former.
        if (secrets.password) await session.prepare(secrets.password);
        await session.commit();
        await drop();
        throw undone(saved);
      }
      return await makeCurrent(services, saved, account);
    } catch (error) {
      if (!(error instanceof RefusedError && error.code === 'rotation_undone')) {
        services.notice(`whether the new password is in use is to be found out: ${again(saved)}`);
      }
      throw error;
    }
  } finally {
    session.close();
  }
}

/**
 * Finds out what became of a rotation that was cut off, by logging in with both passwords, and keeps the one
 * that holds.
 * @returns the connection as it is now where the new one does; `former` where the former one does; null where
 * nothing was cut off
 * @throws RefusedError rotation_under_way; ServerError rotation_unresolved where neither logs in; as
 * RolePasswords.logsIn; SecretError
 */
export async function finishRotation(
  services: ConnectionServices,
  saved: SavedConnection,
  options: RotationOptions,
): Promise<SavedConnection | 'former' | null> {
  const entry = await rotationOf(services, saved, options);
  if (entry === null) return null;
  const { account } = entry;
  const catalog = await services.catalog();
  const store = await services.stores.open(entry.backend);
  if (!(await store.has(account))) {
    // The server is told of what is stored alone.
    await takeBack(catalog, store, account);
    return 'former';
  }
  const { passwords } = await services.connectors.load(saved.connector);
  const endpoint = endpointOf(saved);
  const held = await store.get(account, { connectionId: saved.id, endpoint });
  const secrets = await secretsOf(services, saved);
  const logsIn = (some: SecretItem) => {
    const login: RoleLogin = { endpoint, secrets: some, ...options };
    return passwords.logsIn(login);
  };
  if (await logsIn({ ...secrets, password: held.password })) return makeCurrent(services, saved, account);
  if (!(await logsIn(secrets))) throw unresolved(saved);
  await takeBack(catalog, store, account);
  return 'former';
}

/**
 * Forgets a rotation that was cut off, once another password was tested and saved.
 * @throws RefusedError rotation_under_way; SecretError
 */
export async function dropRotation(
  services: ConnectionServices,
  saved: SavedConnection,
  options: Pick<RotationOptions, 'isAtWork'>,
): Promise<void> {
  const entry = await rotationOf(services, saved, options);
  if (entry === null) return;
  await takeBack(await services.catalog(), await services.stores.open(entry.backend), entry.account);
}

/** The rotation of a connection that was cut off. @throws RefusedError rotation_under_way */
export async function rotationOf(
  services: ConnectionServices,
  saved: SavedConnection,
  { isAtWork }: Pick<RotationOptions, 'isAtWork'>,
): Promise<SecretLedgerEntry | null> {
  const ledger = await (await services.catalog()).secretLedger();
  const entry = ledger.find((it) => it.state === 'pending' && it.rotation && it.connectionId === saved.id);
  if (entry === undefined) return null;
  const age = services.now().getTime() - Date.parse(entry.createdAt);
  if (age < staleAfterMs && isAtWork(entry.owner)) throw rotationUnderWay(saved.name, entry.owner);
  return entry;
}

/** Stores the new password where only a rotation looks for it. */
async function hold(services: ConnectionServices, saved: SavedConnection, item: SecretItem) {
  const catalog = await services.catalog();
  const store = await services.stores.choose();
  const account = services.newId();
  const drop = () => takeBack(catalog, store, account);
  await catalog.beginSecret(account, store.backend, saved.id, { rotation: true });
  try {
    await store.put(account, { connectionId: saved.id, endpoint: endpointOf(saved) }, item);
  } catch (error) {
    await drop().catch(() => {});
    throw error;
  }
  return { account, drop };
}

/** Points the connection to the new item, and removes the former one. Another edit meanwhile is not undone. */
async function makeCurrent(
  services: ConnectionServices,
  saved: SavedConnection,
  account: string,
): Promise<SavedConnection> {
  const catalog = await services.catalog();
  for (;;) {
    const now = await requireConnection(catalog, saved.id);
    const isOther = endpointDifferences(endpointOf(saved), endpointOf(now)).length > 0;
    if (isOther || now.secretAccount !== saved.secretAccount) throw changedMeanwhile(saved.name);
    const { name, role, provider, tags, allowWrite, password, sslKeyPassword } = now;
    const row = { ...endpointOf(now), name, role, provider, tags, allowWrite, password, sslKeyPassword };
    try {
      const draft = { ...row, secretAccount: account };
      const changed = await catalog.update(now.id, now.revision, draft, testAfterEdit(now.lastTest));
      await removeRetired(services, saved.id);
      return changed;
    } catch (error) {
      if (!(error instanceof JackfieldError && error.code === 'changed_meanwhile')) throw error;
    }
  }
}

/** A refused password is the stored one, and nobody but its owner knows the right one. */
function named(error: unknown, { name }: SavedConnection): unknown {
  if (!(error instanceof ServerError) || error.code !== 'password_refused') return error;
  const { code, message, cause } = error;
  const fix = `give the one that holds first: jackfield connections rotate ${shellWord(name)} --password-stdin`;
  return new ServerError({ code, message, fix, cause });
}

function again({ name }: SavedConnection): string {
  return `jackfield connections rotate ${shellWord(name)} --generate`;
}

function undone(saved: SavedConnection): RefusedError {
  return new RefusedError({
    code: 'rotation_undone',
    message: `the server took the new password of ${saved.username}, and did not let it in by that: the former one was put back`,
    fix: 'connect to the server itself, not to a pooler or to several hosts',
  });
}

function unresolved(saved: SavedConnection): ServerError {
  return new ServerError({
    code: 'rotation_unresolved',
    message: `a rotation of ${saved.name} was cut off, and the server lets ${saved.username} in by neither the former nor the new password`,
    fix: `have a password set at the server, then: jackfield connections rotate ${shellWord(saved.name)} --password-stdin`,
  });
}
