import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError, UsageError } from '../connections/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Lets the user write a text in the editor that VISUAL or EDITOR names, in a file that is theirs alone
 * and is removed afterwards.
 * @param initial what the file begins with
 * @throws UsageError editor_failed; InterruptedError when the editor ends with another code than 0
 */
export async function editText(initial: string, environment: Environment): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'jackfield-'));
  const file = join(directory, 'query.sql');
  try {
    await writeFile(file, initial, { mode: 0o600, flag: 'wx' });
    await runEditor(editorOf(environment), file, environment);
    return await readFile(file, 'utf8');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function editorOf({ VISUAL, EDITOR }: Environment): string {
  return VISUAL || EDITOR || (process.platform === 'win32' ? 'notepad' : 'vi');
}

/** By the shell, as git does it: the variable may hold arguments. Answers go to stdout, the editor never. */
async function runEditor(editor: string, file: string, environment: Environment): Promise<void> {
  const isWindows = process.platform === 'win32';
  const [command, args] = isWindows
    ? [`${editor} "${file}"`, []]
    : ['/bin/sh', ['-c', `${editor} "$1"`, 'sh', file]];
  // What opens the vault is not the editor's business.
  const env = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('JACKFIELD_')),
  );
  const stdout = process.stdout.isTTY ? 'inherit' : 2;
  const child = spawn(command, args, { stdio: ['inherit', stdout, 'inherit'], env, shell: isWindows });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(editorFailed(cause)));
    child.once('close', resolve);
  });
  if (code === 126 || code === 127) throw editorFailed();
  if (code !== 0) throw new InterruptedError();
}

function editorFailed(cause?: unknown): UsageError {
  return new UsageError({
    code: 'editor_failed',
    message: 'the editor could not be run',
    fix: 'set EDITOR to one that is installed: export EDITOR=vi',
    cause,
  });
}
