import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { createCa } from '../support/certificates.ts';
import { afterwards } from '../support/clean-up.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

// A saved connection is what was saved, whatever variables and files of libpq's or Node's lie around.

const server = serverFor(18);
let role: { name: string; password: string };
let database: { name: string };
let script: Script;

beforeAll(async () => {
  role = await server.createRole();
  database = await server.createDatabase(
    `create table orders (id int primary key); grant select on orders to ${role.name}`,
  );
});

beforeEach(() => {
  script = newScript();
});

const add = (secret: string[], ssl = ['--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile]) =>
  script.given({ stdin: role.password }).answer(connectionSchema)`connections add --role source --name Orders
    --host ${server.host} --port ${server.port} --database ${database.name} --username ${role.name} ${ssl} ${secret}`;

describe("11: libpq's variables and files", () => {
  test('lead nowhere else, weaken nothing and change nothing', async () => {
    let visits = 0;
    const thief = createServer((socket) => {
      visits += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => thief.once('listening', resolve));
    afterwards(() => void thief.close());
    const { port } = thief.address() as { port: number };
    const wrongCa = await createCa();
    await add(['--password-stdin']);
    const before = await script.answer(testResultListSchema)`connections test Orders`;
    const discoveredBefore = await script.jackfield`connections discover Orders --output csv`;

    writeFileSync(join(script.directory, '.pgpass'), `*:*:*:*:wrong\n`, { mode: 0o600 });
    writeFileSync(join(script.directory, '.pg_service.conf'), `[evil]\nhost=127.0.0.1\nport=${port}\n`);
    mkdirSync(join(script.directory, '.postgresql'));
    for (const file of ['root.crt', 'root.crl', 'postgresql.crt', 'postgresql.key']) {
      writeFileSync(join(script.directory, '.postgresql', file), 'not a certificate', { mode: 0o600 });
    }
    const hostile = script.given({
      env: {
        PGHOST: '127.0.0.1',
        PGHOSTADDR: '127.0.0.1',
        PGPORT: String(port),
        PGDATABASE: 'template1',
        PGUSER: 'somebody',
        PGPASSWORD: 'wrong',
        PGPASSFILE: join(script.directory, '.pgpass'),
        PGSERVICE: 'evil',
        PGSERVICEFILE: join(script.directory, '.pg_service.conf'),
        PGSSLMODE: 'disable',
        PGREQUIRESSL: '0',
        PGSSLROOTCERT: wrongCa.certFile,
        PGSSLCERT: wrongCa.certFile,
        PGSSLKEY: wrongCa.certFile,
        PGSSLNEGOTIATION: 'direct',
        PGSSLMINPROTOCOLVERSION: 'TLSv1.4',
        PGREQUIREAUTH: 'password',
        PGCHANNELBINDING: 'disable',
        PGTARGETSESSIONATTRS: 'standby',
        PGOPTIONS: '-c search_path=evil -c statement_timeout=1',
        PGCLIENTENCODING: 'LATIN1',
        PGCONNECT_TIMEOUT: '1',
        PGAPPNAME: 'evil',
        DATABASE_URL: `postgresql://u:p@127.0.0.1:${port}/d`,
      },
    });
    const after = await hostile.answer(testResultListSchema)`connections test Orders`;
    const timeless = (results: typeof before) =>
      results.map(({ status, stages, server }) => ({
        status,
        server,
        stages: stages.map(({ durationMs: _, ...stage }) => stage),
      }));
    expect(timeless(after)).toEqual(timeless(before));
    expect((await hostile.jackfield`connections discover Orders --output csv`).stdout).toBe(
      discoveredBefore.stdout,
    );
    expect(visits).toBe(0);
  });

  test('lend no password to a connection that has none', async () => {
    await add(['--no-password']);
    writeFileSync(join(script.directory, '.pgpass'), `*:*:*:*:${role.password}\n`, { mode: 0o600 });
    for (const env of [
      {},
      { PGPASSWORD: role.password },
      { PGPASSFILE: join(script.directory, '.pgpass') },
    ]) {
      const [result] = await script.given({ env }).answer(testResultListSchema, 1)`connections test Orders`;
      expect(result?.stages.find(({ status }) => status === 'failed')?.stage).toBe('authenticate');
    }
  });
});

describe("8: Node's variables", () => {
  test('NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch verification off, and that is said once', async () => {
    const wrongCa = await createCa();
    await add(['--password-stdin'], ['--ssl-mode', 'verify-full', '--ssl-root-cert', wrongCa.certFile]);
    const careless = script.given({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    const [result] = await careless.answer(testResultListSchema, 1)`connections test Orders`;
    expect(result?.stages.find(({ status }) => status === 'failed')?.stage).toBe('tls');
    const discovered = await careless.jackfield`connections discover Orders`;
    expect(discovered.code).toBe(7);
    const tested = await careless.jackfield`connections test Orders Orders --debug`;
    expect(tested.code).toBe(1);
    for (const { stderr } of [discovered, tested]) {
      // Node's own words would be that verification is off.
      expect(stderr.match(/NODE_TLS_REJECT_UNAUTHORIZED.*/g)).toEqual([
        "NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect: certificates are verified as a connection's SSL mode says",
      ]);
    }
    const verified = script.given({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '1' } });
    expect((await verified.jackfield`connections test Orders`).stderr).not.toContain('NODE_TLS');
  });

  test('NODE_EXTRA_CA_CERTS adds nobody to the root that was named', async () => {
    const wrongCa = await createCa();
    await add(['--password-stdin'], ['--ssl-mode', 'verify-ca', '--ssl-root-cert', wrongCa.certFile]);
    const trusting = script.given({ env: { NODE_EXTRA_CA_CERTS: server.caFile } });
    const [result] = await trusting.answer(testResultListSchema, 1)`connections test Orders`;
    expect(result?.stages.find(({ status }) => status === 'failed')?.stage).toBe('tls');
  });
});
