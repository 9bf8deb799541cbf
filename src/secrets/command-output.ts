import { type ChildProcess, spawn } from 'node:child_process';
import { InterruptedError } from '../connections/errors.ts';

export interface CommandLimits {
  /** The whole of the program's environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Whether its stderr is ours; else it is discarded. */
  readonly showsStderr: boolean;
  readonly timeoutMs: number;
  /** Of its stdout. */
  readonly maxBytes: number;
}

/** `why` follows the program's name in a sentence, and never holds its arguments or output. */
export type CommandOutcome =
  | { readonly kind: 'done'; readonly bytes: Buffer }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly why: string };

/** From SIGTERM to SIGKILL. */
const graceMs = 2_000;

/**
 * Runs a program without a shell and gives what it writes to stdout; its stdin is empty. It gets a
 * process group of its own, so that what it starts ends with it.
 *
 * @throws InterruptedError on abort
 */
export function outputOf(
  program: string,
  words: readonly string[],
  limits: CommandLimits,
): Promise<CommandOutcome> {
  const { environment, signal, showsStderr, timeoutMs, maxBytes } = limits;
  if (signal.aborted) return Promise.reject(new InterruptedError());
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: environment,
      stdio: ['ignore', 'pipe', showsStderr ? 'inherit' : 'ignore'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let length = 0;

    const settle = (outcome: CommandOutcome | InterruptedError) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (outcome instanceof InterruptedError) reject(outcome);
      else resolve(outcome);
    };
    const giveUp = (outcome: CommandOutcome | InterruptedError) => {
      settle(outcome);
      child.stdout?.destroy();
      endGroup(child);
    };
    const onAbort = () => giveUp(new InterruptedError());
    const timer = setTimeout(() => {
      giveUp({ kind: 'failed', why: `did not end within ${timeoutMs / 1000} s` });
    }, timeoutMs);

    signal.addEventListener('abort', onAbort, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) giveUp({ kind: 'failed', why: `wrote more than ${maxBytes / 1024} KiB` });
    });
    // Node's error carries the arguments (spawnargs): only its code is taken over.
    child.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'unknown error';
      settle(code === 'ENOENT' ? { kind: 'not-found' } : { kind: 'failed', why: `can't be run (${code})` });
    });
    child.on('close', (code, killedBy) => {
      if (code === 0) settle({ kind: 'done', bytes: Buffer.concat(chunks) });
      else
        settle({
          kind: 'failed',
          why: killedBy === null ? `ended with exit code ${code}` : `was ended by ${killedBy}`,
        });
    });
  });
}

/** SIGTERM to the process group now, SIGKILL after the grace or when we end. */
function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  const kill = () => signalGroup(child, 'SIGKILL');
  const timer = setTimeout(() => {
    process.off('exit', kill);
    kill();
  }, graceMs);
  // Whoever gave up does not wait for it: neither the timer nor the program keeps us alive.
  timer.unref();
  child.unref();
  process.on('exit', kill);
  child.on('exit', () => {
    clearTimeout(timer);
    process.off('exit', kill);
    // What it started may ignore SIGTERM and outlive it.
    kill();
  });
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, name);
  } catch (error) {
    const isGone =
      error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM');
    if (!isGone) throw error;
  }
}
