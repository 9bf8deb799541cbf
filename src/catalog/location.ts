import { closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from './faults.ts';

/** The catalog's file in a home directory, or another of ours beside it. */
export function catalogFile(home: string, name = 'catalog.db'): string {
  return join(resolve(home), name);
}

/** What SQLite may keep beside the catalog while it is open, and what a crash leaves there. */
export function sidecarFiles(file: string): string[] {
  return [`${file}-wal`, `${file}-shm`, `${file}-journal`];
}

/**
 * Makes the home directory, 0700, with its parents in the system's default mode. One that exists is
 * left as it is.
 */
export function makeHome(home: string): void {
  const parent = dirname(home);
  try {
    makeDirectory(home, 0o700);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    makeParents(parent);
    makeDirectory(home, 0o700);
  }
  syncDirectory(parent);
}

/** Not mkdir's own recursion, which below /proc, where all is said to be missing, goes on for ever. */
function makeParents(directory: string): void {
  const parent = dirname(directory);
  if (parent === directory || existsSync(directory)) return;
  makeParents(parent);
  makeDirectory(directory);
}

/** One that another process has made is as good. */
function makeDirectory(directory: string, mode?: number): void {
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Makes the catalog's file, empty and 0600, before SQLite sees it: SQLite would make it 0644 and
 * follow a symbolic link. One that exists is left as it is.
 */
export function makeFile(file: string): void {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  // Windows knows no O_NOFOLLOW; O_EXCL alone refuses a link that is there.
  const flags = O_RDWR | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0);
  try {
    closeSync(openSync(file, flags, 0o600));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  syncDirectory(dirname(file));
}

/** Makes the entries of a directory durable. Windows does so by itself and opens no directory. */
export function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some network file systems can't sync a directory; what they promise is all there is.
    if (!['EINVAL', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
