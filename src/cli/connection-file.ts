import { dirname, isAbsolute, resolve } from 'node:path';
import { UsageError } from '../connections/errors.ts';
import { type FileConnection, type FileContent, parseFile, type ReadReference } from '../connections/file.ts';
import { parseReference } from '../secrets/references.ts';
import { readDataFile } from './read-file.ts';

/**
 * Reads the connections of a file given with `--file`. Relative paths in it are meant from where it is.
 * @throws UsageError bad_file
 */
export async function readConnectionFile(file: string): Promise<FileConnection[]> {
  return (await readWholeFile(file)).connections ?? [];
}

/** Reads what a file says of connections, as {@link readConnectionFile}, and of pipelines. @throws UsageError bad_file */
export async function readWholeFile(file: string): Promise<FileContent> {
  const { connections, pipelines } = parseFile(await readDataFile(file), file);
  const directory = dirname(resolve(file));
  return { connections: connections?.map((entry) => withFilesOf(directory, entry)), pipelines };
}

/**
 * Reads the references of a file. What a file says can be run or read on this machine only by somebody
 * who says that it may, with `--trust-file`.
 * @returns a reader that throws UsageError file_not_trusted, bad_reference
 */
export function referenceReader(trusted: boolean): ReadReference {
  return (text) => {
    const source = parseReference(text);
    if (source.kind === 'env' || trusted) return source;
    throw new UsageError({
      code: 'file_not_trusted',
      message: `the file holds a ${source.kind}: reference, which would ${source.kind === 'cmd' ? 'run a program' : 'read a file'} here`,
      fix: 'look at what it says; if it may, add --trust-file',
    });
  };
}

function withFilesOf(directory: string, entry: FileConnection): FileConnection {
  const result = { ...entry };
  for (const field of ['sslRootCert', 'sslCert', 'sslKey', 'sslCrl'] as const) {
    const path = entry[field];
    if (path == null || isAbsolute(path) || (field === 'sslRootCert' && path === 'system')) continue;
    result[field] = resolve(directory, path);
  }
  return result;
}
