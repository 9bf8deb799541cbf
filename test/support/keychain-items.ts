import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { TestKeyring } from './keyring.ts';

const run = promisify(execFile);
const library = createRequire(import.meta.url).resolve('@napi-rs/keyring');

/** Another client of a keyring: what it finds there under the service `jackfield`, text by account. */
export async function keychainItems(keyring: TestKeyring): Promise<Map<string, string>> {
  const found = await inClient(
    keyring,
    `const found = findCredentials('jackfield').map(({ account, password }) => [account, password]);
    process.stdout.write(JSON.stringify(found));`,
  );
  return new Map(JSON.parse(found) as [string, string][]);
}

/** Removes an item, as its user may with the desktop's own program. */
export async function removeKeychainItem(keyring: TestKeyring, account: string): Promise<void> {
  await inClient(
    keyring,
    `new Entry('jackfield', process.argv[2], { linux: { store: 'secret-service' } }).deletePassword();`,
    account,
  );
}

async function inClient(keyring: TestKeyring, script: string, ...args: string[]): Promise<string> {
  const wholeScript = `const { Entry, findCredentials } = require(process.argv[1]);\n${script}`;
  const { stdout } = await run(process.execPath, ['-e', wholeScript, library, ...args], {
    env: { ...keyring.env },
    timeout: 10_000,
  });
  return stdout;
}
