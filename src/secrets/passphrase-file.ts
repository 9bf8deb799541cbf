import { SecretError } from '../connections/errors.ts';
import { secretText } from './secret-text.ts';
import { readSmallFile, whyUnreadable } from './small-file.ts';

const maxFileBytes = 64 * 1024;

/**
 * The passphrase that a file holds, without its last line break.
 * @param variable the variable that names the file, for the message
 * @throws SecretError by the given code
 */
export async function readPassphraseFile(path: string, variable: string, code: string): Promise<string> {
  const unfit = (what: string, cause?: unknown) =>
    new SecretError({
      code,
      message: `the file that ${variable} names ${what}`,
      fix: 'name a text file with the passphrase',
      cause,
    });
  const { bytes } = await readSmallFile(path, maxFileBytes).catch((error: unknown) => {
    throw unfit(whyUnreadable(error), error);
  });
  const text = secretText(bytes);
  if (text === null) throw unfit('is not UTF-8 text');
  return text;
}
