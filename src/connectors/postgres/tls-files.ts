import { readFile, stat } from 'node:fs/promises';
import type { Endpoint } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';

/** The PEM texts of a connection's files; null where none is named. */
export interface TlsFiles {
  readonly root: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  readonly crl: Buffer | null;
}

const flags = {
  sslRootCert: '--ssl-root-cert',
  sslCert: '--ssl-cert',
  sslKey: '--ssl-key',
  sslCrl: '--ssl-crl',
} as const;

const names = {
  sslRootCert: 'root certificate',
  sslCert: 'client certificate',
  sslKey: 'client key',
  sslCrl: 'revocation list',
} as const;

/** Far more than any bundle of roots; keeps a named pipe or device from filling memory. */
const largestFile = 16 * 1024 * 1024;

/** How long what was read is taken for what is there, in milliseconds: a fleet's connections share few files. */
const freshFor = 2000;
const recent = new Map<string, { readonly at: number; readonly files: Promise<TlsFiles> }>();

/**
 * Reads the files an endpoint names. Nothing in ~/.postgresql is ever read, named files only.
 * @returns the same object for the same files, where they were read a moment ago
 * @throws UsageError bad_ssl_file: missing, unreadable, or a key that others may read
 */
export function readTlsFiles(endpoint: Endpoint): Promise<TlsFiles> {
  const overTcp = endpoint.host.split(',').some((host) => !host.startsWith('/'));
  const { sslRootCert, sslCert, sslKey, sslCrl } = endpoint;
  const named = [sslRootCert === 'system' ? null : sslRootCert, sslCert, sslKey, sslCrl];
  if (endpoint.sslMode === 'disable' || !overTcp || named.every((path) => path === null)) {
    return Promise.resolve(noFiles);
  }
  const key = JSON.stringify(named);
  const known = recent.get(key);
  if (known && performance.now() - known.at < freshFor) return known.files;
  const files = readAll(endpoint);
  recent.set(key, { at: performance.now(), files });
  // What could not be read may be there the next time.
  files.catch(() => recent.delete(key));
  return files;
}

async function readAll({ sslRootCert, sslCert, sslKey, sslCrl }: Endpoint): Promise<TlsFiles> {
  const [root, cert, key, crl] = await Promise.all([
    sslRootCert === null || sslRootCert === 'system' ? null : readNamed('sslRootCert', sslRootCert),
    sslCert === null ? null : readNamed('sslCert', sslCert),
    sslKey === null ? null : readKey(sslKey),
    sslCrl === null ? null : readNamed('sslCrl', sslCrl),
  ]);
  return { root, cert, key, crl };
}

const noFiles: TlsFiles = { root: null, cert: null, key: null, crl: null };

async function readNamed(field: keyof typeof flags, path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > largestFile) throw new Error('it is too large');
    return await readFile(path);
  } catch (error) {
    throw badFile(field, path, 'can not be read', `check the path given with ${flags[field]}`, error);
  }
}

/** The key's permissions are held to libpq's rule: 0600, or 0640 where root owns it (fe-secure-openssl.c). */
async function readKey(path: string): Promise<Buffer> {
  const key = await readNamed('sslKey', path);
  if (process.platform !== 'win32') {
    const { mode, uid } = await stat(path);
    const forbidden = uid === 0 ? 0o037 : 0o077;
    if ((mode & forbidden) !== 0)
      throw badFile('sslKey', path, 'may be read by others', `chmod 0600 ${path}`);
  }
  return key;
}

function badFile(
  field: keyof typeof flags,
  path: string,
  what: string,
  fix: string,
  cause?: unknown,
): UsageError {
  const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new UsageError({
    code: 'bad_ssl_file',
    message: `the ${names[field]} ${path} ${what}${reason}`,
    fix,
    cause,
  });
}
