import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterwards } from './clean-up.ts';

/**
 * The environment of a machine without a keychain, whose vault is opened by a key file: nobody is asked,
 * and no half second goes into deriving a key from a passphrase.
 */
export function keyFileEnv(): { readonly JACKFIELD_KEY_FILE: string } {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-key-'));
  afterwards(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'key');
  writeFileSync(file, randomBytes(32), { mode: 0o600 });
  return { JACKFIELD_KEY_FILE: file };
}
