import { CatalogError } from '../connections/errors.ts';
import { shellWord } from '../connections/shell-word.ts';

/** What went wrong with a catalog's file: our code, what a person reads, and what to do. */
interface Fault {
  readonly code: string;
  readonly message: (file: string) => string;
  readonly fix: (file: string) => string;
}

const damaged: Fault = {
  code: 'catalog_damaged',
  message: (file) => `The catalog ${file} is damaged; it was left as it is`,
  fix: (file) =>
    `Put a copy of it back, or see what is left of it: sqlite3 ${shellWord(file)} .recover; to start anew, move it away`,
};

const notADatabase: Fault = {
  code: 'catalog_not_a_database',
  message: (file) => `${file} is not a catalog, or its start is damaged; it was left as it is`,
  fix: () => 'Put a copy of the catalog back, or move the file away to start anew',
};

const diskFull: Fault = {
  code: 'catalog_disk_full',
  message: (file) => `There is no room on the disk to write the catalog ${file}; nothing was changed`,
  fix: (file) => `Free some space, then try again: df -h ${shellWord(file)}`,
};

const readOnly: Fault = {
  code: 'catalog_read_only',
  message: (file) => `The catalog ${file} can't be written to; nothing was changed`,
  fix: () => 'Make it and its directory writable for you, or name another directory with --home',
};

const unreachable: Fault = {
  code: 'catalog_unreachable',
  message: (file) => `The catalog ${file} can't be opened: you may not read or write it or its directory`,
  fix: () => 'Make it and its directory readable and writable for you, or name another directory with --home',
};

const busy: Fault = {
  code: 'catalog_busy',
  message: (file) => `Another program keeps the catalog ${file} locked; nothing was changed`,
  fix: (file) => `Try again when it is done; to see which one it is: fuser ${shellWord(file)}`,
};

const ioError: Fault = {
  code: 'catalog_io_error',
  message: (file) => `The system failed to read or write the catalog ${file}; nothing was changed`,
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
    message: (file) => `The tables of the catalog ${file} are not as jackfield made them`,
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
  const fault = faultOf(error);
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
  return new CatalogError({ code: fault.code, message: fault.message(file), fix: fault.fix(file), cause });
}

function faultOf(error: unknown): Fault | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const primary = code.split('_').slice(0, 2).join('_');
  return lookUp(sqliteFaults, code) ?? lookUp(sqliteFaults, primary) ?? lookUp(systemFaults, code);
}

function lookUp(faults: Readonly<Record<string, Fault>>, code: string): Fault | undefined {
  return Object.hasOwn(faults, code) ? faults[code] : undefined;
}
