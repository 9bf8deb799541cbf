import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  connectionSchema,
  doctorReportSchema,
  planSchema,
  testResultListSchema,
} from '../../src/connections/schema.ts';
import { createCa } from '../support/certificates.ts';
import { addPipeline } from '../support/pipelines.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

const twoConnections = `
connections:
  - name: orders
    role: source
    host: db.abc.supabase.co
    database: shop
    username: app
    schema: sales
    sslMode: require
    options: { connect_timeout: '5' }
    tags: [prod, eu]
    secret: env:ORDERS_PASSWORD
  - name: warehouse
    role: destination
    connector: postgres
    host: dwh.example.com
    port: 6432
    username: loader
`;

/** Writes a file of the script's. @returns its path */
function write(script: Script, text: string, name = 'connections.yaml'): string {
  const file = join(script.directory, name);
  writeFileSync(file, text);
  return file;
}

describe('apply', () => {
  test('plans first, changes nothing with --dry-run or without --yes, and then does what was planned', async () => {
    const script = newScript();
    const file = write(script, twoConnections);
    const plan = [
      { action: 'add', kind: 'connection', name: 'orders', role: 'source', changes: [] },
      { action: 'add', kind: 'connection', name: 'warehouse', role: 'destination', changes: [] },
    ];

    expect(await script.answer(planSchema)`apply --file ${file} --dry-run`).toEqual(plan);
    const text = await script.jackfield`apply --file ${file} --dry-run`;
    expect(text.stdout).toContain('+ add     source orders');
    expect(text.stdout).toContain('2 to add, 0 to change, 0 to delete, 0 unchanged; nothing was done yet');
    const refused = await script.refused(4)`apply --file ${file}`;
    expect(refused).toMatchObject({ code: 'not_confirmed', fix: expect.stringContaining('--yes') });
    expect(await script.saved()).toEqual([]);

    expect(await script.answer(planSchema)`apply --file ${file} --yes`).toEqual(plan);
    expect(await script.saved()).toMatchObject([
      {
        name: 'orders',
        role: 'source',
        connector: 'postgres',
        provider: 'supabase',
        host: 'db.abc.supabase.co',
        port: 5432,
        database: 'shop',
        username: 'app',
        schema: 'sales',
        sslMode: 'require',
        options: { connect_timeout: '5' },
        tags: ['eu', 'prod'],
        secret: { kind: 'env' },
        lastTest: { status: 'never' },
      },
      // What the file leaves out takes the preset's default.
      { name: 'warehouse', port: 6432, database: 'postgres', sslMode: 'prefer', secret: { kind: 'none' } },
    ]);
  });

  test('a second run finds all the same, needs no --yes and changes nothing', async () => {
    const script = newScript();
    const file = write(script, twoConnections);
    await script.answer(planSchema)`apply --file ${file} --yes`;
    const before = await script.saved();

    const again = await script.answer(planSchema)`apply --file ${file}`;
    const text = await script.jackfield`apply --file ${file}`;

    expect(again.map(({ action }) => action)).toEqual(['same', 'same']);
    expect(text.stdout).toBe('0 added, 0 changed, 0 deleted, 2 unchanged\n');
    expect(await script.saved()).toEqual(before);
  });

  test('a changed file changes what differs, and names it', async () => {
    const script = newScript();
    await script.answer(planSchema)`apply --file ${write(script, twoConnections)} --yes`;
    const [orders, warehouse] = await script.saved();
    const changed = twoConnections.replace('schema: sales', 'schema: shop').replace('[prod, eu]', '[prod]');

    const plan = await script.answer(planSchema)`apply --file ${write(script, changed)} --yes`;

    expect(plan).toEqual([
      { action: 'change', kind: 'connection', name: 'orders', role: 'source', changes: ['schema', 'tags'] },
      { action: 'same', kind: 'connection', name: 'warehouse', role: 'destination', changes: [] },
    ]);
    const [after, other] = await script.saved();
    expect(after).toEqual({ ...orders, schema: 'shop', tags: ['prod'], updatedAt: after?.updatedAt });
    expect(other).toEqual(warehouse);
  });

  test('--prune deletes what the file does not name, but not what a pipeline uses', async () => {
    const script = newScript();
    const flags = ['--role', 'source', '--host', 'db.example.com', '--username', 'app', '--no-password'];
    await script.answer(connectionSchema)`connections add --name old ${flags}`;
    const used = await script.answer(connectionSchema)`connections add --name used ${flags}`;
    await script.answer(connectionSchema)`connections duplicate used --name target`;
    await addPipeline(script, 'nightly', { source: used.id, destination: 'target' });
    const file = write(script, twoConnections);

    const without = await script.answer(planSchema)`apply --file ${file} --dry-run`;
    expect(without.map(({ action }) => action)).toEqual(['add', 'add']);
    const refused = await script.refused(4)`apply --file ${file} --prune --yes`;
    expect(refused).toMatchObject({
      code: 'connection_in_use',
      message: 'target is used by nightly; used is used by nightly',
    });
    expect(await script.saved()).toHaveLength(3);

    const withUsed = `${twoConnections}  - { name: used, role: source, host: db.example.com, username: app }\n  - { name: target, role: destination, host: db.example.com, username: app }\n`;
    const plan = await script.answer(planSchema)`apply --file ${write(script, withUsed)} --prune --yes`;
    expect(plan.map(({ action, name }) => [action, name])).toEqual([
      ['add', 'orders'],
      ['add', 'warehouse'],
      ['same', 'used'],
      ['same', 'target'],
      ['delete', 'old'],
    ]);
    expect((await script.saved()).map(({ name }) => name)).toEqual(['orders', 'target', 'used', 'warehouse']);
  });

  test('a stored password stays where the file says nothing of it, unless it would go elsewhere', async () => {
    const script = newScript().given({ stdin: 'hunter2' });
    const added = await script.answer(connectionSchema)`connections add --role source --name orders
      --host db.example.com --username app --password-stdin`;
    const entry = '{ name: orders, role: source, host: db.example.com, username: app';

    const moved = write(script, `connections: [${entry}, database: shop }]`);
    const plan = await script.answer(planSchema)`apply --file ${moved} --yes`;
    expect(plan).toEqual([
      { action: 'change', kind: 'connection', name: 'orders', role: 'source', changes: ['database'] },
    ]);
    const [shop] = await script.saved();
    expect(shop?.secret).toEqual(added.secret);

    const elsewhere = write(script, `connections: [${entry}, database: shop, port: 6432 }]`);
    expect((await script.refused(2)`apply --file ${elsewhere} --yes`).code).toBe('password_required');
    expect(await script.saved()).toEqual([shop]);

    const referred = write(script, `connections: [${entry}, database: shop, port: 6432, secret: 'env:PW' }]`);
    await script.answer(planSchema)`apply --file ${referred} --yes`;
    expect(await script.saved()).toMatchObject([{ port: 6432, secret: { kind: 'env' } }]);
    const none = write(script, `connections: [${entry}, database: shop, port: 6432, secret: null }]`);
    await script.answer(planSchema)`apply --file ${none} --yes`;
    expect(await script.saved()).toMatchObject([{ secret: { kind: 'none' } }]);
    const findings = await script.answer(doctorReportSchema)`doctor`;
    expect(findings.map(({ status }) => status)).not.toContain('problem');
  });

  test('cmd: and file: references need --trust-file', async () => {
    const script = newScript();
    const canary = join(script.directory, 'was-run');
    for (const reference of [`cmd:touch ${canary}`, 'file:/etc/hostname']) {
      const file = write(
        script,
        `connections: [{ name: a, role: source, host: h.example.com, username: u, secret: '${reference}' }]`,
      );

      for (const flags of [[], ['--dry-run'], ['--yes']]) {
        const refused = await script.refused(2)`apply --file ${file} ${flags}`;
        expect(refused).toMatchObject({
          code: 'file_not_trusted',
          fix: expect.stringContaining('--trust-file'),
        });
      }
      expect(await script.saved()).toEqual([]);
      await script.answer(planSchema)`apply --file ${file} --yes --trust-file`;
      expect(await script.saved()).toMatchObject([
        { secret: { kind: reference.slice(0, reference.indexOf(':')) } },
      ]);
      await script.jackfield`connections delete a --yes`;
    }
    // Saving a reference resolves nothing.
    expect(existsSync(canary)).toBe(false);
  });

  test('relative paths in a file are meant from where it is', async () => {
    const script = newScript();
    const certificates = join(script.directory, 'deploy', 'certificates');
    mkdirSync(certificates, { recursive: true });
    const ca = await createCa({ directory: certificates });
    const entry = 'name: a, role: source, host: db.example.com, username: u, sslMode: verify-full';
    write(script, `connections: [{ ${entry}, sslRootCert: certificates/ca.crt }]`, 'deploy/connections.yaml');

    const plan = await script
      .given({ cwd: script.directory })
      .answer(planSchema)`apply --file deploy/connections.yaml --yes`;
    const again = await script.answer(planSchema)`apply --file ${script.directory}/deploy/connections.yaml`;

    expect(plan.map(({ action }) => action)).toEqual(['add']);
    expect(again.map(({ action }) => action)).toEqual(['same']);
    expect(await script.saved()).toMatchObject([{ sslRootCert: ca.certFile }]);

    write(script, `connections: [{ ${entry}, sslRootCert: system }]`, 'deploy/connections.yaml');
    await script.answer(planSchema)`apply --file ${script.directory}/deploy/connections.yaml --yes`;
    expect(await script.saved()).toMatchObject([{ sslRootCert: 'system' }]);
  });

  test('JSON is read as YAML is, also what list prints of it', async () => {
    const script = newScript();
    const entry = {
      name: 'a',
      role: 'source',
      host: 'db.example.com',
      username: 'u',
      port: 6432,
      tags: ['x'],
    };
    const file = write(script, JSON.stringify({ connections: [entry] }), 'connections.json');

    await script.answer(planSchema)`apply --file ${file} --yes`;

    expect(await script.saved()).toMatchObject([entry]);
  });

  test('a role does not change, and is refused before anything is done', async () => {
    const script = newScript();
    await script.answer(planSchema)`apply --file ${write(script, twoConnections)} --yes`;
    const before = await script.saved();
    const file = write(
      script,
      `connections:
        - { name: fresh, role: source, host: h.example.com, username: u }
        - { name: orders, role: destination, host: h.example.com, username: u }`,
    );

    expect((await script.refused(4)`apply --file ${file} --yes`).code).toBe('role_differs');
    expect(await script.saved()).toEqual(before);
  });
});

describe('a file that is wrong changes nothing, and its content is not repeated', () => {
  const good = 'name: fresh, role: source, host: db.example.com, username: app';

  test.each([
    ['not YAML', 'connections: [ {', 'bad_file', 'line 1'],
    ['a list at the top', '- name: a', 'bad_file', 'the top level'],
    ['an unknown key at the top', 'conections: []', 'bad_file', '"conections"'],
    ['an unknown key', `connections: [{ ${good}, hots: x }]`, 'bad_file', 'connections[0]'],
    ['a literal password', `connections: [{ ${good}, password: hunter2 }]`, 'bad_file', '"password"'],
    ['a password as secret', `connections: [{ ${good}, secret: hunter2 }]`, 'bad_reference', 'reference'],
    ['no name', 'connections: [{ role: source, host: h, username: u }]', 'bad_file', 'connections[0].name'],
    ['a role that is neither', `connections: [{ ${good.replace('source', 'both')} }]`, 'bad_file', 'role'],
    ['a port out of range', `connections: [{ ${good}, port: 70000 }]`, 'bad_file', 'connections[0].port'],
    ['an unknown connector', `connections: [{ ${good}, connector: mysql }]`, 'unknown_connector', 'mysql'],
    ['an unknown option', `connections: [{ ${good}, options: { passfile: x } }]`, 'bad_option', 'passfile'],
    ['a bad name', `connections: [{ ${good} }, { ${good.replace('fresh', '"a\\tb"')} }]`, 'bad_name', 'name'],
    ['the same name twice', `connections: [{ ${good} }, { ${good} }]`, 'bad_file', '"fresh"'],
    [
      'the same name, but for blanks',
      `connections: [{ ${good} }, { ${good.replace('fresh', '" fresh "')} }]`,
      'bad_file',
      'fresh',
    ],
    [
      'the same name, but for its form',
      `connections: [{ ${good.replace('fresh', '"caf\\u00e9"')} }, { ${good.replace('fresh', '"cafe\\u0301"')} }]`,
      'bad_file',
      'twice',
    ],
    ['aliases that multiply', billionLaughs(), 'bad_file', 'alias'],
  ])('%s', async (_what, text, code, mentioned) => {
    const script = newScript();
    await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --no-password`;
    const before = await script.saved();

    const refused = await script.refused(2)`apply --file ${write(script, text)} --prune --yes`;

    expect(refused.code).toBe(code);
    expect(refused.message).toContain(mentioned);
    expect(refused.message + refused.fix).not.toContain('hunter2');
    expect(await script.saved()).toEqual(before);
  });

  test('a certificate that is not there', async () => {
    const script = newScript();
    const file = write(
      script,
      `connections:
        - { ${good} }
        - { ${good.replace('fresh', 'other')}, sslMode: verify-full, sslRootCert: nowhere.crt }`,
    );

    expect((await script.refused(2)`apply --file ${file} --dry-run`).code).toBe('bad_ssl_file');
    expect((await script.refused(2)`apply --file ${file} --yes`).code).toBe('bad_ssl_file');
    expect(await script.saved()).toEqual([]);
  });

  test('a vault that stays locked', async () => {
    const script = newScript().given({ stdin: 'hunter2' });
    await script.answer(connectionSchema)`connections add --role source --name other
      --host db.example.com --username app --password-stdin`;
    const before = await script.saved();
    const file = write(
      script,
      `connections:
        - { ${good} }
        - { ${good.replace('fresh', 'other')}, database: shop }`,
    );

    const locked = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
    expect((await locked.refused(5)`apply --file ${file} --yes`).code).toBe('vault_locked');
    expect(await script.saved()).toEqual(before);
  });

  test('no file at all', async () => {
    const script = newScript();

    expect((await script.refused(2)`apply --yes`).code).toBe('missing_flags');
    expect((await script.refused(2)`apply --file ${script.directory}/nowhere.yaml --yes`).code).toBe(
      'bad_file',
    );
    expect((await script.refused(2)`apply --file ${script.directory} --yes`).code).toBe('bad_file');
  });
});

test.each(majors)('what apply saved works on PostgreSQL %i, and keeps its last test', async (major) => {
  const server = serverFor(major);
  const role = await server.createRole();
  const script = newScript().given({ env: { ORDERS_PASSWORD: role.password } });
  const file = write(
    script,
    `connections:
      - name: orders
        role: source
        host: localhost
        port: ${server.port}
        database: postgres
        username: ${role.name}
        sslMode: verify-full
        sslRootCert: ${server.caFile}
        secret: env:ORDERS_PASSWORD`,
  );
  await script.answer(planSchema)`apply --file ${file} --yes`;
  await script.answer(testResultListSchema)`connections test --all`;
  const tested = await script.saved();

  await script.answer(planSchema)`apply --file ${file} --yes`;

  expect(tested[0]?.lastTest.serverVersion).toMatch(new RegExp(`^${major}\\.`));
  expect(await script.saved()).toEqual(tested);
});

/** A few hundred bytes of YAML that would be gigabytes when written out. */
function billionLaughs(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const items = Array(9).fill(level === 0 ? 'ha' : `*l${level - 1}`);
    return `l${level}: &l${level} [${items.join(', ')}]`;
  });
  return `${levels.join('\n')}\nconnections: *l8\n`;
}
