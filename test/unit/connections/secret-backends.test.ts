import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import type { SecretBackend } from '../../../src/connections/connection.ts';
import { secretsStatusSchema } from '../../../src/connections/schema.ts';
import { initSecrets, type SecretBackends, secretsStatus } from '../../../src/connections/secret-backends.ts';
import type { SecretInput } from '../../../src/connections/secrets-of.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';

const none: SecretInput = { kind: 'none' };

/** The adapters: a keychain that works, a vault that is not made, and what they were asked. */
function backendsOf(services: InMemoryServices) {
  const asked: (SecretBackend | null)[] = [];
  const backends: SecretBackends = {
    tryKeychain: async () => ({ available: true, message: null }),
    vaultStatus: async () => ({ exists: false, kdf: null, openedBy: null }),
    choose: async (prefer) => {
      asked.push(prefer);
      return services.inCatalog.chooseSecretBackend(prefer ?? 'keychain');
    },
    prepare: async () => {},
    rotateVault: async () => null,
    removeEmptyVault: async () => {},
  };
  return { asked, backends };
}

async function save(services: InMemoryServices, name: string, password: SecretInput, sslKeyPassword = none) {
  const secrets = { password, sslKeyPassword };
  await addConnection(services, { name, role: 'source', endpoint: anEndpoint(), tags: [], secrets }, null);
}

describe('the status of secrets', () => {
  it('counts what is stored and what is a reference', async () => {
    const services = inMemoryServices();
    const { backends } = backendsOf(services);
    const before = secretsStatusSchema.parse(await secretsStatus(services, backends));
    expect(before).toMatchObject({ backend: null, stored: 0, references: 0 });

    const stored: SecretInput = { kind: 'secret', secret: new Secret('p') };
    await save(services, 'stored', stored);
    await save(services, 'both', stored, stored);
    await save(services, 'variable', { kind: 'env', reference: 'env:A' });
    await save(services, 'program', { kind: 'cmd', reference: 'cmd:a' }, stored);
    await save(services, 'open', none);
    await services.inCatalog.beginSecret('pending', 'keychain', 'nobody');
    expect(secretsStatusSchema.parse(await secretsStatus(services, backends))).toEqual({
      backend: 'keychain',
      keychain: { available: true, message: null },
      vault: { exists: false, kdf: null, openedBy: null },
      stored: 3,
      references: 2,
    });
  });
});

describe('deciding where secrets go', () => {
  it.each<[SecretBackend | null, SecretBackend]>([
    [null, 'keychain'],
    ['keychain', 'keychain'],
    ['vault', 'vault'],
  ])('is done once: %s', async (prefer, backend) => {
    const services = inMemoryServices();
    const { asked, backends } = backendsOf(services);
    expect(await initSecrets(services, backends, prefer)).toEqual({ backend, decidedNow: true });
    expect(asked).toEqual([prefer]);
    expect(await initSecrets(services, backends, null)).toEqual({ backend, decidedNow: false });
    expect(await initSecrets(services, backends, backend)).toEqual({ backend, decidedNow: false });
  });

  it('is refused when it was decided otherwise', async () => {
    const services = inMemoryServices();
    const { asked, backends } = backendsOf(services);
    await services.inCatalog.chooseSecretBackend('keychain');
    await expect(initSecrets(services, backends, 'vault')).rejects.toMatchObject({ code: 'backend_decided' });
    expect(asked).toEqual([]);
  });
});
