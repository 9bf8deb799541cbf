import { describe, expect, it } from 'vitest';
import type { SecretBackend } from '../../../src/connections/connection.ts';
import { chooseBackend } from '../../../src/secrets/backend.ts';

function catalogWith(remembered: SecretBackend | null) {
  let backend = remembered;
  return {
    secretBackend: async () => backend,
    chooseSecretBackend: async (choice: SecretBackend) => {
      backend ??= choice;
      return backend;
    },
  };
}

const passes = async () => ({ available: true, message: null });
const fails = async () => ({ available: false, message: 'the keychain is locked' });
const makeVault = async () => true;
const neverTried = async () => {
  throw new Error('the keychain was tried');
};

describe('the backend of a catalog', () => {
  it('is the one it remembers, whatever is asked for', async () => {
    for (const remembered of ['keychain', 'vault'] as const) {
      for (const prefer of ['keychain', 'vault'] as const) {
        const choice = { catalog: catalogWith(remembered), tryKeychain: neverTried, makeVault, prefer };
        expect(await chooseBackend(choice)).toBe(remembered);
      }
    }
  });

  it('is the keychain where its trial passes, else the vault, and is remembered', async () => {
    for (const [tryKeychain, backend] of [
      [passes, 'keychain'],
      [fails, 'vault'],
    ] as const) {
      const catalog = catalogWith(null);
      expect(await chooseBackend({ catalog, tryKeychain, makeVault })).toBe(backend);
      expect(await catalog.secretBackend()).toBe(backend);
    }
  });

  it('is what was asked for, or an error: never something else', async () => {
    const catalog = catalogWith(null);
    const asked = chooseBackend({ catalog, tryKeychain: fails, makeVault, prefer: 'keychain' });
    await expect(asked).rejects.toMatchObject({
      code: 'keychain_unavailable',
      message: expect.stringContaining('locked'),
    });
    expect(await catalog.secretBackend()).toBeNull();
    expect(await chooseBackend({ catalog, tryKeychain: neverTried, makeVault, prefer: 'vault' })).toBe(
      'vault',
    );
  });

  it('is the one in force when another process chose first', async () => {
    const catalog = { ...catalogWith(null), chooseSecretBackend: async () => 'vault' as const };
    expect(await chooseBackend({ catalog, tryKeychain: passes, makeVault })).toBe('vault');
  });

  it('is not decided for the vault when the vault can not be made', async () => {
    const catalog = catalogWith(null);
    const makeVault = async () => {
      throw new Error('no passphrase');
    };
    await expect(chooseBackend({ catalog, tryKeychain: fails, makeVault })).rejects.toThrow('no passphrase');
    expect(await catalog.secretBackend()).toBeNull();
  });
});
