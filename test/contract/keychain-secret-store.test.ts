import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keychain, tryKeychain } from '../../src/secrets/keychain.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { keyringUnavailable, startKeyring, type TestKeyring } from '../support/keyring.ts';
import { secretOwner } from '../support/secret-owner.ts';
import { describeSecretStore } from './secret-store.ts';

const run = promisify(execFile);
const reason = keyringUnavailable();
if (reason !== null) {
  if (process.env.CI) throw new Error(`the keychain can't be tested: ${reason}`);
  process.stderr.write(`skipped: the keychain on a real Secret Service (${reason})\n`);
}

const owner = secretOwner();
const item = { password: new Secret('canary-4711'), sslKeyPassword: null };

describe.skipIf(reason !== null)('a real Secret Service', () => {
  describeSecretStore('the keychain', async () => {
    const keyring = await startKeyring();
    const store = new Keychain({ environment: keyring.env });
    const another = new Keychain({ environment: keyring.env });
    return {
      store,
      another,
      close: async () => {
        store.close();
        another.close();
        await keyring.stop();
      },
    };
  });

  it('reads more items than the bus allows connections', async () => {
    const keyring = await startKeyring(64);
    const keychain = new Keychain({ environment: keyring.env });
    try {
      await keychain.put('kept', owner, item);
      const gets = Array.from({ length: 100 }, () => keychain.get('kept', owner));
      const passwords = (await Promise.all(gets)).map(({ password }) => password?.reveal());
      expect(new Set(passwords)).toEqual(new Set(['canary-4711']));
    } finally {
      keychain.close();
      await keyring.stop();
    }
  });

  describe('the keychain in trouble', () => {
    let keyring: TestKeyring;
    let keychain: Keychain;
    beforeAll(async () => {
      keyring = await startKeyring();
      keychain = new Keychain({ environment: keyring.env });
      await keychain.put('kept', owner, item);
    });
    afterAll(async () => {
      keychain.close();
      await keyring.stop();
    });

    it('passes the trial, which leaves nothing behind', async () => {
      expect(await tryKeychain({ environment: keyring.env })).toEqual({ available: true, message: null });
      expect(await labelsIn(keyring)).toEqual(['kept@jackfield']);
    });

    it.each(['not JSON canary-4711', '[]', '{"v":2,"password":"canary-4711"}', '{"v":1,"binding":"00"}', ''])(
      'calls a foreign payload damaged and does not show it: %s',
      async (payload) => {
        await setRaw(keyring, 'foreign', Buffer.from(payload));
        const error = await keychain.get('foreign', owner).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'secret_damaged' });
        expect(inspect(error, { depth: 9 })).not.toContain('canary-4711');
      },
    );

    it('calls a payload that is not text damaged', async () => {
      await setRaw(keyring, 'binary', Buffer.from('\xff\xfecanary-4711', 'latin1'));
      const error = await keychain.get('binary', owner).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'secret_damaged' });
      expect(inspect(error, { depth: 9 })).not.toContain('canary-4711');
    });

    it('hands no secret of ours to its process', async () => {
      const environment = {
        ...keyring.env,
        JACKFIELD_PASSPHRASE: 'canary-4711',
        PGPASSWORD: 'canary-4711',
        ORDERS_PASSWORD: 'canary-4711',
        NODE_OPTIONS: '--require=/nonexistent',
      };
      const other = new Keychain({ environment });
      expect(await other.has('kept')).toBe(true);
      const processes = await keychainProcesses();
      other.close();
      expect(processes.length).toBeGreaterThan(0);
      for (const { argv, environ } of processes) {
        expect(`${argv} ${environ}`).not.toMatch(/canary-4711|NODE_OPTIONS|JACKFIELD/);
      }
    });

    it('tells a time-out when the service hangs, and then leaves it alone', async () => {
      const hasty = new Keychain({ environment: keyring.env, timeoutMs: 300 });
      keyring.freeze();
      try {
        const started = performance.now();
        await expect(hasty.get('kept', owner)).rejects.toMatchObject({ code: 'keychain_timeout' });
        const asked = performance.now();
        await expect(hasty.get('kept', owner)).rejects.toMatchObject({ code: 'keychain_timeout' });
        expect(asked - started).toBeLessThan(5_000);
        expect(performance.now() - asked).toBeLessThan(100);
      } finally {
        keyring.thaw();
        hasty.close();
      }
    });

    it('tells locked from missing', async () => {
      await keyring.lock();
      await expect(keychain.get('kept', owner)).rejects.toMatchObject({ code: 'keychain_locked' });
      await expect(keychain.has('kept')).rejects.toMatchObject({ code: 'keychain_locked' });
      await expect(keychain.delete('kept')).rejects.toMatchObject({ code: 'keychain_locked' });
      await expect(keychain.put('new', owner, item)).rejects.toMatchObject({ code: 'keychain_locked' });
      await expect(keychain.get('none', owner)).rejects.toMatchObject({ code: 'secret_missing' });
      expect(await tryKeychain({ environment: keyring.env })).toEqual({
        available: false,
        message: 'the keychain is locked',
      });
    });
  });
});

describe.skipIf(process.platform !== 'linux')('no Secret Service', () => {
  it.each([
    ['no address', {}],
    ['the address of nothing', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }],
    ['an address that is none', { DBUS_SESSION_BUS_ADDRESS: 'nonsense' }],
  ])('is unavailable, and never the kernel keyring: %s', async (_what, variables) => {
    const environment = { HOME: '/nonexistent', ...variables };
    const keychain = new Keychain({ environment });
    await expect(keychain.put('a', owner, item)).rejects.toMatchObject({ code: 'keychain_unavailable' });
    await expect(keychain.get('a', owner)).rejects.toMatchObject({ code: 'keychain_unavailable' });
    keychain.close();
    expect(await tryKeychain({ environment })).toMatchObject({ available: false });
  });

  it('is a time-out where the bus accepts and never answers, and the event loop goes on', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'jackfield-bus-'));
    const server = createServer(() => {}).listen(join(directory, 'bus'));
    await once(server, 'listening');
    const environment = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(directory, 'bus')}` };
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 20);
    try {
      const keychain = new Keychain({ environment, timeoutMs: 400 });
      await expect(keychain.get('a', owner)).rejects.toMatchObject({ code: 'keychain_timeout' });
      expect(ticks).toBeGreaterThan(10);
    } finally {
      clearInterval(ticking);
      server.close();
      await rm(directory, { recursive: true });
    }
  });
});

const library = createRequire(import.meta.url).resolve('@napi-rs/keyring');

/** The processes that a keychain of this one runs in. */
async function keychainProcesses(): Promise<Array<{ argv: string; environ: string }>> {
  const tasks = await readdir('/proc/self/task');
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8')));
  const processes = await Promise.all(
    lists
      .join(' ')
      .split(/\s+/)
      .filter((pid) => pid !== '')
      .map(async (pid) => ({
        argv: await readFile(`/proc/${pid}/cmdline`, 'utf8'),
        environ: await readFile(`/proc/${pid}/environ`, 'utf8'),
      })),
  );
  return processes.filter(({ argv }) => argv.includes('AsyncEntry'));
}

/** Writes an item as another program would, in a process that knows the keyring's bus. */
async function setRaw(keyring: TestKeyring, account: string, bytes: Buffer): Promise<void> {
  const script = `
    const { Entry } = require(process.argv[1]);
    new Entry('jackfield', process.argv[2], { linux: { store: 'secret-service' } })
      .setSecret(Buffer.from(process.argv[3], 'hex'));`;
  const child = spawn(process.execPath, ['-e', script, library, account, bytes.toString('hex')], {
    env: keyring.env,
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}

/** The service's items, as account@service. */
async function labelsIn(keyring: TestKeyring): Promise<string[]> {
  const script = `
    const { findCredentials } = require(process.argv[1]);
    console.log(JSON.stringify(findCredentials('jackfield').map(({ account }) => account + '@jackfield')));`;
  const { stdout } = await run(process.execPath, ['-e', script, library], { env: keyring.env });
  return JSON.parse(stdout) as string[];
}
