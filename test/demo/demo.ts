import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/postgres.ts';
import { openShop, type Shop } from './shop.ts';
import { TypedCommands } from './typed-commands.ts';

/**
 * Runs the program's main job against a PostgreSQL server of its own, in a home of its own, and removes
 * both.
 * @param programFile the program to run: bin/jackfield.js
 * @param signal ends it early; its reason is the name of the signal that the process received
 * @returns the exit code: 0 when every command ended as it should
 */
export async function runDemo(programFile: string, signal: AbortSignal): Promise<number> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'jackfield-demo-')));
  try {
    signal.throwIfAborted();
    say('Starting a PostgreSQL server for the demo. Your own connections are not touched.\n');
    const server = await startServer({ major: 18 });
    try {
      copyFileSync(server.caFile, join(directory, 'ca.pem'));
      const shop = await openShop(server, join(directory, 'ca.pem'));
      const env = prepareEnvironment(directory, programFile, shop);
      const commands = new TypedCommands({ cwd: directory, env, signal });
      await tellStory(commands, shop, server.port);
    } finally {
      await server.stop();
    }
    say('The server is stopped, and everything that it and the demo wrote is removed.');
    return 0;
  } catch (error) {
    if (signal.aborted) return 128 + constants.signals[signal.reason as NodeJS.Signals];
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function tellStory(commands: TypedCommands, shop: Shop, port: number): Promise<void> {
  await commands.remark('JACKFIELD_HOME is a fresh directory. A key file opens the vault in it.');
  await commands.run('(umask 077; head -c 32 /dev/urandom > vault.key)');
  await commands.run('jackfield secrets init --backend vault');

  await commands.run('jackfield connections catalog --role source');

  await commands.remark('DATABASE_URL is set as a platform sets it, with the password of a read-only role.');
  await commands.run(
    'jackfield connections add --role source --name shop --url-env DATABASE_URL --schema sales --test',
  );

  await commands.remark('The destination, by flags; the password comes in on standard input.');
  await commands.run(
    [
      'printf %s "$LOADER_PASSWORD" | jackfield connections add postgres --role destination --name warehouse',
      `--host localhost --port ${port} --database warehouse --username warehouse_loader --schema landing`,
      '--ssl-mode verify-full --ssl-root-cert ca.pem --password-stdin',
    ].join(' \\\n    '),
  );
  await commands.run('jackfield connections list');

  await commands.remark('The test of the destination fails, and says what to do about it.');
  await commands.run('jackfield connections test warehouse', 1);
  await commands.elsewhere('warehouse=#', shop.grant);
  await shop.applyGrant();
  await commands.run('jackfield connections test warehouse');

  await commands.remark('An edit can be tried before it is saved.');
  await commands.run('jackfield connections test shop --database shops', 1);
  await commands.run('jackfield connections show shop');
  await commands.run('jackfield connections discover shop');

  await commands.remark(
    'The same endpoint in the other role, with a copy of the password that was never shown.',
  );
  await commands.run('jackfield connections duplicate warehouse --name warehouse-check');
  await commands.run('jackfield connections test --all');
  await commands.run('jackfield connections list');
  await commands.run('jackfield doctor');

  await commands.run('jackfield connections delete shop warehouse warehouse-check --yes');
  await commands.run('jackfield connections list');
}

/** The whole environment of the commands: nothing of the user's but what a terminal needs. */
function prepareEnvironment(directory: string, programFile: string, shop: Shop): Record<string, string> {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  const launcher = join(bin, 'jackfield');
  writeFileSync(launcher, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(programFile)} "$@"\n`);
  chmodSync(launcher, 0o755);
  const env: Record<string, string> = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOME: directory,
    JACKFIELD_HOME: join(directory, 'home'),
    JACKFIELD_KEY_FILE: join(directory, 'vault.key'),
    DATABASE_URL: shop.readerUrl,
    LOADER_PASSWORD: shop.loaderPassword,
  };
  for (const name of ['TERM', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR', 'LANG', 'LC_ALL', 'TMPDIR']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
