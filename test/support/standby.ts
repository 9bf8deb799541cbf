import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterwards } from './clean-up.ts';
import { attachServer, freePort, type TestServer, unprivileged } from './postgres.ts';

/**
 * Starts a standby that streams from a server of version 15 or newer, as of a copy that is made of its
 * files now; it ends after the test, or with this process. Its roles are those of the primary.
 * @param settings as in postgresql.conf
 */
export async function startStandby(
  primary: TestServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-standby-'));
  chmodSync(directory, 0o711);
  const dataDirectory = join(directory, 'data');
  const logFile = join(directory, 'server.log');
  const port = await freePort();
  const owner = process.getuid?.() === 0 ? unprivileged : null;
  const follower = await primary.createRole({ attributes: 'replication' });
  await copyFiles(primary, dataDirectory);
  const conninfo = `host=localhost port=${primary.port} user=${follower.name} password=${follower.password} sslmode=prefer`;
  const all = {
    ...{ listen_addresses: 'localhost', port: String(port), unix_socket_directories: directory },
    ...{ primary_conninfo: conninfo, primary_slot_name: 'standby', hot_standby: 'on' },
    ...settings,
  };
  writeFileSync(
    join(dataDirectory, 'postgresql.auto.conf'),
    Object.entries(all)
      .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
      .join(''),
    { flag: 'a' },
  );
  writeFileSync(join(dataDirectory, 'standby.signal'), '');
  if (owner !== null) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, directory]);
  // The one that runs already: where it lies its user may read it.
  const program = join(dirname(readlinkSync(`/proc/${primary.pid}/exe`)), 'postgres');
  const script =
    '"$1" -D "$2" >"$3" 2>&1 </dev/null & server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf "$4"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', program, dataDirectory, logFile, directory], {
    ...owner,
    cwd: directory,
    env: { HOME: directory, PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise((resolve) => watchdog.once('exit', resolve));
  afterwards(async () => {
    watchdog.stdin?.end();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const pid = watchdog.pid ?? 0;
  const standby = attachServer({ ...primary, port, socketDirectory: directory, dataDirectory, logFile, pid });
  for (const until = Date.now() + 20_000; ; await sleep(50)) {
    const [row] = await standby.run('select pg_is_in_recovery() as yes').catch(() => []);
    if (row?.yes === true) return standby;
    if (Date.now() > until) throw new Error(`the standby did not start: ${await standby.log()}`);
  }
}

/** A base backup (manual, 25.3.4): files are copied between start and stop, in one session. */
async function copyFiles(primary: TestServer, target: string): Promise<void> {
  const client = new pg.Client({
    host: primary.socketDirectory,
    port: primary.port,
    user: primary.superuser.name,
    database: 'postgres',
    password: () => primary.superuser.password,
  });
  await client.connect();
  try {
    await client.query("select pg_create_physical_replication_slot('standby', true)");
    await client.query("select pg_backup_start('standby', true)");
    execFileSync('cp', ['-a', primary.dataDirectory, target]);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    writeFileSync(join(target, 'backup_label'), rows[0]?.labelfile ?? '');
    for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(target, name), { force: true });
  } finally {
    await client.end();
  }
}
