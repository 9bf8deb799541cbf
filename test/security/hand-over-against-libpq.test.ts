import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { postgres } from '../../src/connectors/postgres/connector.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { anEndpoint } from '../support/endpoint.ts';
import { startLibpq } from '../support/libpq.ts';
import { serverFor } from '../support/servers.ts';

// What is handed to a program is judged by libpq: it must read what was meant, and nothing else.

const run = promisify(execFile);
const libpq = await startLibpq();
if (typeof libpq === 'string') {
  if (process.env.CI) throw new Error(`libpq can't be asked: ${libpq}`);
  process.stderr.write(`skipped: what is handed over, by libpq (${libpq})\n`);
}

const awkward = [
  'plain',
  'with a blank ',
  ' leading',
  'co:lon',
  'back\\slash\\',
  '%40@#?/&=',
  `'"\`$(x)`,
  'ü🔑ß',
  '*',
  '\\:',
  'tab\there',
];

describe.skipIf(typeof libpq === 'string')('libpq', () => {
  if (typeof libpq === 'string') return;
  afterAll(() => libpq.stop());

  test('takes nothing from a variable that is not taken away or set', () => {
    expect(libpq.variables).toContain('PGSERVICE');
    const known = new Set(postgres.environmentNames);
    // These say how to work, not where.
    const harmless = new Set(['PGDATESTYLE', 'PGTZ', 'PGGEQO']);
    expect(libpq.variables.filter((name) => !known.has(name) && !harmless.has(name))).toEqual([]);
  });

  test('reads a URL as the endpoint it was made of', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((it) => !it.includes('\0') && Buffer.from(it).toString() === it);
    const hosts = fc.constantFrom('db.example.com', 'a,b', '::1', '/run/postgresql');
    await fc.assert(
      fc.asyncProperty(hosts, text, text, text, async (host, username, database, password) => {
        const endpoint = anEndpoint({ host, username, database, sslRootCert: '/c a.pem' });
        const url = postgres.formatUrl(endpoint, { password: new Secret(password), sslKeyPassword: null });
        const port = host === 'a,b' ? '5432,5432' : '5432';
        expect(await libpq.parse(url.reveal())).toMatchObject({
          ...{ host, port, user: username, dbname: database, password },
          ...{ sslmode: 'disable', sslrootcert: '/c a.pem' },
        });
      }),
    );
  });
});

test('psql gets in with the password file, whatever the password and the user are', async () => {
  const server = serverFor(18);
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-passfile-'));
  const names = [`a:b\\c ${process.pid}`, `plain_${process.pid}`];
  try {
    for (const name of names) {
      const role = await server.createRole({ name });
      for (const host of [server.host, '127.0.0.1']) {
        for (const password of name.startsWith('a') ? awkward : awkward.slice(0, 2)) {
          await server.run(
            `alter role "${name}" password '${password.replaceAll("'", "''").replaceAll('\\', '\\')}'`,
          );
          const endpoint = anEndpoint({
            ...{ host, port: server.port, username: name, database: 'postgres' },
            ...{ sslMode: 'verify-full', sslRootCert: server.caFile, options: { keepalives_idle: '7' } },
          });
          const secrets = { password: new Secret(password), sslKeyPassword: null };
          const { variables, files } = postgres.handOver(endpoint, secrets);
          const paths = files.map(({ name, variable, content }) => {
            writeFileSync(join(directory, name), content.reveal(), { mode: 0o600 });
            return [variable, join(directory, name)];
          });
          const env = { PATH: process.env.PATH, HOME: directory, ...variables, ...Object.fromEntries(paths) };
          const { stdout } = await run('psql', ['-XAtwc', 'select current_user'], { env });
          expect(stdout.trimEnd(), password).toBe(name);
        }
      }
      await role.drop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
