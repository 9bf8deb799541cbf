import { randomUUID } from 'node:crypto';
import { appendFile, open, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../connections/errors.ts';
import { whyNotWritten } from './write-reason.ts';

/** A place that a report goes to. */
export interface ReportTarget {
  /** As it was given. */
  readonly name: string;
  /** Absolute, with links followed. */
  readonly path: string;
  /** @throws UsageError report_not_written */
  write(text: string): Promise<void>;
}

/**
 * A file that a report replaces as a whole: whoever reads it finds the former one or the new one.
 * @throws UsageError report_not_writable
 */
export async function openFileReport(name: string): Promise<ReportTarget> {
  const path = await placeOf(name).catch((error: unknown) => {
    throw notWritable(name, error);
  });
  const beside = () => join(dirname(path), `.jackfield-${randomUUID()}`);
  try {
    const [target, trial] = [await statOrNull(path), beside()];
    if (target !== null && !target.isFile())
      throw new Error(target.isDirectory() ? 'it is a directory' : 'it is not a regular file');
    // Permissions alone do not tell: the file system may be read-only or full.
    await (await open(trial, 'wx')).close();
    await rm(trial);
  } catch (error) {
    throw notWritable(name, error);
  }
  return {
    name,
    path,
    write: async (text) => {
      const whole = beside();
      try {
        await writeFile(whole, text, { flag: 'wx' });
        await rename(whole, path);
      } catch (error) {
        await rm(whole, { force: true }).catch(() => {});
        throw notWritten(name, error);
      }
    },
  };
}

/**
 * The file that GITHUB_STEP_SUMMARY names, which the steps of a job append to.
 * @throws UsageError report_not_writable
 */
export async function openJobSummary(file: string): Promise<ReportTarget> {
  try {
    await (await open(file, 'a')).close();
  } catch (error) {
    throw new UsageError({
      code: 'report_not_writable',
      message: `the job summary that GITHUB_STEP_SUMMARY names can't be written (${whyNotWritten(error)})`,
      fix: 'leave --report github out where the job is not one of GitHub Actions, or unset the variable',
      cause: error,
    });
  }
  return {
    name: file,
    path: await realpath(file),
    write: async (text) => {
      await appendFile(file, text).catch((error: unknown) => {
        throw notWritten(file, error);
      });
    },
  };
}

/** @throws UsageError conflicting_flags */
export function refuseSameFile(targets: readonly ReportTarget[]): void {
  const seen = new Set<string>();
  for (const { name, path } of targets) {
    if (seen.has(path)) {
      throw new UsageError({
        code: 'conflicting_flags',
        message: `two reports go to ${JSON.stringify(name)}`,
        fix: 'give each --report a file of its own',
      });
    }
    seen.add(path);
  }
}

/** Where a report lands: the file that a link leads to, so that the link stays one. */
async function placeOf(name: string): Promise<string> {
  const given = resolve(name);
  const place = join(await realpath(dirname(given)), basename(given));
  const leadsTo = await readlink(place).catch(() => null);
  return leadsTo === null ? place : realpath(place);
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function notWritable(name: string, error: unknown): UsageError {
  return new UsageError({
    code: 'report_not_writable',
    message: `the report ${JSON.stringify(name)} can't be written (${whyNotWritten(error)})`,
    fix: 'name a file in a directory that exists and that you may write to',
    cause: error,
  });
}

function notWritten(name: string, error: unknown): UsageError {
  return new UsageError({
    code: 'report_not_written',
    message: `all was done, but the report ${JSON.stringify(name)} could not be written (${whyNotWritten(error)})`,
    fix: 'make room for it or name another file, then run it again',
    cause: error,
  });
}
