import { SecretError } from '../connections/errors.ts';
import { readPassphraseFile } from './passphrase-file.ts';
import { Secret } from './secret.ts';
import { readSmallFile, whyUnreadable } from './small-file.ts';

const variables = ['JACKFIELD_KEY_FILE', 'JACKFIELD_PASSPHRASE', 'JACKFIELD_PASSPHRASE_FILE'] as const;
type Variable = (typeof variables)[number];

const maxFileBytes = 64 * 1024;
const minKeyFileBytes = 32;

/** What the vault is opened with. */
export type VaultKeyMaterial =
  | { readonly kind: 'passphrase'; readonly passphrase: Secret; readonly from: Variable | 'prompt' }
  | { readonly kind: 'key-file'; readonly bytes: Buffer; readonly from: 'JACKFIELD_KEY_FILE' };

/**
 * What the passphrase is asked for: an existing vault, the same after one that did not open it, or a
 * new vault (ask twice).
 */
export type VaultPurpose = 'open' | 'open-again' | 'create';

export interface VaultKeySettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks a person; given only where there is one. */
  readonly askPassphrase?: (purpose: VaultPurpose) => Promise<Secret>;
}

/**
 * Where the vault's key comes from: JACKFIELD_KEY_FILE, JACKFIELD_PASSPHRASE,
 * JACKFIELD_PASSPHRASE_FILE, or else a question to a person.
 */
export class VaultKeySource {
  readonly #settings: VaultKeySettings;

  constructor(settings: VaultKeySettings) {
    this.#settings = settings;
  }

  /**
   * The variable that is set, or null. A variable that is set to nothing is set: it is refused when
   * it is read, not passed over.
   * @throws SecretError vault_key_ambiguous when more than one is set
   */
  variable(): Variable | null {
    const set = variables.filter((name) => this.#settings.environment[name] !== undefined);
    if (set.length > 1) {
      throw new SecretError({
        code: 'vault_key_ambiguous',
        message: `${set.join(' and ')} are set, and only one of them may be`,
        fix: `unset ${set.slice(1).join(' and ')}`,
      });
    }
    return set[0] ?? null;
  }

  /**
   * Reads the key file or passphrase, or asks for it.
   * @throws SecretError vault_key_ambiguous, vault_locked (there is nothing to open it with),
   * vault_key_file_unfit, vault_passphrase_unfit
   */
  async read(purpose: VaultPurpose): Promise<VaultKeyMaterial> {
    const variable = this.variable();
    if (variable === null) return this.#ask(purpose);
    const value = this.#settings.environment[variable] ?? '';
    if (variable === 'JACKFIELD_KEY_FILE') {
      return { kind: 'key-file', bytes: await readKeyFile(value), from: variable };
    }
    const text =
      variable === 'JACKFIELD_PASSPHRASE'
        ? value
        : await readPassphraseFile(value, variable, 'vault_passphrase_unfit');
    if (text === '') throw emptyPassphrase(variable);
    return { kind: 'passphrase', passphrase: new Secret(text), from: variable };
  }

  async #ask(purpose: VaultPurpose): Promise<VaultKeyMaterial> {
    const { askPassphrase } = this.#settings;
    if (askPassphrase === undefined) throw locked(purpose);
    const passphrase = await askPassphrase(purpose);
    if (passphrase.isEmpty) throw emptyPassphrase('prompt');
    return { kind: 'passphrase', passphrase, from: 'prompt' };
  }
}

async function readKeyFile(path: string): Promise<Buffer> {
  const { bytes, stat } = await readSmallFile(path, maxFileBytes).catch((error: unknown) => {
    throw unfitKeyFile(`${whyUnreadable(error)}`, 'name a file with at least 32 random bytes', error);
  });
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    throw unfitKeyFile('is open to its group or to others', 'close it: chmod 600 "$JACKFIELD_KEY_FILE"');
  }
  if (bytes.length < minKeyFileBytes) {
    throw unfitKeyFile(
      `holds ${bytes.length} bytes, and needs at least ${minKeyFileBytes}`,
      'make one: (umask 077; head -c 32 /dev/urandom > FILE)',
    );
  }
  return bytes;
}

function unfitKeyFile(what: string, fix: string, cause?: unknown): SecretError {
  const message = `the file that JACKFIELD_KEY_FILE names ${what}`;
  return new SecretError({ code: 'vault_key_file_unfit', message, fix, cause });
}

function emptyPassphrase(from: Variable | 'prompt'): SecretError {
  return new SecretError({
    code: 'vault_passphrase_unfit',
    message: from === 'prompt' ? 'the passphrase is empty' : `the passphrase from ${from} is empty`,
    fix: from === 'prompt' ? 'enter a passphrase' : `set ${from} to a passphrase, or unset it`,
  });
}

function locked(purpose: VaultPurpose): SecretError {
  const verb = purpose === 'create' ? 'make' : 'open';
  return new SecretError({
    code: 'vault_locked',
    message: `there is nothing to ${verb} the vault with`,
    fix: `set one of ${variables.join(', ')}, or run it on a terminal, where it asks`,
  });
}
