import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { mayCarryPassword } from '../connections/password-literal.ts';

const fileName = 'query-history';
/** Entries that are offered, and kept when the file is shortened. */
const most = 1_000;
/** What is read of a file at the most: its end. */
const mostBytes = 1024 * 1024;

/** What was typed at the prompt, by former runs too: the newest last. */
export interface QueryHistory {
  readonly entries: readonly string[];
  /** Keeps a statement, unless it may carry a password. @returns the lines that may be offered again */
  add(lines: readonly string[]): Promise<readonly string[]>;
}

/** A history that is kept nowhere, and forgets passwords too. */
export function historyOfThisRun(): QueryHistory {
  return { entries: [], add: async (lines) => entriesOf(lines) };
}

/**
 * The history in the home directory, a file that is its owner's alone (0600). One that can't be had is
 * no reason to fail: then nothing is kept.
 */
export async function openHistory(home: string): Promise<QueryHistory> {
  const file = join(home, fileName);
  return {
    entries: await read(file),
    async add(lines) {
      const entries = entriesOf(lines);
      if (entries.length > 0) await append(file, entries);
      return entries;
    },
  };
}

/** A statement on one line where that means the same, otherwise its lines. */
function entriesOf(lines: readonly string[]): string[] {
  const kept = lines.map((line) => line.trimEnd()).filter((line) => line !== '');
  if (mayCarryPassword(kept.join('\n'))) return [];
  const isDivisible = kept.every((line) => !line.includes('--') && !line.includes('$') && closesQuotes(line));
  return isDivisible && kept.length > 0 ? [kept.map((line) => line.trim()).join(' ')] : kept;
}

function closesQuotes(line: string): boolean {
  return line.split("'").length % 2 === 1 && line.split('"').length % 2 === 1;
}

async function read(file: string): Promise<string[]> {
  try {
    return await withFile(file, constants.O_RDWR, async (handle) => {
      const { size } = await handle.stat();
      const from = Math.max(0, size - mostBytes);
      const bytes = Buffer.alloc(size - from);
      await handle.read(bytes, 0, bytes.length, from);
      const lines = bytes
        .toString('utf8')
        .split('\n')
        .slice(from > 0 ? 1 : 0);
      const entries = lines.filter((line) => line !== '').slice(-most);
      if (from > 0 || lines.length > 2 * most) await shorten(handle, entries);
      return entries;
    });
  } catch {
    // There is none, or none that may be read.
    return [];
  }
}

async function shorten(handle: FileHandle, entries: readonly string[]): Promise<void> {
  await handle.truncate(0);
  await handle.write(Buffer.from(`${entries.join('\n')}\n`), 0, undefined, 0);
}

async function append(file: string, entries: readonly string[]): Promise<void> {
  try {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
    await withFile(file, flags, (handle) => handle.appendFile(`${entries.join('\n')}\n`));
  } catch {
    // A full disk, or a home that may not be written to.
  }
}

/** Opens a file that is no symbolic link, and takes others' rights to it away. */
async function withFile<T>(file: string, flags: number, act: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, flags | (constants.O_NOFOLLOW ?? 0), 0o600);
  try {
    if (process.platform !== 'win32') await handle.chmod(0o600);
    return await act(handle);
  } finally {
    await handle.close();
  }
}
