import { SecretError } from '../connections/errors.ts';
import { readPassphraseFile } from './passphrase-file.ts';
import { Secret } from './secret.ts';
import { readSmallFile, whyUnreadable } from './small-file.ts';

/** What opens the vault. */
const openingVariables = ['JACKFIELD_KEY_FILE', 'JACKFIELD_PASSPHRASE', 'JACKFIELD_PASSPHRASE_FILE'] as const;
/** What is to open it from now on, where it gets a new key. */
export const newKeyVariables = [
  'JACKFIELD_NEW_KEY_FILE',
  'JACKFIELD_NEW_PASSPHRASE',
  'JACKFIELD_NEW_PASSPHRASE_FILE',
] as const;
type Variable = (typeof openingVariables | typeof newKeyVariables)[number];

const maxFileBytes = 64 * 1024;
const minKeyFileBytes = 32;

/** What the vault is opened with. */
export type VaultKeyMaterial =
  | { readonly kind: 'passphrase'; readonly passphrase: Secret; readonly from: Variable | 'prompt' }
  | { readonly kind: 'key-file'; readonly bytes: Buffer; readonly from: Variable };

/**
 * What the passphrase is asked for: an existing vault, the same after one that did not open it, or a
 * new vault, or the new one of a vault that is there (ask twice).
 */
export type VaultPurpose = 'open' | 'open-again' | 'create' | 'replace';

export interface VaultKeySettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks a person; given only where there is one. */
  readonly askPassphrase?: (purpose: VaultPurpose) => Promise<Secret>;
  /** The variables to look at: the key file's, the passphrase's, the passphrase file's; those that open when left out. */
  readonly variables?: typeof openingVariables | typeof newKeyVariables;
}

/**
 * Where the vault's key comes from: JACKFIELD_KEY_FILE, JACKFIELD_PASSPHRASE,
 * JACKFIELD_PASSPHRASE_FILE (or the other variables it was told), or else a question to a person.
 */
export class VaultKeySource {
  readonly #settings: VaultKeySettings;
  readonly #variables: typeof openingVariables | typeof newKeyVariables;

  constructor(settings: VaultKeySettings) {
    this.#settings = settings;
    this.#variables = settings.variables ?? openingVariables;
  }

  /**
   * The variable that is set, or null. A variable that is set to nothing is set: it is refused when
   * it is read, not passed over.
   * @throws SecretError vault_key_ambiguous when more than one is set
   */
  variable(): Variable | null {
    const set = this.#variables.filter((name) => this.#settings.environment[name] !== undefined);
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
    const [keyFile, passphrase] = this.#variables;
    if (variable === keyFile) {
      return { kind: 'key-file', bytes: await readKeyFile(variable, value), from: variable };
    }
    const text =
      variable === passphrase ? value : await readPassphraseFile(value, variable, 'vault_passphrase_unfit');
    if (text === '') throw emptyPassphrase(variable);
    return { kind: 'passphrase', passphrase: new Secret(text), from: variable };
  }

  async #ask(purpose: VaultPurpose): Promise<VaultKeyMaterial> {
    const { askPassphrase } = this.#settings;
    if (askPassphrase === undefined) throw locked(purpose, this.#variables);
    const passphrase = await askPassphrase(purpose);
    if (passphrase.isEmpty) throw emptyPassphrase('prompt');
    return { kind: 'passphrase', passphrase, from: 'prompt' };
  }
}

async function readKeyFile(variable: Variable, path: string): Promise<Buffer> {
  const { bytes, stat } = await readSmallFile(path, maxFileBytes).catch((error: unknown) => {
    throw unfitKeyFile(variable, whyUnreadable(error), 'name a file with at least 32 random bytes', error);
  });
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    throw unfitKeyFile(variable, 'is open to its group or to others', `close it: chmod 600 "$${variable}"`);
  }
  if (bytes.length < minKeyFileBytes) {
    throw unfitKeyFile(
      variable,
      `holds ${bytes.length} bytes, and needs at least ${minKeyFileBytes}`,
      'make one: (umask 077; head -c 32 /dev/urandom > FILE)',
    );
  }
  return bytes;
}

function unfitKeyFile(variable: Variable, what: string, fix: string, cause?: unknown): SecretError {
  const message = `the file that ${variable} names ${what}`;
  return new SecretError({ code: 'vault_key_file_unfit', message, fix, cause });
}

function emptyPassphrase(from: Variable | 'prompt'): SecretError {
  return new SecretError({
    code: 'vault_passphrase_unfit',
    message: from === 'prompt' ? 'the passphrase is empty' : `the passphrase from ${from} is empty`,
    fix: from === 'prompt' ? 'enter a passphrase' : `set ${from} to a passphrase, or unset it`,
  });
}

function locked(purpose: VaultPurpose, variables: readonly Variable[]): SecretError {
  const verb = purpose === 'create' ? 'make' : 'open';
  const message =
    purpose === 'replace'
      ? 'nothing says what is to open the vault from now on'
      : `there is nothing to ${verb} the vault with`;
  return new SecretError({
    code: 'vault_locked',
    message,
    fix: `set one of ${variables.join(', ')}, or run it on a terminal, where it asks`,
  });
}
