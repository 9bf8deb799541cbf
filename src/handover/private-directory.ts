import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { SecretError } from '../connections/errors.ts';
import type { HandedFile } from '../connections/hand-over.ts';
import { isRunning, processStart } from './process-start.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'jackfield-exec';
/** Whose directory it is: `jackfield-exec.HOST.PID.START.XXXXXX`. */
const named = /^jackfield-exec\.([0-9a-f]{8})\.(\d+)\.(\d+)\.\w{6}$/;

/** A directory of ours alone, which goes when we go. */
export interface PrivateDirectory {
  /** The path of each file, in the order in which they were given. */
  readonly paths: readonly string[];
  /** Removes it and what is in it. */
  remove(): Promise<void>;
}

/**
 * Writes files of mode 0600 into a fresh directory of mode 0700. A watcher of its own session removes them
 * when this process ends in any way, SIGKILL too; where both are killed, the next
 * {@link removeLeftDirectories} does.
 * @throws SecretError handed_files_not_written
 */
export async function makePrivateDirectory(
  files: readonly Pick<HandedFile, 'name' | 'content'>[],
  environment: Environment,
): Promise<PrivateDirectory> {
  const stem = `${prefix}.${hostMark()}.${process.pid}.${processStart(process.pid)}.`;
  const place = placeOf(environment);
  const path = await mkdtemp(join(place, stem)).catch((error: unknown) => {
    throw notWritten(place, error);
  });
  const watcher = watch(path);
  const remove = async () => {
    await rm(path, { recursive: true, force: true });
    watcher?.stdin?.end();
  };
  try {
    for (const { name, content } of files) {
      await writeFile(join(path, name), content.reveal(), { mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    await remove();
    throw notWritten(place, error);
  }
  return { paths: files.map(({ name }) => join(path, name)), remove };
}

function notWritten(place: string, cause: unknown): SecretError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason';
  return new SecretError({
    code: 'handed_files_not_written',
    message: `the credentials can't be written to ${place} (${code})`,
    fix: 'make room there, or name a directory that you may write to with TMPDIR',
    cause,
  });
}

/**
 * Waits for the end of its standard input, which only we hold open: for our end. A process group and
 * session of its own keep Ctrl-C and a closed terminal from ending it before.
 */
function watch(path: string): ChildProcess | null {
  if (process.platform === 'win32') return null;
  const script = 'trap "" HUP INT QUIT TERM; read -r _; exec rm -rf -- "$1"';
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', path], {
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Where there is no shell the next run sweeps.
  watcher.on('error', () => {});
  watcher.stdin?.on('error', () => {});
  watcher.unref();
  return watcher;
}

/** The directories of processes that are gone, which a SIGKILL of them and of their watchers left. */
export async function leftDirectories(environment: Environment): Promise<string[]> {
  const places = new Set([placeOf(environment), tmpdir()]);
  const left: string[] = [];
  for (const place of places) {
    for (const name of await readdir(place).catch(() => [])) {
      const path = join(place, name);
      if (isLeft(name) && isOwnDirectory(path)) left.push(path);
    }
  }
  return left;
}

/** Removes {@link leftDirectories}. @returns those that were removed */
export async function removeLeftDirectories(environment: Environment): Promise<string[]> {
  const left = await leftDirectories(environment);
  for (const path of left) await rm(path, { recursive: true, force: true });
  return left;
}

/** Of another machine, or container, that shares the directory it can't be told. */
function isLeft(name: string): boolean {
  const [, host, pid, start] = named.exec(name) ?? [];
  if (host !== hostMark() || pid === undefined || start === undefined) return false;
  return !isRunning(Number(pid), start);
}

/** The user's runtime directory, in memory and theirs alone, where there is one; else that of temporary files. */
function placeOf({ XDG_RUNTIME_DIR: runtime }: Environment): string {
  if (runtime === undefined || !isAbsolute(runtime)) return tmpdir();
  try {
    const { mode, uid } = statSync(runtime);
    return uid === process.getuid?.() && (mode & 0o077) === 0 ? runtime : tmpdir();
  } catch {
    return tmpdir();
  }
}

function isOwnDirectory(path: string): boolean {
  try {
    const stat = lstatSync(path);
    // Windows has no owners here; the directory for temporary files is the user's own.
    const isOurs = process.getuid === undefined || stat.uid === process.getuid();
    return stat.isDirectory() && isOurs;
  } catch {
    return false;
  }
}

function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
