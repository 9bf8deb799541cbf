import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** A file that is not one to read a secret or certificate from; `message` continues "… ". */
class UnfitFileError extends Error {}

/** What is read of one file: its bytes and what the open file's stat says. */
export interface SmallFile {
  readonly bytes: Buffer;
  readonly stat: Stats;
}

/**
 * Reads a regular file of at most `maxBytes`. Never blocks on a pipe and never reads a device: a
 * blocked read would keep the process from ending.
 *
 * @throws UnfitFileError when it is no regular file or too large; the system's own error (ENOENT,
 * EACCES …) when it can't be opened
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<SmallFile> {
  // O_NONBLOCK: opening a FIFO that nobody writes to returns at once. Windows has neither.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new UnfitFileError('is not a regular file');
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > maxBytes) throw new UnfitFileError(`is larger than ${maxBytes / 1024} KiB`);
    return { bytes: bytes.subarray(0, length), stat };
  } finally {
    await handle.close();
  }
}

/** Why {@link readSmallFile} failed, in words that follow the file's name in a sentence. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof UnfitFileError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const known: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read',
    EPERM: 'may not be read',
    EISDIR: 'is a directory',
  };
  return known[code] ?? `can't be read (${code})`;
}
