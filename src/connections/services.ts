import { nearNames } from '../metadata/near-names.ts';
import type { MetadataStore } from '../metadata/store.ts';
import type { PipelineCatalog } from '../pipelines/catalog.ts';
import type { ConnectionCatalog } from './catalog.ts';
import type { SavedConnection, SecretBackend } from './connection.ts';
import type { ConnectorRegistry } from './connector.ts';
import { NotFoundError } from './errors.ts';
import type { ReferenceResolver, SecretStore } from './secret-store.ts';
import { shellWord } from './shell-word.ts';
import { shownWord } from './shown-word.ts';

/** The stores of secrets this catalog uses. */
interface SecretStores {
  /** The store an existing item is in. */
  open(backend: SecretBackend): Promise<SecretStore>;
  /** The store new items go to: decided once a catalog, remembered in it. @throws SecretError */
  choose(): Promise<SecretStore>;
}

/** What the use cases work with; main makes it, each part when it is first asked for. */
export interface ConnectionServices {
  catalog(): Promise<ConnectionCatalog>;
  /** The pipelines, of the same catalog. */
  pipelines(): Promise<PipelineCatalog>;
  /** The cache of what discoveries found. */
  metadata(): Promise<MetadataStore>;
  readonly stores: SecretStores;
  readonly references: ReferenceResolver;
  readonly connectors: ConnectorRegistry;
  /** Between refreshes of a source for which nothing was decided; null: only when asked; absent: as ever. */
  readonly refreshEveryMs?: number | null;
  /** Something the user should know that is not the answer; goes to stderr. */
  notice(text: string): void;
  now(): Date;
  /** A fresh UUID. */
  newId(): string;
}

/** The connection of that name or id. @throws NotFoundError no_such_connection */
export async function requireConnection(
  catalog: ConnectionCatalog,
  nameOrId: string,
): Promise<SavedConnection> {
  const found = await catalog.find(nameOrId);
  if (found) return found;
  const near = nearNames(nameOrId, await catalog.list(), ({ name }) => name);
  const meant = near.map(({ name }) => shellWord(name)).join(' or ');
  throw new NotFoundError({
    code: 'no_such_connection',
    message: `there is no connection ${shownWord(nameOrId)}`,
    fix: meant === '' ? 'jackfield connections list shows those there are' : `did you mean ${meant}?`,
  });
}
