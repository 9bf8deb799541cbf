/** Why a file could not be written, in words that follow the sentence in brackets; the system's code for what is rare. */
export function whyNotWritten(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason';
  const code = 'code' in error ? String(error.code) : error.message;
  return reasons[code] ?? code;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory is a file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};
