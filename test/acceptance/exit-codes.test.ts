import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectionSchema, doctorReportSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import { specialRoles } from '../support/postgres.ts';
import { jackfield, programFile } from '../support/program.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

const there = ['--host', 'db.example.com', '--username', 'app', '--no-password'];

describe('exit codes', () => {
  test('0: done, and help and version that were asked for', async () => {
    const script = newScript();

    for (const words of [['--version'], ['--help'], ['help', 'apply'], ['connections', 'add', '--help']]) {
      const { code, stdout, stderr } = await script.jackfield`${words}`;
      expect(code, words.join(' ')).toBe(0);
      expect(stdout).not.toBe('');
      expect(stderr).toBe('');
    }
    expect((await script.jackfield`--version`).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('1: the check itself said no', async () => {
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name dead
      --host 127.0.0.1 --port 1 --username app --no-password`;

    expect((await script.jackfield`connections test dead`).code).toBe(1);
    expect((await script.jackfield`connections test --all`).code).toBe(1);
    expect((await script.jackfield`connections edit dead --schema x --test`).code).toBe(1);
  });

  test('2: a command is missing, and help is not the answer', async () => {
    const script = newScript();

    for (const words of [[], ['connections'], ['secrets']]) {
      const { code, stdout, stderr } = await script.jackfield`${words}`;
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('Usage: jackfield');
    }
  });

  test('3: no such connection', async () => {
    const script = newScript();

    for (const words of [
      ['show', 'Orders'],
      ['edit', 'Orders', '--schema', 'x'],
      ['duplicate', 'Orders', '--name', 'x'],
      ['test', 'Orders'],
      ['discover', 'Orders'],
      ['delete', 'Orders', '--yes'],
    ]) {
      expect((await script.refused(3)`connections ${words}`).code).toBe('no_such_connection');
    }
  });

  test('4: refused', async () => {
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name Orders ${there}`;

    expect((await script.refused(4)`connections add --role source --name Orders ${there}`).code).toBe(
      'name_taken',
    );
    expect((await script.refused(4)`connections delete Orders`).code).toBe('not_confirmed');
    expect((await script.jackfield`connections show Orders --reveal`).code).toBe(4);
  });

  test('5: a secret cannot be had', async () => {
    const script = newScript().given({ stdin: 'the password' });
    await script.answer(connectionSchema)`connections add --role source --name Orders
      --host 127.0.0.1 --port 1 --username app --password-stdin`;
    const otherKey = join(script.directory, 'other-key');
    writeFileSync(otherKey, 'x'.repeat(32), { mode: 0o600 });
    const locked = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
    const wrong = script.given({ env: { JACKFIELD_KEY_FILE: otherKey } });
    const passphrase = locked.given({ env: { JACKFIELD_PASSPHRASE: 'not what it was made with' } });

    expect((await locked.refused(5)`connections test Orders`).code).toBe('vault_locked');
    expect((await wrong.refused(5)`connections discover Orders`).code).toMatch(/^vault_/);
    expect((await passphrase.refused(5)`connections duplicate Orders --name Copy`).code).toMatch(/^vault_/);
    expect(
      (
        await locked.refused(5)`connections add --role source --name New --host h.example.com
      --username u --password-stdin`
      ).code,
    ).toBe('vault_locked');
    expect((await script.refused(5)`connections edit Orders --password-env NOT_SET`).code).toBe(
      'reference_missing',
    );
    expect((await script.refused(5)`connections edit Orders --password-file /nowhere`).code).toBe(
      'reference_missing',
    );
    expect((await script.refused(5)`connections test --role source --url-env NOT_SET`).code).toBe(
      'reference_missing',
    );
    // What needs no secret needs no key.
    expect((await locked.jackfield`connections show Orders`).code).toBe(0);
    expect((await locked.jackfield`connections edit Orders --schema sales --tag x --rename Shop`).code).toBe(
      0,
    );
    expect(await script.saved()).toMatchObject([{ name: 'Shop', secret: { kind: 'vault' } }]);
  });

  test('6: the catalog cannot be used, and is left as it is', async () => {
    const script = newScript();
    mkdirSync(script.home, { mode: 0o700 });
    const file = join(script.home, 'catalog.db');
    const garbage = 'this is not a database, but somebody may want it back';
    writeFileSync(file, garbage, { mode: 0o600 });

    for (const words of [
      ['list'],
      ['add', '--role', 'source', '--name', 'Orders', ...there],
      ['test', '--all'],
    ]) {
      const refused = await script.refused(6)`connections ${words}`;
      expect(refused.message).toContain(file);
    }
    expect(readFileSync(file, 'utf8')).toBe(garbage);
    // What opens no catalog works.
    expect((await script.jackfield`connections catalog`).code).toBe(0);
  });

  test.each(majors)('7: PostgreSQL %i cannot be reached or refuses', async (major) => {
    const server = serverFor(major);
    const script = newScript();
    const add = (name: string, port: number, user: string, ...flags: string[]) =>
      script.answer(
        connectionSchema,
      )`connections add --role source --name ${name} --host localhost --port ${port}
        --username ${user} --no-password ${flags}`;
    await add('unreachable', 1, 'app');
    await add('no entry', server.port, specialRoles.noEntry.name);
    await add('no database', server.port, specialRoles.trusted.name, '--database', 'nowhere');
    await add('fine', server.port, specialRoles.trusted.name);

    expect((await script.refused(7)`connections discover unreachable`).code).toBe('connection_refused');
    expect((await script.refused(7)`connections discover ${'no entry'}`).code).toBe('no_pg_hba_entry');
    expect((await script.refused(7)`connections discover ${'no database'}`).code).toBe('no_such_database');
    expect((await script.jackfield`connections discover fine`).code).toBe(0);
  });

  test('70: a program that was not built, and an answer that nobody can have', async () => {
    const script = newScript();
    const bin = join(script.directory, 'bin');
    mkdirSync(bin);
    for (const name of ['jackfield.js', 'package.json'])
      copyFileSync(join(dirname(programFile), name), join(bin, name));

    const unbuilt = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, [join(bin, 'jackfield.js'), '--version'], (error, _stdout, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
    expect(unbuilt).toEqual({ code: 70, stderr: expect.stringContaining('npm run build') });

    if (process.platform !== 'linux') return;
    const full = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const line = `exec "$0" "$1" connections catalog --json > /dev/full`;
      execFile('/bin/sh', ['-c', line, process.execPath, programFile], (error, _stdout, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
    expect(full.code).toBe(6);
    expect(JSON.parse(full.stderr)).toMatchObject({ error: { code: 'answer_lost' } });
  });

  test('a full standard error takes nothing from the answer, nor from the exit code', async () => {
    if (process.platform !== 'linux') return;
    const script = newScript();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    afterwards(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    // What is refused at once is told while the other one is still waited for.
    const connections = [1, port].map((at) => ({
      ...{ name: `at-${at}`, role: 'source', host: '127.0.0.1', port: at, database: 'd', username: 'u' },
    }));
    const file = join(script.directory, 'connections.json');
    writeFileSync(file, JSON.stringify({ connections }));
    const under = ['/bin/sh', '-c', 'exec "$@" 2>/dev/full', 'sh'];
    const tested = await jackfield(['connections', 'test', '--file', file, '--timeout', '1s'], {
      ...script,
      under,
    });
    expect([tested.code, tested.stdout]).toEqual([1, expect.stringContaining('2 failed')]);
  });
});

describe('130: an interruption ends it at once, with nothing half-saved', () => {
  /** A listener that accepts and says nothing. */
  async function silentListener() {
    let accepted = 0;
    const listener = createServer((socket) => {
      accepted += 1;
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    afterwards(() => void listener.close());
    return {
      port: (listener.address() as AddressInfo).port,
      accepted: (count = 1) => until(`${count} came`, () => accepted >= count),
    };
  }

  /** Interrupts what runs, which must end before long. */
  async function interrupted(running: ReturnType<Script['start']>, signal: NodeJS.Signals) {
    const at = performance.now();
    running.kill(signal);
    const ended = await running.done;
    expect(performance.now() - at).toBeLessThan(4_000);
    expect(ended.code).toBe(130);
    expect(ended.stdout).toBe('');
    return ended;
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s during a test', async (signal) => {
    const { port, accepted } = await silentListener();
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name silent --host 127.0.0.1
      --port ${port} --username app --no-password`;
    const before = await script.saved();

    const running = script.start`connections test silent --timeout 60s --json`;
    await accepted();
    const { stderr } = await interrupted(running, signal);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'interrupted', message: 'interrupted', fix: null },
    });

    expect(await script.saved()).toEqual(before);
  });

  test('during add --test and edit --test', async () => {
    const { port, accepted } = await silentListener();
    const script = newScript().given({ stdin: 'the password' });
    const endpoint = ['--host', '127.0.0.1', '--port', `${port}`, '--username', 'app', '--password-stdin'];

    const adding = script.start`connections add --role source --name new ${endpoint} --test --timeout 60s`;
    await accepted(1);
    await interrupted(adding, 'SIGINT');
    expect(await script.saved()).toEqual([]);

    await script.answer(connectionSchema)`connections add --role source --name old ${endpoint}`;
    const before = await script.saved();
    const editing = script.start`connections edit old --database other --password-stdin --test --timeout 60s`;
    await accepted(2);
    await interrupted(editing, 'SIGINT');
    expect(await script.saved()).toEqual(before);

    const findings = await script.answer(doctorReportSchema)`doctor`;
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  });

  test('during a fleet: what was finished is recorded, the rest is as before', async () => {
    const { port, accepted } = await silentListener();
    const script = newScript();
    for (const [name, at] of [
      ['dead', 1],
      ['silent', port],
    ] as const) {
      await script.answer(connectionSchema)`connections add --role source --name ${name} --host 127.0.0.1
        --port ${at} --username app --no-password`;
    }

    const running = script.start`connections test --all --timeout 60s --concurrency 1`;
    await accepted();
    await interrupted(running, 'SIGINT');

    const [dead, silent] = await script.saved();
    expect(dead?.lastTest).toMatchObject({ status: 'failed', code: 'connection_refused' });
    expect(silent?.lastTest.status).toBe('never');
  });

  test('during a discovery', async () => {
    const { port, accepted } = await silentListener();
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name silent --host 127.0.0.1
      --port ${port} --username app --no-password`;

    const running = script.start`connections discover silent --timeout 60s`;
    await accepted();
    expect((await interrupted(running, 'SIGINT')).stderr).toBe('jackfield: interrupted\n');
  });

  test('while a program is asked for the password, which ends with it', async () => {
    const script = newScript();
    const heartbeats = join(script.directory, 'heartbeats');
    const program = join(script.directory, 'slow-secret.sh');
    const text = `#!/bin/sh\nwhile :; do echo beat >> ${heartbeats}; sleep 0.05; done\n`;
    writeFileSync(program, text, { mode: 0o700 });
    await script.answer(connectionSchema)`connections add --role source --name slow --host 127.0.0.1
      --port 1 --username app --password-ref ${`cmd:${program}`}`;

    const running = script.start`connections test slow`;
    await until('the program runs', () => existsSync(heartbeats));
    await interrupted(running, 'SIGINT');

    await sleep(200);
    const { size } = statSync(heartbeats);
    await sleep(300);
    expect(statSync(heartbeats).size).toBe(size);
    expect(await script.saved()).toMatchObject([{ lastTest: { status: 'never' } }]);
  });
});

test('a reader that stops early is no failure', async () => {
  const script = newScript();
  await script.answer(connectionSchema)`connections add --role source --name Orders ${there}`;
  const line = `"$0" "$1" connections catalog --json | head -1; echo "\${PIPESTATUS[0]}"`;

  const said = await new Promise<string>((resolve) => {
    execFile('bash', ['-c', line, process.execPath, programFile], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });

  expect(said).toBe('[\n0\n');
  expect(await script.answer(testResultListSchema)`connections test --tag none --allow-empty`).toEqual([]);
});
