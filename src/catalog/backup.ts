import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { syncDirectory } from './location.ts';

/**
 * Copies a catalog to `<file>.before-<version>`, 0600, and leaves the copy for good. One that is
 * there with another content is kept as well, and the new one gets a number. To be called with the
 * write lock held, so that nobody changes the catalog or makes a copy at the same time.
 *
 * @param reader a connection of its own: VACUUM INTO can't run in a transaction. A plain copy of the
 * file would miss what is in the write-ahead log
 * @returns the copy's path
 * @throws SQLite's and the system's errors; there is no half copy then
 */
export function backUp(reader: Database.Database, file: string, version: number): string {
  const partial = `${file}.before-${version}.partial`;
  // Only a killed run leaves one.
  rmSync(partial, { force: true });
  try {
    const { O_RDWR, O_CREAT, O_EXCL } = constants;
    const descriptor = openSync(partial, O_RDWR | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
    try {
      reader.prepare('VACUUM INTO ?').run(partial);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return keep(partial, `${file}.before-${version}`);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

function keep(partial: string, wanted: string): string {
  const content = readFileSync(partial);
  for (let number = 1; ; number += 1) {
    const path = number === 1 ? wanted : `${wanted}.${number}`;
    if (!existsSync(path)) {
      renameSync(partial, path);
      syncDirectory(dirname(path));
      return path;
    }
    // A migration that fails at every run would make as many copies otherwise.
    if (readFileSync(path).equals(content)) {
      rmSync(partial);
      return path;
    }
  }
}
