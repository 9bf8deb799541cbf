import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterwards } from './clean-up.ts';

/** The program under test: the one built from this tree, or the installed one that JACKFIELD_BIN names. */
export const programFile =
  process.env.JACKFIELD_BIN ?? fileURLToPath(new URL('../../bin/jackfield.js', import.meta.url));

export interface RunOptions {
  /** Its JACKFIELD_HOME; see {@link newHome}. */
  readonly home: string;
  /** Added to a bare environment of PATH, HOME, TMPDIR and JACKFIELD_HOME; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Nothing (`/dev/null`) when left out; never a terminal. */
  readonly stdin?: string | Buffer;
  readonly cwd?: string;
  /** What the program and its arguments are given to: `unshare …`. */
  readonly under?: readonly string[];
  /** 30 000 when left out: after it the program is killed and the run fails. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What standard output says as JSON. */
  json<T>(): T;
  /** The error object that standard error says with `--json`. */
  errorJson(): { code: string; message: string; fix: string | null };
}

export interface RunningProgram {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** What it has said so far. */
  soFar(): { readonly stdout: string; readonly stderr: string };
  readonly done: Promise<RunResult>;
}

/** Runs the program as a script does, without a terminal, and waits for its end. */
export function jackfield(args: readonly string[], options: RunOptions): Promise<RunResult> {
  return startJackfield(args, options).done;
}

/** Starts the program and leaves it running: to be killed, or looked at meanwhile. */
export function startJackfield(args: readonly string[], options: RunOptions): RunningProgram {
  const { stdin, timeoutMs = 30_000 } = options;
  const [program = '', ...words] = [...(options.under ?? []), process.execPath, programFile, ...args];
  const child = spawn(program, words, {
    env: bareEnvironment(options),
    cwd: options.cwd,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const soFar = () => ({
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
  });
  const done = new Promise<RunResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const { stdout, stderr } = soFar();
      reject(
        new Error(`jackfield did not end within ${timeoutMs} ms.\nstdout: ${stdout}\nstderr: ${stderr}`),
      );
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(toResult(code, signal, soFar()));
    });
  });
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  if (stdin !== undefined) {
    // A program that ends without reading all of it is no failure of the test's.
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin);
  }
  afterwards(async () => {
    child.kill('SIGKILL');
    await done.catch(() => {});
  });
  return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), soFar, done };
}

/**
 * A JACKFIELD_HOME that does not exist yet, in a fresh directory that is HOME too and is removed after
 * the test.
 */
export function newHome(): string {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-home-'));
  afterwards(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'jackfield');
}

/** Nothing of the environment that the tests run in but PATH and TMPDIR: no PG*, no session bus, no CI. */
export function bareEnvironment({ home, env = {} }: RunOptions): Record<string, string> {
  const wanted = {
    PATH: process.env.PATH,
    TMPDIR: process.env.TMPDIR,
    HOME: dirname(home),
    JACKFIELD_HOME: home,
    ...env,
  };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) environment[name] = value;
  return environment;
}

function toResult(
  code: number | null,
  signal: NodeJS.Signals | null,
  said: { stdout: string; stderr: string },
): RunResult {
  const describe = () => `exit code ${code}, stdout: ${said.stdout}\nstderr: ${said.stderr}`;
  const parse = <T>(text: string): T => {
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new Error(`not JSON; ${describe()}`, { cause });
    }
  };
  return {
    code,
    signal,
    ...said,
    json: <T>() => parse<T>(said.stdout),
    errorJson: () => parse<{ error: ReturnType<RunResult['errorJson']> }>(said.stderr).error,
  };
}
