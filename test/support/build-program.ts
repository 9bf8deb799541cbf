import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Vitest's global set-up: builds the program, so that no test runs a stale one. */
export default async function setUp(): Promise<void> {
  // An installed program is tested as it is.
  if (process.env.JACKFIELD_BIN !== undefined) return;
  await run('npm', ['run', 'build', '--silent'], { cwd: fileURLToPath(new URL('../..', import.meta.url)) });
}
