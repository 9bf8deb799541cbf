import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { createCa, issue } from '../support/certificates.ts';
import { specialRoles } from '../support/postgres.ts';
import { newScript } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

describe('what add saves', () => {
  test('every flag has its place', async () => {
    const script = newScript();
    const ca = await createCa({ directory: script.directory });
    const client = await issue({ ca, client: 'loader', directory: script.directory });
    const files = script.given({ cwd: script.directory, stdin: 'secret\n' });

    const added = await files.answer(connectionSchema)`connections add postgres
      --role destination --name Warehouse
      --host db.example.com --port 6432 --database dwh --username loader --schema staging
      --ssl-mode verify-ca --ssl-root-cert ca.crt --ssl-cert issued.crt --ssl-key issued.key --ssl-crl ca.crt
      --option application_name=nightly --option ${'options=-c search_path=staging'}
      --tag prod --tag nightly --tag prod --password-stdin`;

    expect(added).toMatchObject({
      name: 'Warehouse',
      role: 'destination',
      connector: 'postgres',
      provider: 'self-hosted',
      host: 'db.example.com',
      port: 6432,
      database: 'dwh',
      username: 'loader',
      schema: 'staging',
      sslMode: 'verify-ca',
      // The next command may run in another directory.
      sslRootCert: ca.certFile,
      sslCert: client.certFile,
      sslKey: client.keyFile,
      sslCrl: ca.certFile,
      options: { application_name: 'nightly', options: '-c search_path=staging' },
      tags: ['nightly', 'prod'],
      secret: { kind: 'vault' },
      usedBy: [],
      lastTest: { status: 'never', at: null },
      lastPassedAt: null,
    });
    expect(await script.saved()).toEqual([added]);
  });

  test('role, name, host and username are enough; what is missing is named', async () => {
    const script = newScript();

    const nothing = await script.refused(2)`connections add`;
    const noPassword = await script.refused(2)`connections add --role source --name Orders
      --host db.example.com --username app`;
    const added = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --no-password`;

    expect(nothing).toMatchObject({
      code: 'missing_flags',
      message: '--role, --name, --host, --username are missing',
    });
    expect(noPassword.code).toBe('missing_flags');
    expect(noPassword.fix).toMatch(
      /--password-stdin.*--password-env.*--password-file.*--password-ref.*--no-password/,
    );
    expect(added).toMatchObject({
      connector: 'postgres',
      port: 5432,
      database: 'postgres',
      schema: 'public',
    });
  });

  test.each([
    ['ep-cool-1.eu-central-1.aws.neon.tech', 'neon', 'neondb', 'require'],
    ['shop.c1a2b3.eu-west-1.rds.amazonaws.com', 'rds', 'postgres', 'require'],
    ['shop.cluster-c1a2b3.eu-west-1.rds.amazonaws.com', 'aurora', 'postgres', 'require'],
    ['db.abcdefgh.supabase.co', 'supabase', 'postgres', 'require'],
    ['shop.postgres.database.azure.com', 'azure', 'postgres', 'require'],
    ['db.internal', 'self-hosted', 'postgres', 'prefer'],
  ])(
    'the host %s gets the defaults of %s, and flags win over them',
    async (host, provider, database, sslMode) => {
      const script = newScript();

      const byDefault = await script.answer(connectionSchema)`connections add --role source --name a
      --host ${host} --username app --no-password`;
      const byFlags = await script.answer(connectionSchema)`connections add --role source --name b
      --host ${host} --username app --no-password --port 5433 --database own --schema app --ssl-mode allow`;

      expect(byDefault).toMatchObject({ provider, port: 5432, database, schema: 'public', sslMode });
      expect(byFlags).toMatchObject({
        provider,
        port: 5433,
        database: 'own',
        schema: 'app',
        sslMode: 'allow',
      });
    },
  );

  test('a name is trimmed and in NFC, and taken once', async () => {
    const script = newScript();
    const decomposed = '  Cafe\u0301 orders ';

    const added = await script.answer(connectionSchema)`connections add --role source --name ${decomposed}
      --host db.example.com --username app --no-password`;
    const again = await script.refused(4)`connections add --role destination --name ${'Caf\u00e9 orders'}
      --host other.example.com --username app --no-password`;

    expect(added.name).toBe('Caf\u00e9 orders');
    expect(again.code).toBe('name_taken');
    expect(await script.saved()).toEqual([added]);
  });

  test('an id serves as a name does, and no name may look like one', async () => {
    const script = newScript();
    const { id } = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --no-password`;

    const shown = await script.answer(connectionSchema)`connections show ${id}`;
    const named = await script.refused(2)`connections add --role source --name ${id}
      --host db.example.com --username app --no-password`;

    expect(shown.name).toBe('Orders');
    expect(named.code).toBe('bad_name');
  });

  test('what was saved is told on standard error, and --quiet leaves that out', async () => {
    const script = newScript();

    const loud = await script.jackfield`connections add --role source --name Loud
      --host db.example.com --username app --no-password`;
    const quiet = await script.jackfield`connections add --role source --name Quiet
      --host db.example.com --username app --no-password --quiet`;

    expect(loud.stderr).toContain('Saved source Loud');
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).toContain('never tested');
  });
});

describe('a URL fills the form', () => {
  const url = 'postgresql://app@db.example.com:6543/shop?sslmode=require&application_name=nightly';
  const keywords =
    "host=db.example.com port=6543 dbname=shop user=app sslmode=require application_name='nightly'";
  const expected = {
    host: 'db.example.com',
    port: 6543,
    database: 'shop',
    username: 'app',
    sslMode: 'require',
    options: { application_name: 'nightly' },
  };

  test.each([
    ['a URL', url],
    ['a keyword/value string', keywords],
  ])('%s is read from --url, --url-stdin and --url-env', async (_what, text) => {
    const script = newScript().given({ stdin: `${text}\n`, env: { DATABASE_URL: text } });
    const others = ['--role', 'source', '--no-password'];

    const byFlag = await script.answer(connectionSchema)`connections add --name a --url ${text} ${others}`;
    const byStdin = await script.answer(connectionSchema)`connections add --name b --url-stdin ${others}`;
    const byEnv = await script.answer(
      connectionSchema,
    )`connections add --name c --url-env DATABASE_URL ${others}`;

    for (const added of [byFlag, byStdin, byEnv]) {
      expect(added).toMatchObject({ ...expected, secret: { kind: 'none' } });
    }
  });

  test('flags add what the URL leaves out, and may not contradict it', async () => {
    const script = newScript();

    const added = await script.answer(connectionSchema)`connections add --role source --name Orders
      --url postgresql://app@db.example.com/shop --schema sales --port 6543
      --option connect_timeout=5 --no-password`;
    const contradicting = await script.refused(2)`connections add --role source --name Other
      --url postgresql://app@db.example.com/shop --database other --no-password`;

    expect(added).toMatchObject({
      host: 'db.example.com',
      port: 6543,
      database: 'shop',
      schema: 'sales',
      options: { connect_timeout: '5' },
    });
    expect(contradicting).toMatchObject({
      code: 'conflicting_flags',
      message: expect.stringContaining('--database'),
    });
  });

  test('special characters are percent-encoded, IPv6 is in brackets, hosts may be several', async () => {
    const script = newScript();
    const add = (name: string, text: string) =>
      script.answer(
        connectionSchema,
      )`connections add --role source --name ${name} --url ${text} --no-password`;

    expect(await add('a', 'postgres://a%40b@[::1]:5433/my%20db')).toMatchObject({
      host: '::1',
      port: 5433,
      database: 'my db',
      username: 'a@b',
    });
    expect(await add('b', 'postgresql://app@one.example.com,two.example.com/shop')).toMatchObject({
      host: 'one.example.com,two.example.com',
      port: 5432,
    });
    expect(await add('c', 'postgresql:///shop?host=%2Frun%2Fpostgresql&user=app')).toMatchObject({
      host: '/run/postgresql',
      username: 'app',
    });
  });

  test('a password in --url is refused, and is nowhere in what is said', async () => {
    const script = newScript();

    const { stdout, stderr, code } = await script.jackfield`connections add --role source --name Orders
      --url postgresql://app:hunter2@db.example.com/shop --debug`;

    expect(code).toBe(2);
    expect(stderr).toContain('--url-stdin');
    expect(stderr).toContain('--url-env');
    expect(stdout + stderr).not.toContain('hunter2');
    expect(await script.saved()).toEqual([]);
  });
});

describe.each(majors)('what add saved opens PostgreSQL %i', (major) => {
  const server = () => serverFor(major);

  test('each way of giving the password gives the right one', async () => {
    // Nothing of a password is taken for something else: blanks, quotes, a newline at its end.
    const role = await server().createRole({ password: ` p@ss:w/rd?#%20 "'\\ $HOME é\n` });
    const url = `postgresql://${role.name}:${encodeURIComponent(role.password)}@localhost:${server().port}/postgres`;
    const script = newScript().given({ env: { ORDERS_PASSWORD: role.password, DATABASE_URL: url } });
    const file = join(script.directory, 'password');
    writeFileSync(file, `${role.password}\n`, { mode: 0o600 });
    const where = ['--role', 'source', '--host', 'localhost', '--port', `${server().port}`];
    const who = ['--username', role.name, '--ssl-mode', 'verify-full', '--ssl-root-cert', server().caFile];

    const ways = [
      { name: 'stdin', given: ['--password-stdin'], kind: 'vault', stdin: `${role.password}\n` },
      { name: 'env', given: ['--password-env', 'ORDERS_PASSWORD'], kind: 'vault' },
      { name: 'file', given: ['--password-file', file], kind: 'vault' },
      { name: 'ref-env', given: ['--password-ref', 'env:ORDERS_PASSWORD'], kind: 'env' },
      { name: 'ref-file', given: ['--password-ref', `file:${file}`], kind: 'file' },
      { name: 'ref-cmd', given: ['--password-ref', `cmd:cat "${file}"`], kind: 'cmd' },
    ];
    for (const { name, given, kind, stdin } of ways) {
      const each = stdin === undefined ? script : script.given({ stdin });
      const added = await each.answer(
        connectionSchema,
      )`connections add --name ${name} ${where} ${who} ${given}`;
      expect(added.secret).toEqual({ kind });
    }
    const ends = ['--role', 'source', '--ssl-mode', 'verify-full', '--ssl-root-cert', server().caFile];
    await script.answer(connectionSchema)`connections add --name url-env --url-env DATABASE_URL ${ends}`;
    await script
      .given({ stdin: url })
      .answer(connectionSchema)`connections add --name url-stdin --url-stdin ${ends}`;

    const results = await script.answer(testResultListSchema)`connections test --all`;
    expect(results.map(({ connection }) => connection)).toEqual(
      [...ways.map(({ name }) => name), 'url-env', 'url-stdin'].sort(),
    );
    for (const { stages } of results) {
      expect(stages).toContainEqual(expect.objectContaining({ stage: 'authenticate', status: 'passed' }));
    }
  });

  test('a client certificate with an encrypted key, and a password besides', async () => {
    const { name, password } = specialRoles.certificateAndPassword;
    const client = await issue({ ca: server().ca, client: name, keyPassphrase: 'opens the key' });
    const script = newScript().given({
      stdin: 'opens the key\n',
      env: { KEY: 'opens the key', PASSWORD: password },
    });
    const keyFile = join(script.directory, 'key-password');
    writeFileSync(keyFile, 'opens the key\n', { mode: 0o600 });
    const endpoint = [
      ...['--role', 'source', '--host', 'localhost', '--port', `${server().port}`, '--username', name],
      ...['--ssl-mode', 'verify-full', '--ssl-root-cert', server().caFile],
      ...['--ssl-cert', client.certFile, '--ssl-key', client.keyFile, '--password-env', 'PASSWORD'],
    ];

    for (const way of ['stdin', 'env KEY', `file ${keyFile}`, 'ref env:KEY']) {
      const given = `--ssl-key-password-${way}`.split(' ');
      const added = await script.answer(
        connectionSchema,
      )`connections add --name ${way} ${endpoint} ${given} --test`;
      expect(added.lastTest.status).not.toBe('failed');
    }
    const wrong = await script
      .given({ stdin: 'does not open it' })
      .answer(testResultListSchema, 1)`connections test ${endpoint} --ssl-key-password-stdin`;
    expect(wrong[0]?.stages).toContainEqual(
      expect.objectContaining({ stage: 'tls', status: 'failed', code: 'tls_bad_certificate_file' }),
    );
  });

  test('add --test saves what passed, with the result', async () => {
    const role = await server().createRole();
    const database = await server().createDatabase('create table orders (id int primary key)');
    await server().run(`grant select on orders to ${role.name}`, database.name);
    const script = newScript().given({ stdin: role.password });

    const added = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host localhost --port ${server().port} --database ${database.name} --username ${role.name}
      --ssl-mode verify-full --ssl-root-cert ${server().caFile} --password-stdin --test`;

    expect(added.lastTest).toMatchObject({
      status: 'passed',
      at: added.lastPassedAt,
      code: null,
      serverVersion: expect.stringMatching(new RegExp(`^${major}\\.`)),
    });
    expect(Date.now() - Date.parse(added.lastPassedAt ?? '')).toBeLessThan(60_000);
    expect(await script.saved()).toEqual([added]);
  });

  test('add --test saves nothing when the test fails, unless told to', async () => {
    const role = await server().createRole();
    const script = newScript().given({ stdin: 'not the password' });
    const flags = [
      ...['--role', 'source', '--name', 'Orders', '--host', 'localhost', '--port', `${server().port}`],
      ...['--username', role.name, '--password-stdin'],
    ];

    const [failed] = await script.answer(testResultListSchema, 1)`connections add ${flags} --test`;
    expect(failed).toMatchObject({ connection: 'Orders', status: 'failed' });
    expect(failed?.stages).toContainEqual(
      expect.objectContaining({ stage: 'authenticate', status: 'failed', code: 'password_refused' }),
    );
    expect(await script.saved()).toEqual([]);
    // Not even a secret is left.
    expect((await script.jackfield`doctor`).code).toBe(0);

    const anyway = await script.answer(connectionSchema)`connections add ${flags} --test --save-anyway`;
    expect(anyway).toMatchObject({
      lastTest: { status: 'failed', code: 'password_refused' },
      lastPassedAt: null,
    });
    expect(await script.saved()).toEqual([anyway]);
  });

  test('a taken name is refused before anything is dialled', async () => {
    const role = await server().createRole();
    const script = newScript().given({ stdin: role.password });
    const flags = [
      '--role',
      'source',
      '--host',
      'localhost',
      '--port',
      `${server().port}`,
      '--username',
      role.name,
    ];
    await script.answer(connectionSchema)`connections add --name Orders ${flags} --no-test --password-stdin`;

    const refused = await script.refused(4)`connections add --name Orders ${flags} --test --password-stdin`;

    expect(refused.code).toBe('name_taken');
    expect(await server().log()).not.toContain(role.name);
  });
});
