import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestResult } from '../../src/connections/connection.ts';
import { testResultListSchema } from '../../src/connections/schema.ts';
import { createCa, createCrl, type Issued, issue } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { type OwnServer, specialRoles, startServer } from '../support/postgres.ts';
import { newestPsql } from '../support/psql.ts';
import { newScript, type Script } from '../support/script.ts';

// The files of a connection, by the program: a file that is no good is told before anything is dialled.

const libpq18 = await newestPsql();
if (typeof libpq18 === 'string')
  process.stderr.write(`skipped: system roots against libpq 18 (${libpq18})\n`);

const { certificate: role } = specialRoles;
const missing = '/nowhere/at/all.pem';

let server: OwnServer;
let own: Issued;

beforeAll(async () => {
  server = await startServer({ major: 18 });
  afterwards(() => server.stop());
  own = await issue({ ca: server.ca, client: role.name });
});

/** The flags that lead to the server as a role that comes in with a certificate. */
function flags(more: readonly string[] = [], port = server.port): string[] {
  return [
    ...['--role', 'source', '--host', 'localhost', '--port', `${port}`, '--database', 'postgres'],
    ...['--username', role.name, '--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile],
    ...more,
  ];
}

const bring = ({ certFile, keyFile }: Issued) => ['--ssl-cert', certFile, '--ssl-key', keyFile];

/** The first rung that failed, with its code and sentence; null when none did. */
function failure([result]: TestResult[]) {
  const rung = result?.stages.find(({ status }) => status === 'failed');
  return rung === undefined ? null : { stage: rung.stage, code: rung.code, message: rung.message };
}

async function tested(script: Script, words: readonly string[], exitCode = 0) {
  return script.answer(testResultListSchema, exitCode)`connections test ${words}`;
}

/** A listener that counts who comes. */
async function countingListener(): Promise<{ port: number; visits: () => number }> {
  let visits = 0;
  const listener = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  afterwards(() => void listener.close());
  return { port: (listener.address() as AddressInfo).port, visits: () => visits };
}

test.each([
  ['root certificate', '--ssl-root-cert'],
  ['revocation list', '--ssl-crl'],
  ['client certificate', '--ssl-cert'],
  ['client key', '--ssl-key'],
])('a %s that is not there is exit 2, before dialling', async (name, flag) => {
  const { port, visits } = await countingListener();
  const words = flags([...bring(own), '--no-password', flag, missing], port);

  const refused = await newScript().refused(2)`connections test ${words}`;

  expect(refused).toMatchObject({
    code: 'bad_ssl_file',
    message: `the ${name} ${missing} can not be read (ENOENT)`,
    fix: expect.stringContaining(flag),
  });
  expect(visits()).toBe(0);
});

describe('the client key', () => {
  test('lets in with its certificate', async () => {
    expect(failure(await tested(newScript(), flags([...bring(own), '--no-password'])))).toBeNull();
  });

  test.each([0o644, 0o640, 0o604])('with mode %o is refused, before dialling', async (mode) => {
    const open = await issue({ ca: server.ca, client: role.name });
    chmodSync(open.keyFile, mode);
    // Of root, 0640 is allowed: so it belongs to somebody else here, where that can be done.
    if (process.getuid?.() === 0) chownSync(open.keyFile, 65534, 65534);
    const { port, visits } = await countingListener();

    const refused = await newScript().refused(
      2,
    )`connections test ${flags([...bring(open), '--no-password'], port)}`;

    expect(refused).toMatchObject({
      code: 'bad_ssl_file',
      message: `the client key ${open.keyFile} may be read by others`,
      fix: `chmod 0600 ${open.keyFile}`,
    });
    expect(visits()).toBe(0);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write('skipped: a key that belongs to root (the tests do not run as root)\n');

  test.skipIf(!isRoot)('of root may be read by its group, and by nobody else', async () => {
    const shared = await issue({ ca: server.ca, client: role.name });
    expect(statSync(shared.keyFile).uid).toBe(0);
    const words = flags([...bring(shared), '--no-password']);

    chmodSync(shared.keyFile, 0o640);
    expect(failure(await tested(newScript(), words))).toBeNull();
    for (const mode of [0o644, 0o660]) {
      chmodSync(shared.keyFile, mode);
      expect((await newScript().refused(2)`connections test ${words}`).code).toBe('bad_ssl_file');
    }
  });

  test('of another certificate fails on the rung tls', async () => {
    const another = await issue({ ca: server.ca, client: role.name });
    const words = flags(['--ssl-cert', own.certFile, '--ssl-key', another.keyFile, '--no-password']);
    expect(failure(await tested(newScript(), words, 1))).toEqual({
      stage: 'tls',
      code: 'tls_bad_certificate_file',
      message: expect.stringContaining('key values mismatch'),
    });
  });

  test('that is encrypted needs its password', async () => {
    const opens = 'open-sesame-7c';
    const encrypted = await issue({ ca: server.ca, client: role.name, keyPassphrase: opens });
    const script = newScript().given({ env: { RIGHT: opens, WRONG: 'open-barley' } });
    const words = (...more: string[]) => flags([...bring(encrypted), '--no-password', ...more]);

    expect(failure(await tested(script, words('--ssl-key-password-env', 'RIGHT')))).toBeNull();
    for (const more of [['--ssl-key-password-env', 'WRONG'], []]) {
      const found = failure(await tested(script, words(...more), 1));
      expect(found).toMatchObject({ stage: 'tls', code: 'tls_bad_certificate_file' });
      expect(JSON.stringify(found)).not.toContain('open-barley');
    }
  });
});

test('the certificate of an authority that the server does not know is refused as that', async () => {
  const stranger = await issue({ ca: await createCa({ name: 'strangers' }), client: role.name });
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const words = flags([
      ...bring(stranger),
      '--no-password',
      '--option',
      `ssl_max_protocol_version=${version}`,
    ]);
    expect(failure(await tested(newScript(), words, 1))).toMatchObject({
      stage: 'tls',
      code: 'tls_client_refused',
    });
  }
});

test('a revoked certificate is told as that, and a list that is none is not passed over', async () => {
  const certificate = await issue({ ca: server.ca, hosts: ['localhost'] });
  await server.useCertificate(certificate);
  const words = (list: string) => flags([...bring(own), '--no-password', '--ssl-crl', list]);
  const noList = join(newScript().directory, 'no-list.pem');
  writeFileSync(noList, 'no list\n');

  const clean = await tested(newScript(), words(await createCrl(server.ca, [])));
  const revoked = await tested(newScript(), words(await createCrl(server.ca, [certificate])), 1);
  const unreadable = await tested(newScript(), words(noList), 1);

  expect(failure(clean)).toBeNull();
  expect(failure(revoked)).toMatchObject({ stage: 'tls', code: 'tls_revoked' });
  expect(failure(unreadable)).toMatchObject({ stage: 'tls', code: 'tls_bad_certificate_file' });
});

describe("the system's roots", () => {
  const system = () => [
    ...['--role', 'source', '--host', 'localhost', '--port', `${server.port}`, '--database', 'postgres'],
    ...['--username', role.name, '--ssl-root-cert', 'system', '--no-password', ...bring(own)],
  ];

  test('mean verify-full, and are those of SSL_CERT_FILE where that is set', async () => {
    const named = newScript().given({ env: { SSL_CERT_FILE: server.caFile } });

    const [trusted] = await tested(named, system());
    const stranger = await tested(newScript(), system(), 1);
    const unreadable = await tested(newScript().given({ env: { SSL_CERT_FILE: missing } }), system(), 1);

    expect(trusted?.status).not.toBe('failed');
    expect(trusted?.server?.tls?.verified).toBe('full');
    expect(failure(stranger)).toMatchObject({ stage: 'tls', code: 'tls_untrusted' });
    expect(failure(unreadable)).toEqual({
      stage: 'tls',
      code: 'tls_bad_certificate_file',
      message: expect.stringContaining(`SSL_CERT_FILE names ${missing}, which can not be read (ENOENT)`),
    });
  });

  test.each(['disable', 'allow', 'prefer', 'require', 'verify-ca'])('are refused with %s', async (mode) => {
    const refused = await newScript().refused(2)`connections test ${system()} --ssl-mode ${mode}`;
    expect(refused.code).toBe('bad_ssl_settings');
  });

  test.skipIf(typeof libpq18 === 'string')('are so for libpq 18', async () => {
    if (typeof libpq18 === 'string') return;
    const settings = {
      host: 'localhost',
      port: `${server.port}`,
      dbname: 'postgres',
      user: role.name,
      sslcert: own.certFile,
      sslkey: own.keyFile,
      sslrootcert: 'system',
    };
    const trusted = await libpq18.connect(settings, { SSL_CERT_FILE: server.caFile });
    const stranger = await libpq18.connect(settings);
    const weaker = await libpq18.connect(
      { ...settings, sslmode: 'verify-ca' },
      { SSL_CERT_FILE: server.caFile },
    );
    expect([trusted, stranger, weaker].map(({ session }) => session)).toEqual(['TLS', 'refused', 'refused']);
    expect(weaker.words).toContain('weak sslmode');
  });
});
