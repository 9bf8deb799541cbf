import type { Secret } from '../secrets/secret.ts';
import type { ConnectionCatalog } from './catalog.ts';
import type { Endpoint, SecretSource } from './connection.ts';
import { JackfieldError } from './errors.ts';
import type { SecretItem, SecretStore } from './secret-store.ts';
import type { SecretInput, SecretInputs } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';

/** Where a row's secrets are, as the row says it. */
export interface SecretPointers {
  readonly password: SecretSource;
  readonly sslKeyPassword: SecretSource;
  readonly secretAccount: string | null;
}

/** Whose secrets are stored. */
export interface SecretTarget {
  readonly connectionId: string;
  readonly endpoint: Endpoint;
}

/**
 * Stores what is to be stored and saves the row that points to it, in the order that survives a
 * crash at any point: a pending entry in the ledger, the item, then the row, which makes the entry
 * live. When saving the row fails the item is removed again.
 * @param save writes the row, and makes the ledger entry live with it
 */
export async function storeThenSave<T>(
  services: ConnectionServices,
  target: SecretTarget,
  inputs: SecretInputs,
  save: (pointers: SecretPointers) => Promise<T>,
): Promise<T> {
  const item: SecretItem = {
    password: toStore(inputs.password),
    sslKeyPassword: toStore(inputs.sslKeyPassword),
  };
  const sources = { password: sourceOf(inputs.password), sslKeyPassword: sourceOf(inputs.sslKeyPassword) };
  if (item.password === null && item.sslKeyPassword === null)
    return save({ ...sources, secretAccount: null });

  const catalog = await services.catalog();
  const store = await services.stores.choose();
  const account = services.newId();
  await catalog.beginSecret(account, store.backend, target.connectionId);
  try {
    await store.put(account, target, item);
    return await save({ ...sources, secretAccount: account });
  } catch (error) {
    await takeBack(catalog, store, account).catch(() => {});
    throw error;
  }
}

/**
 * Removes the item of a save that failed. Best effort: what is left behind stays in the ledger, and
 * doctor finds it. A save whose answer was lost on the way may have been done after all: its entry is
 * live then, and its item stays.
 */
export async function takeBack(
  catalog: ConnectionCatalog,
  store: SecretStore,
  account: string,
): Promise<void> {
  const entry = (await catalog.secretLedger()).find((it) => it.account === account);
  if (entry?.state === 'live') return;
  await store.delete(account);
  await catalog.forgetSecret(account);
}

/**
 * Removes the items of a connection that no row points to any more: those that an edit or its deletion
 * retired. It must not undo what was saved: what can't be removed now stays retired in the ledger, and
 * the user is told.
 */
export async function removeRetired(services: ConnectionServices, connectionId: string): Promise<void> {
  let where = 'catalog';
  try {
    const catalog = await services.catalog();
    for (const { account, backend, state, connectionId: owner } of await catalog.secretLedger()) {
      if (state !== 'retired' || owner !== connectionId) continue;
      where = backend;
      await (await services.stores.open(backend)).delete(account);
      await catalog.forgetSecret(account);
    }
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    services.notice(
      `the former secret could not be removed from the ${where} (${error.message}); later: jackfield doctor --fix`,
    );
  }
}

function toStore(input: SecretInput): Secret | null {
  return input.kind === 'secret' ? input.secret : null;
}

function sourceOf(input: SecretInput): SecretSource {
  return input.kind === 'secret' ? { kind: 'stored' } : input;
}
