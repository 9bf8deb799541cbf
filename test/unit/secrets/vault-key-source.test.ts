import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/secrets/secret.ts';
import { VaultKeySource } from '../../../src/secrets/vault-key-source.ts';

let directory: string;
let keyFile: string;
let passphraseFile: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'jackfield-key-'));
  keyFile = join(directory, 'key');
  passphraseFile = join(directory, 'passphrase');
  await writeFile(keyFile, randomBytes(32), { mode: 0o600 });
  await writeFile(passphraseFile, ' from a file\n');
});
afterAll(() => rm(directory, { recursive: true }));

async function passphraseOf(environment: Record<string, string>): Promise<string> {
  const material = await new VaultKeySource({ environment }).read('open');
  if (material.kind !== 'passphrase') throw new Error('a key file');
  return material.passphrase.reveal();
}

describe('what the vault is opened with', () => {
  it('is what the one variable says that is set', async () => {
    expect(await passphraseOf({ JACKFIELD_PASSPHRASE: ' given \n' })).toBe(' given \n');
    expect(await passphraseOf({ JACKFIELD_PASSPHRASE_FILE: passphraseFile })).toBe(' from a file');
    const source = new VaultKeySource({ environment: { JACKFIELD_KEY_FILE: keyFile } });
    expect(await source.read('open')).toMatchObject({ kind: 'key-file', from: 'JACKFIELD_KEY_FILE' });
    expect(source.variable()).toBe('JACKFIELD_KEY_FILE');
  });

  it.each([
    [['JACKFIELD_KEY_FILE', 'JACKFIELD_PASSPHRASE']],
    [['JACKFIELD_PASSPHRASE', 'JACKFIELD_PASSPHRASE_FILE']],
    [['JACKFIELD_KEY_FILE', 'JACKFIELD_PASSPHRASE', 'JACKFIELD_PASSPHRASE_FILE']],
  ])('is ambiguous with %j', async (names) => {
    const environment = Object.fromEntries(names.map((name) => [name, passphraseFile]));
    const reading = new VaultKeySource({ environment }).read('open');
    await expect(reading).rejects.toMatchObject({
      code: 'vault_key_ambiguous',
      message: expect.stringContaining(names.join(' and ')),
    });
  });

  it('is asked for where no variable is set, and only there', async () => {
    const asked: string[] = [];
    const askPassphrase = async (purpose: string) => {
      asked.push(purpose);
      return new Secret('typed');
    };
    const material = await new VaultKeySource({ environment: {}, askPassphrase }).read('create');
    expect(material).toMatchObject({ kind: 'passphrase', from: 'prompt' });
    await new VaultKeySource({ environment: { JACKFIELD_PASSPHRASE: 'p' }, askPassphrase }).read('open');
    expect(asked).toEqual(['create']);
  });

  it('is nothing where nobody can be asked', async () => {
    await expect(new VaultKeySource({ environment: {} }).read('open')).rejects.toMatchObject({
      code: 'vault_locked',
      fix: expect.stringMatching(/JACKFIELD_KEY_FILE, JACKFIELD_PASSPHRASE, JACKFIELD_PASSPHRASE_FILE/),
    });
  });

  it('is never an empty passphrase', async () => {
    const empty = join(directory, 'empty');
    await writeFile(empty, '\n');
    const unfit = { code: 'vault_passphrase_unfit' };
    await expect(passphraseOf({ JACKFIELD_PASSPHRASE: '' })).rejects.toMatchObject(unfit);
    await expect(passphraseOf({ JACKFIELD_PASSPHRASE_FILE: empty })).rejects.toMatchObject(unfit);
    await expect(passphraseOf({ JACKFIELD_PASSPHRASE_FILE: join(directory, 'none') })).rejects.toMatchObject(
      unfit,
    );
    const askPassphrase = async () => new Secret('');
    await expect(new VaultKeySource({ environment: {}, askPassphrase }).read('open')).rejects.toMatchObject(
      unfit,
    );
  });
});

describe('a key file', () => {
  const unfit = { code: 'vault_key_file_unfit' };
  const read = (path: string) =>
    new VaultKeySource({ environment: { JACKFIELD_KEY_FILE: path } }).read('open');

  it.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o660, 0o602])(
    'is refused with mode %o',
    async (mode) => {
      const path = join(directory, `mode-${mode}`);
      await writeFile(path, randomBytes(32));
      await chmod(path, mode);
      await expect(read(path)).rejects.toMatchObject({ ...unfit, fix: expect.stringContaining('chmod 600') });
    },
  );

  it('is refused when it is short, missing, a directory or endless', async () => {
    const short = join(directory, 'short');
    await writeFile(short, randomBytes(31), { mode: 0o600 });
    for (const path of [short, join(directory, 'none'), directory, '/dev/zero', '']) {
      await expect(read(path)).rejects.toMatchObject(unfit);
    }
  });
});
