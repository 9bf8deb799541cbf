import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { afterwards } from '../support/clean-up.ts';
import { jackfield, newHome, startJackfield } from '../support/program.ts';

// Each exit code that the README lists, brought about by a real run.

const root = fileURLToPath(new URL('../..', import.meta.url));
const endpoint = ['--host', '127.0.0.1', '--username', 'app', '--database', 'app', '--no-password'];
/** Nothing listens there: it is reserved (IANA, tcpmux). */
const nobody = [...endpoint, '--port', '1'];

/** How to come by a code: runs the program, and gives what it ended with. */
const waysTo: Record<number, (home: string) => Promise<number | null>> = {
  0: (home) => exitOf(['connections', 'list'], home),
  1: (home) => exitOf(['connections', 'test', '--role', 'source', ...nobody], home),
  2: (home) => exitOf(['connections', 'list', '--no-such-flag'], home),
  3: (home) => exitOf(['connections', 'show', 'nobody'], home),
  4: async (home) => {
    await save(home);
    return exitOf(['connections', 'delete', 'app'], home);
  },
  5: (home) => {
    const withPassword = [...nobody.filter((flag) => flag !== '--no-password'), '--password-env', 'NOT_SET'];
    return exitOf(['connections', 'add', '--role', 'source', '--name', 'app', ...withPassword], home);
  },
  6: (home) => {
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, 'catalog.db'), 'this is no database '.repeat(100), { mode: 0o600 });
    return exitOf(['connections', 'list'], home);
  },
  7: async (home) => {
    await save(home);
    return exitOf(['connections', 'discover', 'app'], home);
  },
  70: async (home) => {
    // A program that lacks its other half.
    cpSync(join(root, 'bin'), dirname(home), { recursive: true });
    return spawnSync(process.execPath, [join(dirname(home), 'jackfield.js')]).status;
  },
  126: async (home) => {
    await save(home);
    return exitOf(['connections', 'exec', 'app', '--', dirname(home)], home);
  },
  127: async (home) => {
    await save(home);
    return exitOf(['connections', 'exec', 'app', '--', 'no-such-program'], home);
  },
  130: async (home) => {
    const silent = createServer();
    afterwards(() => void silent.close());
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const args = ['connections', 'test', '--role', 'source', ...endpoint, '--port', String(port)];
    const running = startJackfield(args, { home });
    const [socket] = await once(silent, 'connection');
    running.kill('SIGINT');
    const { code } = await running.done;
    socket.destroy();
    return code;
  },
};

async function exitOf(args: string[], home: string): Promise<number | null> {
  return (await jackfield(args, { home })).code;
}

async function save(home: string): Promise<void> {
  const { code, stderr } = await jackfield(
    ['connections', 'add', '--role', 'source', '--name', 'app', ...nobody],
    { home },
  );
  expect(code, stderr).toBe(0);
}

describe('the exit codes of the README', () => {
  test('are those that there are ways to', () => {
    const [, table = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('## Exit codes');
    const listed = [...table.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.keys(waysTo).map(Number));
  });

  test.each(Object.entries(waysTo))('%s', async (code, bringAbout) => {
    expect(await bringAbout(newHome())).toBe(Number(code));
  });
});
