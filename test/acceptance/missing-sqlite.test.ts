import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newHome } from '../support/program.ts';

// What npm leaves behind where it may not run better-sqlite3's install script, which is what it does by
// itself from version 12 on; and what an update of Node leaves behind.

const root = fileURLToPath(new URL('../..', import.meta.url));

function runCopy(directory: string, home: string): Promise<{ code: unknown; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: directory, JACKFIELD_HOME: home };
  const args = [join(directory, 'bin', 'jackfield.js'), 'connections', 'list'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, _, stderr) => resolve({ code: error?.code, stderr }));
  });
}

/** The program alone, without the packages beside it. */
function copyProgram(directory: string): void {
  for (const part of ['bin', 'dist']) cpSync(join(root, part), join(directory, part), { recursive: true });
}

test('without its binary of SQLite the program says how to get it', async () => {
  const home = newHome();
  copyProgram(dirname(home));
  const { code, stderr } = await runCopy(dirname(home), home);
  expect(stderr).toMatch(/^jackfield: SQLite is missing: /);
  expect(stderr).toContain('npm install --global --allow-scripts=better-sqlite3 jackfield');
  expect(code).toBe(6);
});

test('so it does when the binary is one for another Node', async () => {
  const home = newHome();
  copyProgram(dirname(home));
  const release = join(dirname(home), 'node_modules', 'better-sqlite3', 'build', 'Release');
  mkdirSync(release, { recursive: true });
  writeFileSync(join(release, 'better_sqlite3.node'), 'built for another');
  const { code, stderr } = await runCopy(dirname(home), home);
  expect(stderr).toContain(`can't be loaded by Node.js ${process.versions.node}`);
  expect(stderr).toContain('npm install --global --allow-scripts=better-sqlite3 jackfield');
  expect(code).toBe(6);
});
