import { accessSync, constants, existsSync, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '../connections/shell-word.ts';
import { sidecarFiles } from './location.ts';

/** Why a catalog where it lies isn't safe to use. */
export interface PermissionProblem {
  /** Stable, snake_case. */
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/**
 * What is wrong with the home directory, the catalog's file and what SQLite keeps beside it: links
 * in their place, other owners, modes that let others in. What isn't there is no problem.
 *
 * It looks without opening: POSIX drops a process's locks on a file as soon as it closes any
 * descriptor of that file, and SQLite's locks are of that kind (https://sqlite.org/howtocorrupt.html,
 * 2.2). Since the directory is checked first, nobody else can exchange the file in between.
 *
 * @param uid ours; null where the system has none (Windows), which leaves owners and modes to it
 * @throws the system's errors
 */
export function permissionProblems(file: string, uid: number | null = ownUid()): PermissionProblem[] {
  return [
    ...homeProblems(dirname(file), uid),
    ...fileProblems(file, uid),
    ...sidecarFiles(file).flatMap((sidecar) => fileProblems(sidecar, uid)),
  ];
}

/**
 * What we may not write to, though we must: the home directory, where SQLite keeps its log, and the
 * file. For `doctor`; who opens a catalog to write hears it from SQLite.
 */
export function accessProblems(file: string): PermissionProblem[] {
  const { R_OK, W_OK, X_OK } = constants;
  return [
    ...accessProblem(dirname(file), R_OK | W_OK | X_OK, 'u+rwx'),
    ...accessProblem(file, R_OK | W_OK, 'u+rw'),
  ];
}

function accessProblem(path: string, rights: number, mode: string): PermissionProblem[] {
  if (!existsSync(path)) return [];
  try {
    accessSync(path, rights);
    return [];
  } catch {
    const fix = `chmod ${mode} ${shellWord(path)}`;
    return [{ code: 'catalog_read_only', message: `You may not read and write ${path}`, fix }];
  }
}

function ownUid(): number | null {
  return process.getuid?.() ?? null;
}

function homeProblems(home: string, uid: number | null): PermissionProblem[] {
  const stats = statSync(home, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!stats.isDirectory()) {
    return [
      {
        code: 'catalog_home_not_a_directory',
        message: `${home} is not a directory`,
        fix: 'Name another directory with --home',
      },
    ];
  }
  if (uid === null) return [];
  const problems: PermissionProblem[] = [];
  // Root may do anything anyway, so that a directory of root's is no worse than one's own.
  if (stats.uid !== uid && stats.uid !== 0) {
    problems.push({
      code: 'catalog_home_foreign_owner',
      message: `The directory ${home} belongs to another user (uid ${stats.uid})`,
      fix: `Name a directory of your own with --home, or take it over: sudo chown ${uid} ${shellWord(home)}`,
    });
  }
  if ((stats.mode & 0o022) !== 0) {
    problems.push({
      code: 'catalog_home_writable',
      message: `Others may write to the directory ${home} (mode ${modeOf(stats)})`,
      fix: `chmod 700 ${shellWord(home)}`,
    });
  }
  return problems;
}

function fileProblems(file: string, uid: number | null): PermissionProblem[] {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isSymbolicLink()) {
    return [
      {
        code: 'catalog_symlinked',
        message: `${file} is a symbolic link`,
        fix: 'Put the file itself there, or name the directory it is in with --home',
      },
    ];
  }
  if (!stats.isFile()) {
    return [
      {
        code: 'catalog_not_a_file',
        message: `${file} is not a regular file`,
        fix: `Move it away, or name another directory with --home: ls -ld ${shellWord(file)}`,
      },
    ];
  }
  const problems: PermissionProblem[] = [];
  // A file without a name any more (nlink 0) was removed between the look and now.
  if (stats.nlink > 1) {
    problems.push({
      code: 'catalog_hard_linked',
      message: `${file} has ${stats.nlink} names (hard links)`,
      fix: `Remove the other names: find / -xdev -samefile ${shellWord(file)}`,
    });
  }
  if (uid === null) return problems;
  if (stats.uid !== uid) {
    problems.push({
      code: 'catalog_foreign_owner',
      message: `${file} belongs to another user (uid ${stats.uid})`,
      fix: `Name a directory of your own with --home, or take the file over: sudo chown ${uid} ${shellWord(file)}`,
    });
  }
  if ((stats.mode & 0o077) !== 0) {
    problems.push({
      code: 'catalog_open_to_others',
      message: `${file} is open to others (mode ${modeOf(stats)})`,
      fix: `chmod 600 ${shellWord(file)}`,
    });
  }
  return problems;
}

function modeOf(stats: Stats): string {
  return (stats.mode & 0o7777).toString(8).padStart(4, '0');
}
