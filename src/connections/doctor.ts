import type { CatalogFinding, SecretLedgerEntry } from './catalog.ts';
import type { SavedConnection, SecretBackend } from './connection.ts';
import { JackfieldError } from './errors.ts';
import type { DoctorFinding } from './reports.ts';
import type { ConnectionServices } from './services.ts';
import { shellWord } from './shell-word.ts';

/** What doctor needs besides the services. */
export interface DoctorOptions {
  /** Remove what is an orphan for certain. */
  readonly fix: boolean;
  /** Whether the process that wrote a pending entry may still be at work. */
  isAtWork(owner: string): boolean;
}

/** A pending entry older than this is nobody's, whatever its process id says now. */
const staleAfterMs = 60 * 60 * 1000;

/**
 * Looks for secrets without rows and rows without secrets. It opens no secret and asks for no
 * passphrase; with `fix` it removes items that no row points to.
 */
export async function examineSecrets(
  services: ConnectionServices,
  options: DoctorOptions,
): Promise<DoctorFinding[]> {
  const connections = await (await services.catalog()).list();
  const findings = await examineOrphans(services, options);
  for (const backend of ['keychain', 'vault'] as const) {
    const stored = connections.filter(({ secretBackend }) => secretBackend === backend);
    findings.push(...(await examineItems(services, backend, stored)));
  }
  if (findings.length > 0) return findings;
  const stored = connections.filter(({ secretAccount }) => secretAccount !== null).length;
  return [finding('ok', 'secrets_in_order', `${stored} stored secrets, each with its connection`)];
}

/** Looks for secrets that no row points to, and removes them with `fix`. */
export async function examineOrphans(
  services: ConnectionServices,
  options: DoctorOptions,
): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  const catalog = await services.catalog();
  const names = new Map((await catalog.list()).map(({ id, name }) => [id, name]));
  for (const entry of await catalog.secretLedger()) {
    const name = names.get(entry.connectionId);
    // It may be the only password that the server takes.
    const isKept = entry.state === 'pending' && entry.rotation && name !== undefined;
    if (isKept) findings.push(examineRotation(services, entry, name, options));
    else if (entry.state !== 'live') findings.push(await examineOrphan(services, entry, options));
  }
  return findings;
}

function examineRotation(
  services: ConnectionServices,
  { owner, createdAt }: SecretLedgerEntry,
  name: string,
  { isAtWork }: DoctorOptions,
): DoctorFinding {
  const age = services.now().getTime() - Date.parse(createdAt);
  if (age < staleAfterMs && isAtWork(owner)) {
    return finding('ok', 'secret_being_saved', `the password of ${name} is being replaced by ${owner}`);
  }
  const message = `a rotation of ${name} was cut off: the server may ask for the former or the new password`;
  const fix = `jackfield connections rotate ${shellWord(name)} --generate`;
  return finding('problem', 'rotation_unfinished', message, fix);
}

async function examineOrphan(
  services: ConnectionServices,
  entry: SecretLedgerEntry,
  options: DoctorOptions,
): Promise<DoctorFinding> {
  const age = services.now().getTime() - Date.parse(entry.createdAt);
  if (entry.state === 'pending' && age < staleAfterMs && options.isAtWork(entry.owner)) {
    return finding('ok', 'secret_being_saved', `a secret is being saved by ${entry.owner}`);
  }
  const what =
    entry.state === 'pending'
      ? 'a save that was cut off left a secret'
      : 'a replaced or deleted secret is left';
  if (!options.fix) {
    return finding('problem', 'secret_orphan', `${what} in the ${entry.backend}`, 'jackfield doctor --fix');
  }
  try {
    await (await services.stores.open(entry.backend)).delete(entry.account);
    await (await services.catalog()).forgetSecret(entry.account);
    return finding('repaired', 'secret_orphan', `${what} in the ${entry.backend}; it was removed`);
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    return finding('problem', error.code, `${what}, and can't be removed: ${error.message}`, error.fix);
  }
}

/** Looks for the items of connections. A store that can't be looked at is not asked for each of them. */
async function examineItems(
  services: ConnectionServices,
  backend: SecretBackend,
  connections: readonly SavedConnection[],
): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  let seen = 0;
  try {
    for (const { secretAccount, name } of connections) {
      if (secretAccount === null) continue;
      const store = await services.stores.open(backend);
      const isThere = await store.has(secretAccount);
      seen += 1;
      if (isThere) continue;
      const fix = `jackfield connections edit ${shellWord(name)} --password-stdin`;
      findings.push(
        finding('problem', 'secret_missing', `the secret of ${name} is not in the ${backend}`, fix),
      );
    }
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    const what = `${connections.length - seen} of the secrets in the ${backend} can't be looked at`;
    findings.push(finding('unknown', error.code, `${what}: ${error.message}`, error.fix));
  }
  return findings;
}

function finding(
  status: DoctorFinding['status'],
  code: string,
  message: string,
  fix: string | null = null,
): DoctorFinding {
  return { check: 'secrets', status, code, message, fix };
}

/** Whether a report has anything that needs doing. */
export function isHealthy(findings: readonly Pick<DoctorFinding | CatalogFinding, 'status'>[]): boolean {
  return findings.every(({ status }) => status !== 'problem' && status !== 'unknown');
}
