import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Vault } from '../../src/secrets/vault.ts';
import { VaultKeySource } from '../../src/secrets/vault-key-source.ts';
import { InMemoryVaultStorage } from '../support/in-memory-vault-storage.ts';
import { describeSecretStore } from './secret-store.ts';

describeSecretStore('the vault with a key file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'jackfield-vault-'));
  const keyFile = join(directory, 'key');
  await writeFile(keyFile, randomBytes(32), { mode: 0o600 });
  return {
    ...twoVaults({ JACKFIELD_KEY_FILE: keyFile }),
    close: () => rm(directory, { recursive: true }),
  };
});

describeSecretStore('the vault with a passphrase', async () => ({
  ...twoVaults({ JACKFIELD_PASSPHRASE: 'eleven green bottles' }),
  close: async () => {},
}));

function twoVaults(environment: Record<string, string>) {
  const storage = new InMemoryVaultStorage();
  const vault = () => new Vault(storage, new VaultKeySource({ environment }));
  return { store: vault(), another: vault() };
}
