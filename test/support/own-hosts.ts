import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What a program is run under to resolve names by a hosts file of its own: a mount namespace, which is
 * gone with it (unshare(1)).
 * @param addresses lines of hosts(5)
 */
export function underHosts(...addresses: readonly string[]): readonly string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'jackfield-hosts-')), 'hosts');
  writeFileSync(file, addresses.map((line) => `${line}\n`).join(''));
  return ['unshare', '-rm', 'sh', '-c', `mount --bind ${file} /etc/hosts && exec "$@"`, 'sh'];
}

/** Why a program can't have a hosts file of its own here; null where it can. */
export function noOwnHosts(): string | null {
  const [program = '', ...words] = [...underHosts('127.0.0.1 localhost'), 'true'];
  try {
    execFileSync(program, words, { stdio: 'ignore' });
    return null;
  } catch {
    return 'no mount namespace can be made here (unshare -rm)';
  }
}
