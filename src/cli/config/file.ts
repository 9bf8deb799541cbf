import { mkdirSync, readFileSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../connections/errors.ts';
import { whyNotWritten } from '../write-reason.ts';

/** A larger one is none of ours. */
const mostBytes = 64 * 1024;

export type ConfigFile = Readonly<Record<string, unknown>>;

export function configPath(home: string): string {
  return join(home, 'config.json');
}

/**
 * What the file of a home directory holds, unchecked; nothing where there is none.
 * @throws UsageError bad_config when it can't be read, or is no JSON object
 */
export function readConfigFile(home: string): ConfigFile {
  const path = configPath(home);
  try {
    const stat = statOf(path);
    if (stat === null) return {};
    if (!stat.isFile() || stat.size > mostBytes) throw new Error('it is no file, or too large');
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    throw new Error('it is no JSON object');
  } catch (error) {
    throw badFile(path, error);
  }
}

/** Null where nothing can be looked at: of a home that is no directory, or closed, the catalog tells. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Replaces the file as a whole, 0600, in a home directory that is made, 0700, where there is none. @throws UsageError bad_config */
export function writeConfigFile(home: string, config: ConfigFile): void {
  const path = configPath(home);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(temporary, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw notWritten(path, error);
  }
}

function notWritten(path: string, error: unknown): UsageError {
  return new UsageError({
    code: 'bad_config',
    message: `the file ${path} can't be written (${whyNotWritten(error)})`,
    fix: 'see to its directory, or name another home: --home DIR',
    cause: error,
  });
}

function badFile(path: string, error: unknown): UsageError {
  const reason =
    error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : String(error);
  return new UsageError({
    code: 'bad_config',
    message: `the file ${path} can't be read: ${reason}`,
    fix: 'correct it, or start afresh: jackfield config unset --all',
    cause: error,
  });
}
