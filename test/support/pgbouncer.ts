import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Issued } from './certificates.ts';
import { afterwards } from './clean-up.ts';
import { freePort, unprivileged } from './postgres.ts';

/** A real PgBouncer on the loopback. */
export interface PgBouncer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** What it has logged so far. */
  log(): string;
}

export interface PgBouncerOptions {
  /** The lines of `[databases]`: `{ shop: 'host=127.0.0.1 port=5432' }`. */
  readonly databases: Readonly<Record<string, string>>;
  /** The users it lets in, by SCRAM, and as whom it goes on. */
  readonly users: readonly { readonly name: string; readonly password: string }[];
  /** `transaction` when left out. */
  readonly poolMode?: 'session' | 'transaction' | 'statement';
  /** Presented to clients, who must speak TLS then. */
  readonly certificate?: Issued;
  /** Other settings of `[pgbouncer]`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Debian keeps servers in /usr/sbin, which is not on everybody's path. */
const environment = { PATH: `${process.env.PATH}:/usr/sbin` };

/** Starts one; it ends after the test, or with this process. */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-pgbouncer-'));
  const logFile = join(directory, 'log');
  const port = await freePort();
  const owner = process.getuid?.() === 0 ? unprivileged : null;
  const write = (name: string, text: string) => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (owner !== null) chownSync(file, owner.uid, owner.gid);
    return file;
  };
  chmodSync(directory, 0o711);
  const settings: Record<string, string> = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    // Empty: none.
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: write(
      'userlist.txt',
      options.users.map(({ name, password }) => `"${name}" "${password}"\n`).join(''),
    ),
    pool_mode: options.poolMode ?? 'transaction',
  };
  if (options.certificate) {
    settings.client_tls_sslmode = 'require';
    settings.client_tls_cert_file = write('server.crt', options.certificate.certPem);
    settings.client_tls_key_file = write('server.key', options.certificate.keyPem);
  }
  const lines = (entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).map(([name, value]) => `${name} = ${value}`);
  const ini = ['[databases]', ...lines(options.databases), '[pgbouncer]'];
  const file = write(
    'pgbouncer.ini',
    [...ini, ...lines({ ...settings, ...options.settings }), ''].join('\n'),
  );
  write('log', '');
  // Ends it when standard input does: the test closed it, or is gone.
  const script = 'pgbouncer "$1" >"$2" 2>&1 </dev/null & cat >/dev/null; kill -INT $!; wait $!';
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', file, logFile], {
    ...owner,
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise((resolve) => watchdog.once('exit', resolve));
  afterwards(async () => {
    watchdog.stdin?.end();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const log = () => readFileSync(logFile, 'utf8');
  await untilListening(port, log);
  return { host: '127.0.0.1', port, log };
}

async function untilListening(port: number, log: () => string): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(20)) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
  }
  throw new Error(`PgBouncer did not start:\n${log()}`);
}
