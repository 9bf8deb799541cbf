import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const programs = ['dbus-daemon', 'gnome-keyring-daemon', 'dbus-send'];

/** A private Secret Service, of no desktop's: its own bus, its own home. */
export interface TestKeyring {
  /** What a program needs in its environment to find it. */
  readonly env: Record<string, string>;
  /** Locks the default collection, as a screen lock does. */
  lock(): Promise<void>;
  /** Stops the daemon in its tracks: it accepts calls and never answers; until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends its processes and removes its files. */
  stop(): Promise<void>;
}

/**
 * Why no Secret Service can be started here, or null when one can. Debian: the packages
 * `gnome-keyring` and `dbus`.
 */
export function keyringUnavailable(): string | null {
  if (process.platform !== 'linux') return 'the Secret Service is for Linux';
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`;
}

/**
 * Starts a session bus and an unlocked gnome-keyring on it, with a private HOME and XDG directories.
 *
 * @param busConnections how many connections the bus allows at once; a desktop's allows 100,000
 */
export async function startKeyring(busConnections = 100_000): Promise<TestKeyring> {
  const home = mkdtempSync(join(tmpdir(), 'jackfield-keyring-'));
  const children: ChildProcess[] = [];
  // A test run that is interrupted leaves no daemon behind.
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  const stop = async () => {
    process.off('exit', killAll);
    for (const child of children.reverse()) await end(child);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const privateEnv = await makePrivateHome(home);
    const configuration = join(home, 'bus.conf');
    await writeFile(configuration, busConfiguration(privateEnv.XDG_RUNTIME_DIR, busConnections));
    const bus = spawn('dbus-daemon', [`--config-file=${configuration}`, '--print-address', '--nofork'], {
      env: { ...privateEnv, PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(bus);
    const env = { ...privateEnv, DBUS_SESSION_BUS_ADDRESS: await firstLine(bus) };

    const daemon = spawn('gnome-keyring-daemon', ['--unlock', '--components=secrets', '--foreground'], {
      env: { ...env, PATH: process.env.PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    children.push(daemon);
    daemon.stdin?.end('opens-the-test-keyring');
    await untilUnlocked(env);
    return {
      env,
      lock: () => lockDefault(env),
      freeze: () => daemon.kill('SIGSTOP'),
      thaw: () => daemon.kill('SIGCONT'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A session bus that starts no service by itself: asking for the Secret Service would otherwise start a
 * second, locked gnome-keyring in a race with ours, and a prompter where a desktop is installed.
 */
function busConfiguration(directory: string, connections: number): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${directory}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_completed_connections">${connections}</limit>
  <limit name="max_connections_per_user">${connections}</limit>
</busconfig>
`;
}

async function makePrivateHome(home: string) {
  const directories = {
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_RUNTIME_DIR: join(home, 'run'),
  };
  for (const directory of Object.values(directories)) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  return directories;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
  }
  throw new Error('dbus-daemon ended without printing its address');
}

async function untilUnlocked(env: Record<string, string>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    if (await isDefaultUnlocked(env)) return;
    await sleep(20);
  }
  throw new Error('gnome-keyring-daemon did not unlock its default collection within 10 s');
}

async function isDefaultUnlocked(env: Record<string, string>): Promise<boolean> {
  try {
    const answer = await call(env, '/org/freedesktop/secrets/aliases/default', [
      'org.freedesktop.DBus.Properties.Get',
      'string:org.freedesktop.Secret.Collection',
      'string:Locked',
    ]);
    return answer.includes('boolean false');
  } catch {
    return false;
  }
}

async function lockDefault(env: Record<string, string>): Promise<void> {
  await call(env, '/org/freedesktop/secrets', [
    'org.freedesktop.Secret.Service.Lock',
    'array:objpath:/org/freedesktop/secrets/aliases/default',
  ]);
  if (await isDefaultUnlocked(env)) throw new Error('the default collection is still unlocked');
}

async function call(env: Record<string, string>, path: string, message: string[]): Promise<string> {
  const { stdout } = await run(
    'dbus-send',
    ['--session', '--print-reply', '--dest=org.freedesktop.secrets', path, ...message],
    { env: { ...env, PATH: process.env.PATH }, timeout: 5_000 },
  );
  return stdout;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
