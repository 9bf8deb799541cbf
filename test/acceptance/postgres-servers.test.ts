import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { issue } from '../support/certificates.ts';
import { specialRoles } from '../support/postgres.ts';
import { majors, serverFor } from '../support/servers.ts';

// What the other tests rely on: each role is let in, or kept out, the way it says.

const noEntry = /no pg_hba\.conf entry/;

describe.each(majors)('the roles of PostgreSQL %i', (major) => {
  const server = serverFor(major);

  const comeIn = async (role: { name: string; password: string }, tls: boolean, client?: string) => {
    const certificate = client === undefined ? null : await issue({ ca: server.ca, client });
    const connection = new pg.Client({
      host: server.host,
      port: server.port,
      user: role.name,
      database: 'postgres',
      password: () => role.password,
      ssl: tls && {
        ca: server.ca.certPem,
        rejectUnauthorized: true,
        ...(certificate === null ? {} : { cert: certificate.certPem, key: certificate.keyPem }),
      },
    });
    try {
      await connection.connect();
      const { rows } = await connection.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      return rows[0];
    } finally {
      await connection.end();
    }
  };

  test.each(['md5', 'clearText', 'trusted'] as const)('%s comes in both ways', async (key) => {
    expect(await comeIn(specialRoles[key], true)).toEqual({ ssl: true });
    expect(await comeIn(specialRoles[key], false)).toEqual({ ssl: false });
  });

  test('a role of a test comes in both ways, with its password only', async () => {
    const role = await server.createRole();
    expect(await comeIn(role, true)).toEqual({ ssl: true });
    expect(await comeIn(role, false)).toEqual({ ssl: false });
    await expect(comeIn({ ...role, password: 'wrong' }, true)).rejects.toMatchObject({ code: '28P01' });
  });

  test('some roles come in one way, one not at all', async () => {
    expect(await comeIn(specialRoles.tlsOnly, true)).toEqual({ ssl: true });
    await expect(comeIn(specialRoles.tlsOnly, false)).rejects.toThrow(noEntry);
    expect(await comeIn(specialRoles.plainOnly, false)).toEqual({ ssl: false });
    await expect(comeIn(specialRoles.plainOnly, true)).rejects.toThrow(noEntry);
    await expect(comeIn(specialRoles.noEntry, true)).rejects.toThrow(noEntry);
    await expect(comeIn(specialRoles.noEntry, false)).rejects.toThrow(noEntry);
  });

  test.each(['certificate', 'certificateAndPassword'] as const)(
    '%s needs a client certificate',
    async (key) => {
      const role = specialRoles[key];
      expect(await comeIn(role, true, role.name)).toEqual({ ssl: true });
      await expect(comeIn(role, true)).rejects.toThrow(/valid client certificate/);
      await expect(comeIn(role, true, 'somebody_else')).rejects.toThrow(/authentication failed/);
    },
  );
});
