import { SecretError } from '../connections/errors.ts';
import { readPassphraseFile } from './passphrase-file.ts';
import { Secret } from './secret.ts';

const variable = 'JACKFIELD_EXPORT_PASSPHRASE';
const fileVariable = 'JACKFIELD_EXPORT_PASSPHRASE_FILE';

/** What the passphrase of an export is asked for: to open it, once more after a wrong one, or to make it. */
export type ExportPurpose = 'open' | 'open-again' | 'create';

export interface ExportPassphraseSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks a person; given only where there is one. */
  readonly askPassphrase?: (purpose: ExportPurpose) => Promise<Secret>;
}

/**
 * The passphrase of an export, from JACKFIELD_EXPORT_PASSPHRASE, JACKFIELD_EXPORT_PASSPHRASE_FILE or a
 * person.
 * @throws SecretError export_locked, export_passphrase_unfit; InterruptedError
 */
export async function exportPassphrase(
  { environment, askPassphrase }: ExportPassphraseSettings,
  purpose: ExportPurpose,
): Promise<Secret> {
  const [said, file] = [environment[variable], environment[fileVariable]];
  if (said !== undefined && file !== undefined) {
    throw unfit(`${variable} and ${fileVariable} are both set`, 'unset one of them');
  }
  if (said === undefined && file === undefined) {
    if (askPassphrase) return askPassphrase(purpose);
    throw new SecretError({
      code: 'export_locked',
      message: `there is no passphrase to ${purpose === 'create' ? 'seal' : 'open'} the export with`,
      fix: `set ${variable} or ${fileVariable}, or run it on a terminal, where it asks`,
    });
  }
  const text = said ?? (await readPassphraseFile(file ?? '', fileVariable, 'export_passphrase_unfit'));
  if (text !== '') return new Secret(text);
  throw unfit(
    'the passphrase of the export is empty',
    `set ${said === undefined ? fileVariable : variable} to one`,
  );
}

/** Whether a person is asked for it, and may try again. */
export function asksPerson({ environment, askPassphrase }: ExportPassphraseSettings): boolean {
  return (
    environment[variable] === undefined &&
    environment[fileVariable] === undefined &&
    askPassphrase !== undefined
  );
}

function unfit(message: string, fix: string): SecretError {
  return new SecretError({ code: 'export_passphrase_unfit', message, fix });
}
