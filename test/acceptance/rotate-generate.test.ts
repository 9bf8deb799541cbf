import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema, doctorReportSchema } from '../../src/connections/schema.ts';
import { holdWriters, secretLedger, until } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { specialRoles } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';

// A password that is generated, changed at a real server and stored; killed between the steps of it.

describe.each(majors)('connections rotate --generate, with PostgreSQL %i', (major) => {
  const server = serverFor(major);
  let script: Script;
  let role: { name: string; password: string };

  beforeEach(async () => {
    script = newScript();
    role = await server.createRole();
    await add('Orders', role);
  });

  async function add(name: string, login: { name: string; password: string }, port = server.port) {
    const endpoint = ['--host', 'localhost', '--port', String(port), '--database', 'postgres'];
    const mode = port === server.port ? 'require' : 'disable';
    await script
      .given({ stdin: login.password })
      .answer(
        connectionSchema,
      )`connections add --role source --name ${name} ${endpoint} --username ${login.name} --ssl-mode ${mode} --password-stdin --no-test`;
  }

  const verifier = async () => {
    const [row] = await server.run(`select rolpassword from pg_authid where rolname = '${role.name}'`);
    return String(row?.rolpassword);
  };
  /** Who the connection gets in as; what psql answers where it does not. */
  const whoIs = async (name = 'Orders') =>
    (await script.jackfield`connections exec ${name} -- psql -XAtwc ${'select current_user'}`).stdout.trim();

  /** Keeps whoever changes the role waiting. */
  async function holdRole(): Promise<() => Promise<void>> {
    const { host, port, superuser } = { ...server, host: server.socketDirectory };
    const client = new pg.Client({ host, port, user: superuser.name, database: 'postgres' });
    await client.connect();
    let ended: Promise<void> | null = null;
    const end = () => (ended ??= client.end());
    afterwards(end);
    await client.query(`begin; alter role ${role.name} connection limit 7`);
    return end;
  }

  const isWaiting = async () => {
    const sql = `select 1 from pg_stat_activity where usename = '${role.name}' and wait_event_type = 'Lock'`;
    return (await server.run(sql)).length > 0;
  };

  const kill = async (running: ReturnType<Script['start']>) => {
    running.kill('SIGKILL');
    expect(await running.done).toMatchObject({ signal: 'SIGKILL' });
  };

  const unfinished = async () => {
    const report = await script.answer(doctorReportSchema, 1)`doctor --fix`;
    expect(report.filter(({ status }) => status !== 'ok')).toEqual([
      expect.objectContaining({
        code: 'rotation_unfinished',
        fix: 'jackfield connections rotate Orders --generate',
      }),
    ]);
  };

  test('changes it at the server without sending it, and stores it', async () => {
    const before = await verifier();
    const saved = await script.answer(connectionSchema)`connections rotate Orders --generate --yes`;
    expect(saved.lastTest.status).toMatch(/passed|warned/);
    const after = await verifier();
    expect(after).not.toBe(before);
    expect(after).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
    expect(await whoIs()).toBe(role.name);
    expect([...secretLedger(script.home).values()]).toEqual(['live']);
    const url = await script.jackfield`connections exec Orders --env-url U -- printenv U`;
    const password = /^postgresql:\/\/[^:]+:([A-Za-z0-9_-]{32})@/.exec(url.stdout)?.[1];
    expect(password).toBeDefined();
    expect(await server.log()).not.toContain(password);
  });

  test('killed before the server has changed it, the former one stays, and the next run goes on', async () => {
    const before = await verifier();
    const release = await holdRole();
    const running = script.start`connections rotate Orders --generate --yes`;
    await until('the change waits', isWaiting);
    await kill(running);
    await release();
    expect([...secretLedger(script.home).values()].sort()).toEqual(['live', 'pending']);
    await until('its session is gone', async () => {
      const sql = `select 1 from pg_stat_activity where usename = '${role.name}'`;
      return (await server.run(sql)).length === 0;
    });
    expect(await verifier()).toBe(before);
    expect(await whoIs()).toBe(role.name);
    await unfinished();
    expect(await whoIs()).toBe(role.name);
    const again = await script.jackfield`connections rotate Orders --generate --yes`;
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('a generated password');
    expect(await verifier()).not.toBe(before);
    expect(await whoIs()).toBe(role.name);
    expect([...secretLedger(script.home).values()]).toEqual(['live']);
  });

  test('killed after the server has changed it, the new one is what the next run finds and stores', async () => {
    const before = await verifier();
    const release = await holdRole();
    const running = script.start`connections rotate Orders --generate --yes`;
    await until('the change waits', isWaiting);
    const letWritersGo = holdWriters(script.home);
    await release();
    await until('it is changed', async () => (await verifier()) !== before);
    await kill(running);
    letWritersGo();
    const changed = await verifier();
    expect(await whoIs(), 'the stored one is the former').toBe('');
    await unfinished();
    const finished = await script.jackfield`connections rotate Orders --generate --yes`;
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stderr).toContain('Finished the rotation that was cut off');
    expect(await verifier()).toBe(changed);
    expect(await whoIs()).toBe(role.name);
    expect([...secretLedger(script.home).values()]).toEqual(['live']);
  });

  test('a password that is given after such an end takes its place', async () => {
    const release = await holdRole();
    const running = script.start`connections rotate Orders --generate --yes`;
    await until('the change waits', isWaiting);
    const under = await script.given({ stdin: 'x' }).refused(4)`connections rotate Orders --password-stdin`;
    expect(under).toMatchObject({ code: 'rotation_under_way' });
    await kill(running);
    await release();
    await server.run(`alter role ${role.name} password 'set-by-hand'`);
    const given = script.given({ stdin: 'set-by-hand' });
    expect((await given.jackfield`connections rotate Orders --password-stdin`).code).toBe(0);
    expect([...secretLedger(script.home).values()]).toEqual(['live']);
    expect(await whoIs()).toBe(role.name);
  });

  test('where no password can be set so, it says why, and changes nothing', async () => {
    const before = await verifier();
    const refusal = (name: string) => script.refused(4)`connections rotate ${name} --generate --yes`;
    expect(await script.refused(4)`connections rotate Orders --generate`).toMatchObject({
      code: 'not_confirmed',
      fix: 'jackfield connections rotate Orders --generate --yes',
    });
    await script.refused(2)`connections rotate Orders --generate --yes --no-test`;
    await script.given({ stdin: 'x' }).refused(2)`connections rotate Orders --generate --password-stdin`;
    for (const [name, special, words] of [
      ['Md5', specialRoles.md5, 'by the method md5'],
      ['Clear', specialRoles.clearText, 'by the method password'],
    ] as const) {
      await add(name, special);
      expect(await refusal(name)).toMatchObject({
        code: 'password_not_checked',
        message: expect.stringContaining(words),
      });
    }
    await server.run(`alter role ${role.name} set password_encryption = 'md5'`);
    expect(await refusal('Orders')).toMatchObject({
      code: 'password_encryption_weak',
      message: expect.stringContaining('password_encryption = md5'),
    });
    await server.run(`alter role ${role.name} reset password_encryption`);
    if (major === 18) {
      const release = await holdRole();
      const locked = await script.refused(7)`connections rotate Orders --generate --yes`;
      expect(locked).toMatchObject({
        code: 'password_not_changed',
        message: expect.stringContaining('(55P03)'),
      });
      await release();
    }
    const pooler = await startPgBouncer({
      databases: { postgres: `host=127.0.0.1 port=${server.port}` },
      users: [role],
      poolMode: 'session',
    });
    await add('Pooled', role, pooler.port);
    expect(await refusal('Pooled')).toMatchObject({ code: 'pooler_between' });
    expect(await verifier()).toBe(before);
    expect([...new Set(secretLedger(script.home).values())]).toEqual(['live']);
  });
});

test('a person is told what else uses it, and asked', async () => {
  const server = serverFor(18);
  const script = newScript();
  const role = await server.createRole();
  for (const name of ['Orders', 'Copy']) {
    const endpoint = ['--host', 'localhost', '--port', String(server.port), '--database', 'postgres'];
    await script
      .given({ stdin: role.password })
      .answer(
        connectionSchema,
      )`connections add --role source --name ${name} ${endpoint} --username ${role.name} --ssl-mode require --password-stdin --no-test`;
  }
  const { home, env } = script;
  const rotate = ['connections', 'rotate', 'Orders', '--generate'];
  const open = () => openTerminal(rotate, { home, env: env as Record<string, string> });
  const refused = await open();
  await refused.waitFor('Change the password?');
  expect(refused.screen().replace(/\s+/g, ' ')).toContain('So will Copy.');
  refused.press('enter');
  expect(await refused.exit()).toEqual({ code: 4, signal: null });
  const terminal = await open();
  await terminal.waitFor('Change the password?');
  terminal.type('y');
  terminal.press('enter');
  expect(await terminal.exit()).toEqual({ code: 0, signal: null });
  expect(terminal.scrollback()).toContain('logged in with it and stored it');
  expect(terminal.scrollback()).toContain('Copy logs in as');
});
