import type { SqliteMetadataStore } from './catalog/metadata-store.ts';
import type { SqliteCatalog } from './catalog/sqlite-catalog.ts';
import type { App } from './cli/app.ts';
import type { SecretBackend } from './connections/connection.ts';
import type { ConnectorRegistry } from './connections/connector.ts';
import type { ExportSealer } from './connections/exchange/sealing.ts';
import type { SecretStore } from './connections/secret-store.ts';
import type { ConnectionServices } from './connections/services.ts';
import { connectorRegistry } from './connectors/registry.ts';
import type { ExportPurpose } from './secrets/export-passphrase.ts';
import type { Secret } from './secrets/secret.ts';
import type { VaultPurpose } from './secrets/vault-key-source.ts';

/** What is put together for one run of the program. */
export interface Services {
  readonly connections: ConnectionServices;
  readonly backends: App['backends'];
  readonly sealer: ExportSealer;
}

/** Puts the adapters together, each made when it is first used. */
export function makeServices(parts: {
  environment: Readonly<Record<string, string | undefined>>;
  interactive: boolean;
  signal: AbortSignal;
  /** Given only where there is a person. */
  askPassphrase?: (purpose: VaultPurpose) => Promise<Secret>;
  askExportPassphrase?: (purpose: ExportPurpose) => Promise<Secret>;
  catalog: () => Promise<SqliteCatalog>;
  metadata: () => Promise<SqliteMetadataStore>;
  /** As {@link ConnectionServices} has it. */
  refreshEveryMs?: number | null;
  notice: (text: string) => void;
}): Services {
  const { environment, interactive, signal, askPassphrase, catalog } = parts;
  // A person may have to unlock the keychain in a window; a script does not wait for one.
  const keychainSettings = { environment, timeoutMs: interactive ? 60_000 : 3_000, signal };
  const stores = new Map<SecretBackend, Promise<SecretStore>>();
  const store = (backend: SecretBackend) => {
    const made = stores.get(backend) ?? (backend === 'keychain' ? makeKeychain() : makeVault());
    stores.set(backend, made);
    return made;
  };
  const makeKeychain = async () => new (await import('./secrets/keychain.ts')).Keychain(keychainSettings);
  const makeVault = async () => {
    const [{ Vault }, { VaultKeySource }] = await Promise.all([
      import('./secrets/vault.ts'),
      import('./secrets/vault-key-source.ts'),
    ]);
    const source = new VaultKeySource({ environment, ...(askPassphrase && { askPassphrase }) });
    return new Vault(await catalog(), source);
  };
  const backends: App['backends'] = {
    tryKeychain: async () => (await import('./secrets/keychain.ts')).tryKeychain(keychainSettings),
    vaultStatus: async () => (await import('./secrets/vault.ts')).vaultStatus(await catalog(), environment),
    choose: async (prefer) => {
      const { chooseBackend } = await import('./secrets/backend.ts');
      return chooseBackend({
        catalog: await catalog(),
        tryKeychain: backends.tryKeychain,
        makeVault: async () => (await makeVaultOnce()).create(),
        ...(prefer && { prefer }),
      });
    },
    prepare: async (backend) => {
      if (backend === 'vault') await (await makeVaultOnce()).unlock();
      else (await import('./secrets/backend.ts')).requireKeychain(await backends.tryKeychain());
    },
    rotateVault: async (nameOf) => {
      const { newKeyVariables, VaultKeySource } = await import('./secrets/vault-key-source.ts');
      const asked = { environment, ...(askPassphrase && { askPassphrase }), variables: newKeyVariables };
      return (await makeVaultOnce()).rotate(new VaultKeySource(asked), nameOf);
    },
    removeEmptyVault: async () => (await catalog()).removeEmptyVault(),
  };
  const makeVaultOnce = async () => {
    const { Vault } = await import('./secrets/vault.ts');
    const vault = await store('vault');
    if (!(vault instanceof Vault)) throw new Error('the store of the vault is no vault');
    return vault;
  };
  const connections: ConnectionServices = {
    catalog,
    pipelines: async () => (await catalog()).pipelines,
    metadata: parts.metadata,
    connectors: verifyingAnyway(environment, parts.notice),
    stores: { open: store, choose: async () => store(await backends.choose(null)) },
    references: {
      resolve: async (source) => (await references()).resolve(source),
    },
    ...(parts.refreshEveryMs !== undefined && { refreshEveryMs: parts.refreshEveryMs }),
    notice: parts.notice,
    now: () => new Date(),
    // The Web's, which loads node:crypto when it is first called.
    newId: () => crypto.randomUUID(),
  };
  let resolver: Promise<ConnectionServices['references']> | undefined;
  const references = () => {
    resolver ??= import('./secrets/references.ts').then(
      ({ References }) => new References({ environment, signal, showsStderr: interactive }),
    );
    return resolver;
  };
  const sealedExport = async () => {
    const { SealedExport } = await import('./secrets/sealed-export.ts');
    const { askExportPassphrase } = parts;
    return new SealedExport({
      environment,
      ...(askExportPassphrase && { askPassphrase: askExportPassphrase }),
    });
  };
  const sealer: ExportSealer = {
    seal: async (text) => (await sealedExport()).seal(text),
    open: async (sealed) => (await sealedExport()).open(sealed),
  };
  return { connections, backends, sealer };
}

/** The connectors. Who loads one is told once that Node's switch for all programs turns nothing off here. */
function verifyingAnyway(
  environment: Readonly<Record<string, string | undefined>>,
  notice: (text: string) => void,
): ConnectorRegistry {
  let told = environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0';
  return {
    names: connectorRegistry.names,
    load: (name) => {
      if (!told) {
        notice(
          "NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect: certificates are verified as a connection's SSL mode says",
        );
      }
      told = true;
      return connectorRegistry.load(name);
    },
  };
}
