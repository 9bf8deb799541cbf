import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { ProgramError } from '../connections/errors.ts';
import type { ProgramEnd, ProgramRequest } from '../connections/hand-over.ts';
import { shownWord } from '../connections/shown-word.ts';
import { makePrivateDirectory, removeLeftDirectories } from './private-directory.ts';
import { terminalStanding } from './process-start.ts';

/** What a terminal sends to its whole foreground group. */
const ofTheKeyboard = ['SIGINT', 'SIGQUIT', 'SIGWINCH'] as const;
/** What stops and continues a job; a shell sends it to the whole of it. */
const ofTheJob = ['SIGTSTP', 'SIGCONT'] as const;
const ofOthers = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs a program in our place: our streams, our terminal, our process group, and the signals that come to
 * us alone. What it was handed is gone when it has ended, however it ended.
 * @throws ProgramError program_not_found, program_unusable; SecretError handed_files_not_written
 */
export async function runProgram(
  request: ProgramRequest,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ProgramEnd> {
  await removeLeftDirectories(environment);
  const { files } = request;
  const directory = files.length > 0 ? await makePrivateDirectory(files, environment) : null;
  const paths = files.map(({ variable }, index) => [variable, directory?.paths[index] ?? '']);
  try {
    return await run(request.command, { ...request.environment, ...Object.fromEntries(paths) });
  } finally {
    await directory?.remove();
  }
}

function run([program = '', ...words]: readonly string[], env: Record<string, string>): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, stdio: 'inherit', windowsHide: true });
    const stopPassing = passSignals(child);
    child.once('error', (error: NodeJS.ErrnoException) => {
      stopPassing();
      reject(cannotRun(program, error));
    });
    child.once('exit', (code, signal) => {
      stopPassing();
      resolve(signal === null ? { exitCode: code ?? 0 } : { signal: constants.signals[signal] });
    });
  });
}

/**
 * Passes on what reaches us alone. What a terminal or a shell sends to the whole group has reached the
 * program already, and is not told it twice; we stay until the program has ended.
 */
function passSignals(child: ChildProcess): () => void {
  const listeners: [NodeJS.Signals, () => void][] = [];
  const listen = (name: NodeJS.Signals, react: () => void) => {
    process.on(name, react);
    listeners.push([name, react]);
  };
  for (const name of ofOthers) listen(name, () => void child.kill(name));
  for (const name of ofTheKeyboard) {
    listen(name, () => {
      if (!standing().foreground) child.kill(name);
    });
  }
  for (const name of ofTheJob) {
    listen(name, () => {
      if (!standing().hasTerminal) child.kill(name);
      // Whoever stopped the job waits for all of it.
      if (name === 'SIGTSTP') process.kill(process.pid, 'SIGSTOP');
    });
  }
  return () => {
    for (const [name, react] of listeners) process.off(name, react);
  };
}

/** Where there is no /proc, a terminal among the streams is taken for ours. */
function standing(): { hasTerminal: boolean; foreground: boolean } {
  const isOnTerminal = isatty(0) || isatty(1) || isatty(2);
  return terminalStanding(process.pid) ?? { hasTerminal: isOnTerminal, foreground: isOnTerminal };
}

function cannotRun(program: string, { code }: NodeJS.ErrnoException): ProgramError {
  const shown = shownWord(program);
  // Not the system's error as the cause: it carries the arguments.
  return code === 'ENOENT'
    ? new ProgramError({
        code: 'program_not_found',
        message: `there is no program ${shown}`,
        fix: 'check its name, or write its whole path',
      })
    : new ProgramError({
        code: 'program_unusable',
        message: `the program ${shown} can't be run (${code ?? 'no reason'})`,
        fix: 'check that it may be executed, and has a #! line if it is a script',
      });
}
