import { randomUUID } from 'node:crypto';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RefusedError, UsageError } from '../connections/errors.ts';
import { whyNotWritten } from './write-reason.ts';

/**
 * Writes a file of mode 0600, whole or not at all. One that is there is only written over where that is
 * asked for, and never through a link.
 * @throws RefusedError file_exists; UsageError file_not_writable
 */
export async function writePrivateFile(path: string, text: string, overwrite: boolean): Promise<void> {
  // The rename puts another file in the place of the old one, whose mode and readers don't matter.
  const target = overwrite ? join(dirname(resolve(path)), `.jackfield-${randomUUID()}.tmp`) : path;
  try {
    const handle = await open(target, 'wx', 0o600);
    try {
      await writeFile(handle, text);
      await handle.sync();
      if (overwrite) await rename(target, path);
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new RefusedError({
        code: 'file_exists',
        message: `there is a file ${JSON.stringify(path)} already`,
        fix: 'name another one, or add --overwrite',
      });
    }
    throw new UsageError({
      code: 'file_not_writable',
      message: `the file ${JSON.stringify(path)} can't be written (${whyNotWritten(error)})`,
      fix: 'name a file in a directory that exists and that you may write to',
      cause: error,
    });
  }
}
