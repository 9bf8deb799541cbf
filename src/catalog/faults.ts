import { basename } from 'node:path';
import { CatalogError } from '../connections/errors.ts';
import { shellWord } from '../connections/shell-word.ts';

/** What went wrong with a file of ours: our code, what a person reads, and what to do. */
interface Fault {
  /** As it is of a catalog. */
  readonly code: string;
  readonly message: (file: string, what: StoreName) => string;
  readonly fix: (file: string) => string;
  /** Where it is the content that is wrong: of a cache it can be done without. */
  readonly ofContent?: true;
}

type StoreName = 'catalog' | 'metadata cache';

/** What a file of ours is. */
export function storeName(file: string): StoreName {
  return basename(file) === 'metadata.db' ? 'metadata cache' : 'catalog';
}

/** A code that begins with `catalog_`, as it is of this file. */
export function codeFor(file: string, code: string): string {
  return storeName(file) === 'catalog' ? code : code.replace(/^catalog_/, 'metadata_');
}

/** How a cache is mended: it is made anew where it is missing, so that nothing is lost. */
export function removal(file: string): string {
  const words = [file, `${file}-wal`, `${file}-shm`].map(shellWord).join(' ');
  return `Remove it, since it is a cache that is made anew: rm -f ${words}`;
}

const damaged: Fault = {
  code: 'catalog_damaged',
  ofContent: true,
  message: (file, what) => `The ${what} ${file} is damaged; it was left as it is`,
  fix: (file) =>
    `Put a copy of it back, or see what is left of it: sqlite3 ${shellWord(file)} .recover; to start anew, move it away`,
};

const notADatabase: Fault = {
  code: 'catalog_not_a_database',
  ofContent: true,
  message: (file, what) => `${file} is not a ${what}, or its start is damaged; it was left as it is`,
  fix: () => 'Put a copy of the catalog back, or move the file away to start anew',
};

const diskFull: Fault = {
  code: 'catalog_disk_full',
  message: (file, what) => `There is no room on the disk to write the ${what} ${file}; nothing was changed`,
  fix: (file) => `Free some space, then try again: df -h ${shellWord(file)}`,
};

const readOnly: Fault = {
  code: 'catalog_read_only',
  message: (file, what) => `The ${what} ${file} can't be written to; nothing was changed`,
  fix: () => 'Make it and its directory writable for you, or name another directory with --home',
};

const unreachable: Fault = {
  code: 'catalog_unreachable',
  message: (file, what) =>
    `The ${what} ${file} can't be opened: you may not read or write it or its directory`,
  fix: () => 'Make it and its directory readable and writable for you, or name another directory with --home',
};

const busy: Fault = {
  code: 'catalog_busy',
  message: (file, what) => `Another program keeps the ${what} ${file} locked; nothing was changed`,
  fix: (file) => `Try again when it is done; to see which one it is: fuser ${shellWord(file)}`,
};

const ioError: Fault = {
  code: 'catalog_io_error',
  message: (file, what) => `The system failed to read or write the ${what} ${file}; nothing was changed`,
  fix: (file) =>
    `Look at the disk, its quota and the limit on file sizes (ulimit -f): df -h ${shellWord(file)}`,
};

const homeNotADirectory: Fault = {
  code: 'catalog_home_not_a_directory',
  message: (file) => `The directory for ${file} can't be made: something else is in its place`,
  fix: () => 'Name another directory with --home',
};

const installAgain = 'npm install --global --allow-scripts=better-sqlite3 jackfield';

/** From npm 12 on a dependency's install script, which builds or fetches the binary, runs only where it is allowed. */
const notBuilt: Fault = {
  code: 'sqlite_not_built',
  message: () => 'SQLite is missing: the package better-sqlite3 was installed without its binary',
  fix: () => installAgain,
};

const builtForAnother: Fault = {
  code: 'sqlite_unfit',
  message: () =>
    `The binary of better-sqlite3 can't be loaded by Node.js ${process.versions.node}: it was built for another version or system`,
  fix: () => installAgain,
};

/**
 * What SQLite's result codes mean for a catalog. An extended code has a line of its own where it
 * means something else than its primary code (https://sqlite.org/rescode.html).
 */
const sqliteFaults: Readonly<Record<string, Fault>> = {
  SQLITE_NOTADB: notADatabase,
  SQLITE_CORRUPT: damaged,
  SQLITE_IOERR_CORRUPTFS: damaged,
  SQLITE_IOERR_SHORT_READ: damaged,
  // The statements are fixed, so one that fails to compile or to find its table met altered tables.
  SQLITE_ERROR: {
    code: 'catalog_altered',
    ofContent: true,
    message: (file, what) => `The tables of the ${what} ${file} are not as jackfield made them`,
    fix: () => 'Put a copy of the catalog back, or undo what another program changed in it',
  },
  SQLITE_FULL: diskFull,
  // The shared index of the log is made with room reserved: where that fails, the disk is full.
  SQLITE_IOERR_SHMSIZE: diskFull,
  SQLITE_READONLY: readOnly,
  SQLITE_CANTOPEN: unreachable,
  SQLITE_PERM: unreachable,
  SQLITE_AUTH: unreachable,
  SQLITE_IOERR_ACCESS: unreachable,
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: busy,
  SQLITE_PROTOCOL: busy,
  SQLITE_IOERR: ioError,
  SQLITE_NOLFS: ioError,
};

const systemFaults: Readonly<Record<string, Fault>> = {
  EACCES: unreachable,
  EPERM: unreachable,
  EROFS: readOnly,
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  ENOENT: homeNotADirectory,
  ENOTDIR: homeNotADirectory,
  EEXIST: homeNotADirectory,
  ELOOP: homeNotADirectory,
  ENAMETOOLONG: homeNotADirectory,
  EIO: ioError,
  EFBIG: ioError,
  EMFILE: ioError,
  ENFILE: ioError,
  MODULE_NOT_FOUND: notBuilt,
  ERR_DLOPEN_FAILED: builtForAnother,
};

/** The `code` of an error of Node or SQLite. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True when SQLite gave up waiting for a lock. */
export function isBusy(error: unknown): boolean {
  return faultOf(error) === busy;
}

/**
 * The CatalogError that an error of SQLite or the system amounts to; any other error (a refusal, a
 * broken constraint, a defect) comes back as it is.
 */
export function toCatalogError(error: unknown, file: string): unknown {
  const fault = faultOf(error) ?? (storeName(file) === 'catalog' ? undefined : cacheFaultOf(error));
  return fault === undefined ? error : describe(fault, file, error);
}

/** The error for a catalog whose content contradicts itself. */
export function damagedCatalog(file: string, cause: unknown): CatalogError {
  return describe(damaged, file, cause);
}

/** The error for a file that can't be a catalog. */
export function notACatalog(file: string, cause: unknown): CatalogError {
  return describe(notADatabase, file, cause);
}

function describe(fault: Fault, file: string, cause: unknown): CatalogError {
  const what = storeName(file);
  const isDispensable = fault.ofContent === true && what === 'metadata cache';
  const fix = isDispensable ? removal(file) : fault.fix(file);
  return new CatalogError({
    code: codeFor(file, fault.code),
    message: fault.message(file, what),
    fix,
    cause,
  });
}

function faultOf(error: unknown): Fault | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const primary = code.split('_').slice(0, 2).join('_');
  return lookUp(sqliteFaults, code) ?? lookUp(sqliteFaults, primary) ?? lookUp(systemFaults, code);
}

/** A server that tells nonsense: numbers that are none, names that are missing. */
const unfit: Fault = {
  code: 'catalog_unfit',
  message: (file) => `What the server told of its tables can't be kept in ${file}: it contradicts itself`,
  fix: () =>
    'Look at what the connection leads to: it may be no PostgreSQL, or something between may alter it',
};

/** Of a catalog a broken constraint is a refusal; what a cache holds was never judged before. */
function cacheFaultOf(error: unknown): Fault | undefined {
  return codeOf(error)?.startsWith('SQLITE_CONSTRAINT') ? unfit : undefined;
}

function lookUp(faults: Readonly<Record<string, Fault>>, code: string): Fault | undefined {
  return Object.hasOwn(faults, code) ? faults[code] : undefined;
}
