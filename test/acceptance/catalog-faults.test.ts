import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { rolldown } from 'rolldown';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../../src/catalog/migrations.ts';
import { openCatalog } from '../../src/catalog/sqlite-catalog.ts';
import { afterwards } from '../support/clean-up.ts';
import { aDraft } from '../support/connection-draft.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nobody = 65534;

interface Ended {
  readonly lines: string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

describe.skipIf(process.platform === 'win32')('faults of the catalog', () => {
  let program: string;
  let directory: string;
  let home: string;
  let file: string;

  beforeAll(async () => {
    const built = mkdtempSync(join(tmpdir(), 'jackfield-child-'));
    afterwards(() => rmSync(built, { recursive: true }));
    // Other users run it as well.
    chmodSync(built, 0o755);
    symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
    program = join(built, 'catalog-child.js');
    writeFileSync(join(built, 'package.json'), '{ "type": "module" }');
    const bundle = await rolldown({
      input: join(root, 'test', 'support', 'catalog-child.ts'),
      platform: 'node',
      external: ['better-sqlite3'],
    });
    await bundle.write({ file: program, format: 'esm' });
    await bundle.close();
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'jackfield-faults-'));
    chmodSync(directory, 0o755);
    home = join(directory, 'home');
    file = join(home, 'catalog.db');
    afterwards(() => rmSync(directory, { recursive: true, force: true }));
  });

  function start(args: readonly string[], options: { uid?: number; gid?: number } = {}): Child {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    afterwards(() => {
      child.kill('SIGKILL');
    });
    return { process: child, ended: untilEnd(child) };
  }

  function run(args: readonly string[], options: { uid?: number; gid?: number } = {}): Promise<Ended> {
    return start(args, options).ended;
  }

  /** Runs a shell script with the program's command line as its arguments. */
  function runInShell(script: string, args: readonly string[], shell = ['sh', '-c']): Promise<Ended> {
    const [command = 'sh', ...before] = shell;
    const child = spawn(command, [...before, script, 'sh', process.execPath, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    afterwards(() => {
      child.kill('SIGKILL');
    });
    return untilEnd(child);
  }

  async function fillWith(names: number): Promise<void> {
    const catalog = openCatalog({ home });
    for (let n = 0; n < names; n += 1) await catalog.add(crypto.randomUUID(), aDraft({ name: `c-${n}` }));
    await catalog.close();
  }

  async function namesIn(where = home): Promise<string[]> {
    const catalog = openCatalog({ home: where });
    try {
      expect((await catalog.health()).map(({ code }) => code)).toEqual(['permissions_ok', 'catalog_ok']);
      return (await catalog.list()).map(({ name }) => name);
    } finally {
      await catalog.close();
    }
  }

  /** What the file holds. Beside it SQLite may leave an empty log and its index when it could only read. */
  function hash(): string {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  }

  it('fifty writers, a third of them killed: all that was promised is there, and nothing half', async () => {
    const writers = Array.from({ length: 50 }, (_, n) => start(['save', home, `w${n}`, '12']));
    const kills = writers.map(async ({ process: child }, n) => {
      if (n % 3 !== 0) return;
      // After its first promise, so that it is killed at work and not at its start.
      await once(child.stdout ?? child, 'data');
      await sleep(Math.random() * 400);
      child.kill('SIGKILL');
    });
    await Promise.all(kills);
    const ends = await Promise.all(writers.map(({ ended }) => ended));
    const killed = ends.filter(({ signal }) => signal === 'SIGKILL').length;
    expect(killed).toBeGreaterThan(0);
    ends.forEach((end, n) => {
      if (n % 3 !== 0) expect(end, end.stderr).toMatchObject({ code: 0, signal: null });
      if (n % 3 !== 0) expect(end.lines.at(-1)).toBe('done');
    });

    const catalog = openCatalog({ home });
    afterwards(() => catalog.close());
    expect((await catalog.health()).map(({ code }) => code)).toEqual(['permissions_ok', 'catalog_ok']);
    const connections = await catalog.list();
    const byName = new Map(connections.map((connection) => [connection.name, connection]));
    const promised = ends.flatMap(({ lines }) => lines).map((line) => line.split(' '));
    expect(promised.length).toBeGreaterThan(33 * 24);
    for (const [verb, name = ''] of promised) {
      if (verb === 'saved') expect(byName.has(name), `${name} was saved`).toBe(true);
      if (verb === 'edited') expect(byName.get(name)?.revision, `${name} was edited`).toBe(2);
    }

    const ledger = new Map((await catalog.secretLedger()).map((entry) => [entry.account, entry]));
    for (const { id, name, host, tags, revision, secretAccount } of connections) {
      // An edit is there with all it changed, or not at all.
      const edited = revision === 2;
      expect({ name, host, tags }).toEqual({
        name,
        host: edited ? 'edited' : 'db.example.com',
        tags: edited ? ['edited'] : [],
      });
      // Its secret is live, and the item was written before it.
      expect(ledger.get(secretAccount ?? '')).toMatchObject({ state: 'live', connectionId: id });
      expect(Buffer.from((await catalog.readItem(secretAccount ?? '')) ?? []).toString()).toBe(name);
    }
    const live = [...ledger.values()].filter(({ state }) => state === 'live');
    expect(live).toHaveLength(connections.length);
  }, 120_000);

  it('ten editors of one connection lose no edit', async () => {
    const catalog = openCatalog({ home });
    await catalog.add(crypto.randomUUID(), aDraft({ name: 'counter', port: 1000 }));
    const ends = await Promise.all(Array.from({ length: 10 }, () => run(['edit', home, 'x', '10'])));
    for (const { lines, stderr } of ends) expect(lines.at(-1), stderr).toBe('done');
    expect(await catalog.find('counter')).toMatchObject({ port: 1100, revision: 101 });
    await catalog.close();
  });

  it('twenty that make the catalog at once all work', async () => {
    const ends = await Promise.all(Array.from({ length: 20 }, (_, n) => run(['save', home, `w${n}`, '1'])));
    for (const { lines, stderr } of ends) expect(lines.at(-1), stderr).toBe('done');
    expect(await namesIn()).toHaveLength(20);
  });

  it('ten that migrate at once make one copy and migrate once', async () => {
    await fillWith(3);
    const ends = await Promise.all(Array.from({ length: 10 }, () => run(['migrate', home])));
    for (const { lines, stderr } of ends) expect(lines, stderr).toEqual(['done']);
    const former = `catalog.db.before-${migrations.length + 1}`;
    expect(readdirSync(home).sort()).toEqual(['catalog.db', former]);
    const copy = join(directory, 'copy');
    mkdirSync(copy, { mode: 0o700 });
    writeFileSync(join(copy, 'catalog.db'), readFileSync(join(home, former)), { mode: 0o600 });
    expect(await namesIn(copy)).toEqual(['c-0', 'c-1', 'c-2']);
  });

  it('one killed within a transaction leaves nothing of it, and no lock', async () => {
    await fillWith(3);
    const { process: child, ended } = start(['hang', home]);
    await once(child.stdout ?? child, 'data');
    // What doesn't fit into memory is in the log already, without the commit.
    expect(readFileSync(`${file}-wal`).length).toBeGreaterThan(1_000_000);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect(await namesIn()).toEqual(['c-0', 'c-1', 'c-2']);
    const catalog = openCatalog({ home });
    expect(await catalog.readItem('half-0')).toBeNull();
    expect((await catalog.list()).map(({ host }) => host)).not.toContain('half');
    await catalog.close();
    expect((await run(['save', home, 'after', '1'])).lines.at(-1)).toBe('done');
  });

  describe('a file that is no sound catalog is refused and left as it is', () => {
    async function refused(...args: string[]): Promise<string | undefined> {
      const before = hash();
      const { lines, stderr } = await run(args);
      expect(stderr).toBe('');
      expect(hash()).toBe(before);
      return lines.at(-1);
    }

    it('of a newer version', async () => {
      await fillWith(3);
      const db = new Database(file);
      db.pragma('user_version = 1000');
      db.close();
      for (const job of ['list', 'save'])
        expect(await refused(job, home)).toBe('failed catalog_newer_version');
    });

    it.each([1, 15, 99, 511, 4095])('cut off after %i bytes', async (length) => {
      await fillWith(300);
      truncateSync(file, length);
      for (const job of ['list', 'save']) {
        expect(await refused(job, home)).toMatch(/^failed catalog_(not_a_database|damaged)$/);
      }
    });

    it.each([0.3, 0.9])('cut off after %f of it', async (part) => {
      await fillWith(300);
      truncateSync(file, Math.floor(readFileSync(file).length * part));
      expect(await refused('list', home)).toBe('failed catalog_damaged');
      const before = hash();
      expect((await run(['inspect', home])).lines).toContain('problem catalog_damaged');
      expect(hash()).toBe(before);
    });

    it.each([10, 100, 5_000, 100_000])('%i bytes of garbage', async (length) => {
      mkdirSync(home, { mode: 0o700 });
      writeFileSync(file, randomBytes(length), { mode: 0o600 });
      for (const job of ['list', 'save']) {
        expect(await refused(job, home)).toBe('failed catalog_not_a_database');
      }
    });

    it('with a page of garbage in it', async () => {
      await fillWith(300);
      const whole = readFileSync(file);
      const pages = whole.length / 4096;
      let refusals = 0;
      for (const page of [0, 1, 2, 5, Math.floor(pages / 2), pages - 1]) {
        const damaged = Buffer.from(whole);
        randomBytes(4096).copy(damaged, page * 4096);
        writeFileSync(file, damaged);
        // A list may not need that page; the check always finds it.
        if ((await refused('list', home)) !== 'done') refusals += 1;
        const findings = (await run(['inspect', home])).lines.join('\n');
        expect(findings, `page ${page}`).toMatch(/problem catalog_(damaged|not_a_database)/);
        expect(readFileSync(file).equals(damaged)).toBe(true);
      }
      expect(refusals).toBeGreaterThan(0);
    });
  });

  it('a limit on the size of files stops the write, not what was saved before', async () => {
    const end = await runInShell('ulimit -f 600; exec "$@"', ['fill', home, 'c', '1000']);
    const saved = end.lines.filter((line) => line.startsWith('saved'));
    expect(end.lines.at(-1), end.stderr).toBe('failed catalog_io_error');
    expect(saved.length).toBeGreaterThan(0);
    expect(await namesIn()).toHaveLength(saved.length);
  });

  it('a full disk stops the write, not what was saved before', async ({ skip }) => {
    const namespace = await mountNamespace();
    if (namespace === null) skip('no file system can be mounted here (unshare, mount)');
    const disk = join(directory, 'disk');
    const copy = join(directory, 'copy');
    mkdirSync(disk);
    // The mount is seen by this shell alone and goes with it.
    const script = `mount -t tmpfs -o size=2m tmpfs '${disk}' && "$@" && cp -pR '${disk}/home' '${copy}'`;
    const end = await runInShell(
      script,
      ['fill', join(disk, 'home'), 'c', '1000'],
      [...(namespace ?? []), 'sh', '-c'],
    );
    const saved = end.lines.filter((line) => line.startsWith('saved'));
    expect(end.lines.at(-1), end.stderr).toBe('failed catalog_disk_full');
    expect(saved.length).toBeGreaterThan(0);
    expect(await namesIn(copy)).toHaveLength(saved.length);
  });

  it('no room for the catalog at all is a full disk too', async ({ skip }) => {
    const namespace = await mountNamespace();
    if (namespace === null) skip('no file system can be mounted here (unshare, mount)');
    const disk = join(directory, 'disk');
    mkdirSync(disk);
    const script = `mount -t tmpfs -o size=16k tmpfs '${disk}' && "$@"`;
    const end = await runInShell(script, ['fill', join(disk, 'home')], [...(namespace ?? []), 'sh', '-c']);
    expect(end.lines, end.stderr).toEqual(['failed catalog_disk_full']);
  });

  describe('without the right to write', () => {
    /** Who the mode bits bind: root passes them by. */
    const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

    function give(): void {
      if (user.uid === undefined) return;
      for (const path of [home, ...readdirSync(home).map((name) => join(home, name))]) {
        chownSync(path, nobody, nobody);
      }
    }

    /** Whether that user can run the program where it lies. */
    async function unable(): Promise<string | null> {
      const { lines, stderr } = await run(['inspect', join(directory, 'none')], user);
      return lines.at(-1) === 'done'
        ? null
        : `uid ${nobody} can't run the program here: ${stderr.slice(0, 200)}`;
    }

    it('to the directory, the catalog is refused', async ({ skip }) => {
      const reason = await unable();
      if (reason !== null) skip(reason);
      await fillWith(3);
      give();
      chmodSync(home, 0o500);
      const before = hash();
      for (const job of ['save', 'list']) {
        expect((await run([job, home], user)).lines).toEqual(['failed catalog_read_only']);
      }
      expect((await run(['inspect', home], user)).lines).toContain('problem catalog_read_only');
      expect(hash()).toBe(before);
      chmodSync(home, 0o700);
    });

    it('to the file, it can be read, and a write is refused', async ({ skip }) => {
      const reason = await unable();
      if (reason !== null) skip(reason);
      await fillWith(3);
      give();
      chmodSync(file, 0o400);
      const before = hash();
      expect((await run(['save', home], user)).lines).toEqual(['failed catalog_read_only']);
      expect((await run(['list', home], user)).lines).toContain('listed c-2');
      expect(hash()).toBe(before);
    });

    it('to the directory above, no catalog is made', async ({ skip }) => {
      const reason = await unable();
      if (reason !== null) skip(reason);
      if (user.uid === undefined) chmodSync(directory, 0o555);
      expect((await run(['save', home], user)).lines).toEqual(['failed catalog_unreachable']);
      expect(readdirSync(directory)).toEqual([]);
      chmodSync(directory, 0o755);
    });
  });
});

/** The words before a shell that may mount for itself; null where the system gives none. */
async function mountNamespace(): Promise<string[] | null> {
  const words = process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '--map-root-user', '--mount'];
  const [command = '', ...rest] = words;
  const place = mkdtempSync(join(tmpdir(), 'jackfield-mount-'));
  try {
    await promisify(execFile)(command, [...rest, 'mount', '-t', 'tmpfs', 'tmpfs', place]);
    return words;
  } catch {
    return null;
  } finally {
    rmSync(place, { recursive: true });
  }
}

async function untilEnd(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (text: Buffer) => {
    output.stdout += text.toString();
  });
  child.stderr?.on('data', (text: Buffer) => {
    output.stderr += text.toString();
  });
  await once(child, 'close');
  // A line that a kill cut off promises nothing.
  const lines = output.stdout.split('\n').slice(0, -1);
  return { lines, code: child.exitCode, signal: child.signalCode, stderr: output.stderr };
}
