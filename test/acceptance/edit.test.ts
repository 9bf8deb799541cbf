import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectionSchema, doctorReportSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { createCa, issue } from '../support/certificates.ts';
import type { TestServer } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

describe('edit changes what it is told', () => {
  test('and nothing else', async () => {
    const script = newScript();
    const before = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --database shop --username app --option connect_timeout=5 --tag prod --no-password`;

    const after = await script.answer(connectionSchema)`connections edit Orders --schema sales`;

    expect(after).toEqual({ ...before, schema: 'sales', updatedAt: after.updatedAt });
    expect(after.updatedAt > before.updatedAt).toBe(true);
    expect(await script.saved()).toEqual([after]);
  });

  test('and not even the time when all is like that already', async () => {
    const script = newScript();
    const before = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --tag prod --option connect_timeout=5 --no-password`;

    const edited = await script.jackfield`connections edit Orders --host db.example.com --tag prod
      --option connect_timeout=5 --rename Orders`;

    expect(edited.code, edited.stderr).toBe(0);
    expect(edited.stderr).toContain('like that already');
    expect(await script.saved()).toEqual([before]);
  });

  test('options are merged, and taken away by an empty value; tags are replaced', async () => {
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name Orders --host db.example.com
      --username app --option connect_timeout=5 --option application_name=a --tag old --no-password`;
    const edit = (flags: string) =>
      script.answer(connectionSchema)`connections edit Orders ${flags.split(' ')}`;

    expect(await edit('--option application_name=b --option keepalives=0')).toMatchObject({
      options: { connect_timeout: '5', application_name: 'b', keepalives: '0' },
      tags: ['old'],
    });
    expect((await edit('--option connect_timeout= --option keepalives=')).options).toEqual({
      application_name: 'b',
    });
    expect((await edit('--tag new --tag fresh')).tags).toEqual(['fresh', 'new']);
    expect((await edit('--tag ')).tags).toEqual([]);
  });

  test('--rename keeps the id, and may not take the name of another', async () => {
    const script = newScript();
    const flags = ['--role', 'source', '--host', 'db.example.com', '--username', 'app', '--no-password'];
    const orders = await script.answer(connectionSchema)`connections add --name Orders ${flags}`;
    await script.answer(connectionSchema)`connections add --name Taken ${flags}`;

    const renamed = await script.answer(
      connectionSchema,
    )`connections edit ${orders.id} --rename ${' Shop orders '}`;
    const taken = await script.refused(4)`connections edit ${'Shop orders'} --rename Taken`;
    const gone = await script.refused(3)`connections edit Orders --schema sales`;

    expect(renamed).toMatchObject({ id: orders.id, name: 'Shop orders' });
    expect(taken.code).toBe('name_taken');
    expect(gone.code).toBe('no_such_connection');
    expect((await script.saved()).map(({ name }) => name)).toEqual(['Shop orders', 'Taken']);
  });

  test('a URL changes all that it says, and a new password comes with it', async () => {
    const script = newScript().given({ env: { NEW: 'postgresql://me:hunter2@new.example.com:6432/crm' } });
    const before = await script
      .given({ stdin: 'former' })
      .answer(connectionSchema)`connections add --role source
      --name Orders --host db.example.com --username app --schema sales --password-stdin`;

    const after = await script.answer(connectionSchema)`connections edit Orders --url-env NEW`;

    expect(after).toEqual({
      ...before,
      host: 'new.example.com',
      port: 6432,
      database: 'crm',
      username: 'me',
      updatedAt: after.updatedAt,
    });
  });

  test('nothing to change is a usage error', async () => {
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --no-password`;

    expect(await script.refused(2)`connections edit Orders`).toMatchObject({ code: 'missing_flags' });
  });
});

describe('a stored password is asked for again', () => {
  /** A connection that could hardly be stricter, with a stored password. */
  async function strictConnection(): Promise<Script> {
    const script = newScript().given({ stdin: 'the password' });
    const ca = await createCa({ directory: script.directory });
    await issue({ ca, client: 'app', directory: script.directory });
    const files = script.given({ cwd: script.directory });
    copyFileSync(ca.certFile, join(script.directory, 'copy.crt'));
    await files.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --ssl-mode verify-ca --ssl-root-cert ca.crt
      --ssl-cert issued.crt --ssl-key issued.key --option channel_binding=require
      --option require_auth=scram-sha-256 --option ssl_min_protocol_version=TLSv1.3
      --ssl-crl ca.crt --option hostaddr=192.0.2.7 --password-stdin`;
    return files;
  }

  test.each([
    ['another host', '--host other.example.com'],
    ['one more host', '--host db.example.com,other.example.com --option hostaddr='],
    ['another address of the host', '--option hostaddr=192.0.2.8'],
    ['another port', '--port 5433'],
    ['another user', '--username root'],
    ['another client certificate', '--ssl-cert copy.crt'],
    ['another client key', '--ssl-key vault-key'],
    ['no client certificate', '--ssl-cert= --ssl-key='],
    ['a weaker sslmode', '--ssl-mode require'],
    ['no TLS at all', '--ssl-mode disable --option channel_binding='],
    ['no root certificate', '--ssl-mode require --ssl-root-cert='],
    ['no revocation list', '--ssl-crl='],
    ['weaker channel binding', '--option channel_binding=prefer'],
    ['any method of authentication', '--option require_auth='],
    ['an older TLS version', '--option ssl_min_protocol_version=TLSv1.2'],
  ])('for %s', async (_what, flags) => {
    const script = await strictConnection();
    const before = await script.saved();

    const refused = await script.refused(2)`connections edit Orders ${flags.split(' ')}`;

    expect(refused.code).toBe('password_required');
    expect(refused.fix).toMatch(/--password-stdin.*--password-env.*--password-file.*--password-ref/);
    expect(await script.saved()).toEqual(before);
    // Trying it out would send the password there just as well.
    const tried = await script.refused(2)`connections test Orders ${flags.split(' ')}`;
    expect(tried.code).toBe('password_required');

    const given = await script.answer(
      connectionSchema,
    )`connections edit Orders ${flags.split(' ')} --password-stdin`;
    expect(given.secret.kind).toBe('vault');
    // The former item is gone, and the new one has its connection.
    const findings = await script.answer(doctorReportSchema)`doctor`;
    expect(findings.map(({ status }) => status)).not.toContain('problem');
  });

  test('but not a reference: it is not bound to its endpoint', async () => {
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --ssl-mode require --password-ref env:ORDERS_PASSWORD`;

    const edited = await script.answer(connectionSchema)`connections edit Orders
      --host other.example.com --port 5433 --username root --ssl-mode disable`;

    expect(edited).toMatchObject({ host: 'other.example.com', secret: { kind: 'env' } });
  });
});

describe.each(majors)('a saved connection to PostgreSQL %i is edited', (major) => {
  const server = () => serverFor(major);

  test('and its password works after every edit that keeps it', async () => {
    const role = await server().createRole();
    const first = await server().createDatabase();
    const second = await server().createDatabase(`create schema sales authorization ${role.name}`);
    const script = newScript().given({ stdin: role.password });
    await script.answer(connectionSchema)`connections add --role source --name Orders --host localhost
      --port ${server().port} --database ${first.name} --username ${role.name} --ssl-mode prefer --password-stdin`;

    const edits = [
      ['--database', second.name],
      ['--schema', 'sales'],
      ['--ssl-mode', 'require'],
      ['--ssl-mode', 'verify-full', '--ssl-root-cert', server().caFile],
      ['--option', 'channel_binding=require', '--option', 'require_auth=scram-sha-256'],
      ['--option', 'application_name=nightly', '--option', 'ssl_min_protocol_version=TLSv1.3'],
      ['--tag', 'prod'],
      ['--rename', 'Shop'],
    ];
    for (const edit of edits) {
      await script.answer(connectionSchema)`connections edit ${await nameOf(script)} ${edit}`;
      expect(await authenticated(script), edit.join(' ')).toBe('passed');
    }
  });

  test('and another password or endpoint takes the place of the former', async () => {
    const role = await server().createRole();
    const other = await server().createRole();
    const script = newScript().given({ stdin: role.password, env: { OTHER: other.password } });
    await connect(script, server(), role.name);
    expect(await authenticated(script)).toBe('passed');

    await script.answer(
      connectionSchema,
    )`connections edit Orders --username ${other.name} --password-env OTHER`;
    expect(await authenticated(script)).toBe('passed');

    await script.answer(connectionSchema)`connections edit Orders --host 127.0.0.1 --password-env OTHER`;
    expect(await authenticated(script)).toBe('passed');

    await server().run(`alter role ${other.name} password 'rotated'`);
    const rotated = script.given({ stdin: 'rotated' });
    await rotated.answer(connectionSchema)`connections edit Orders --password-stdin`;
    expect(await authenticated(script)).toBe('passed');

    await script.answer(connectionSchema)`connections edit Orders --no-password`;
    const [result] = await script.answer(testResultListSchema, 1)`connections test Orders`;
    expect(result?.stages).toContainEqual(
      expect.objectContaining({ stage: 'authenticate', code: 'password_missing' }),
    );
  });

  test('and its last test is "changed" after what the test does not cover, and only then', async () => {
    const role = await server().createRole();
    const script = newScript().given({ stdin: role.password });
    const neverTested = await connect(script, server(), role.name);
    expect(neverTested.lastTest.status).toBe('never');
    const still = await script.answer(connectionSchema)`connections edit Orders --schema public2`;
    expect(still.lastTest).toEqual(neverTested.lastTest);

    await script.answer(connectionSchema)`connections edit Orders --schema public`;
    await script.jackfield`connections test Orders`;
    const tested = await script.answer(connectionSchema)`connections show Orders`;
    // The schema is empty: that is a warning, and it counts as passed.
    expect(tested.lastTest.status).toBe('warned');
    expect(tested.lastPassedAt).toBe(tested.lastTest.at);

    const renamed = await script.answer(connectionSchema)`connections edit Orders --rename Shop --tag prod`;
    expect(renamed.lastTest).toEqual(tested.lastTest);

    const moved = await script.answer(connectionSchema)`connections edit Shop --database template1`;
    expect(moved.lastTest).toEqual({ ...tested.lastTest, status: 'changed' });
    expect(moved.lastPassedAt).toBe(tested.lastPassedAt);

    const again = await script.answer(connectionSchema)`connections edit Shop --database postgres --test`;
    expect(again.lastTest.status).toBe('warned');
    const newPassword = await script.answer(connectionSchema)`connections edit Shop --password-stdin`;
    expect(newPassword.lastTest.status).toBe('changed');
  });

  test('and nothing is changed when its test fails, unless told to', async () => {
    const role = await server().createRole();
    const script = newScript().given({ stdin: role.password });
    await connect(script, server(), role.name);
    const before = await script.saved();

    const [failed] = await script.answer(testResultListSchema, 1)`connections edit Orders
      --database nowhere --tag lost --test`;
    expect(failed?.stages).toContainEqual(
      expect.objectContaining({ stage: 'database', status: 'failed', code: 'no_such_database' }),
    );
    expect(await script.saved()).toEqual(before);

    const anyway = await script.answer(connectionSchema)`connections edit Orders
      --database nowhere --test --save-anyway`;
    expect(anyway).toMatchObject({
      database: 'nowhere',
      lastTest: { status: 'failed', code: 'no_such_database' },
      lastPassedAt: null,
    });

    const without = await script.answer(connectionSchema)`connections edit Orders --test --database postgres`;
    expect(without.lastTest.status).toBe('warned');
  });

  test('and what the errors of a replaced root certificate say to do works', async () => {
    const role = await server().createRole();
    const script = newScript().given({ stdin: role.password });
    const root = join(script.directory, 'root.crt');
    copyFileSync(server().caFile, root);
    await script.answer(connectionSchema)`connections add --role source --name Orders --host localhost
      --port ${server().port} --username ${role.name} --ssl-mode verify-full --ssl-root-cert ${root} --password-stdin`;
    copyFileSync((await createCa()).certFile, root);
    const replaced = await script.refused(5)`connections test Orders`;
    rmSync(root);
    const missing = await script.refused(5)`connections test Orders`;

    expect(replaced).toMatchObject({
      code: 'secret_bound_elsewhere',
      fix: expect.stringMatching(/password.*edit/),
    });
    expect(missing).toMatchObject({
      code: 'root_certificate_unreadable',
      fix: expect.stringMatching(/password.*edit/),
    });
    await script.answer(
      connectionSchema,
    )`connections edit Orders --ssl-root-cert ${server().caFile} --password-stdin`;
    expect(await authenticated(script)).toBe('passed');
  });
});

function connect(script: Script, server: TestServer, username: string) {
  return script.answer(connectionSchema)`connections add --role source --name Orders --host localhost
    --port ${server.port} --username ${username} --ssl-mode verify-full --ssl-root-cert ${server.caFile}
    --password-stdin`;
}

async function nameOf(script: Script): Promise<string> {
  const [only] = await script.saved();
  return only?.name ?? '';
}

/** How the rung `authenticate` of a test of the only connection went. */
async function authenticated(script: Script): Promise<string | undefined> {
  const [result] = await script.answer(testResultListSchema)`connections test ${await nameOf(script)}`;
  return result?.stages.find(({ stage }) => stage === 'authenticate')?.status;
}
