import { describe, expect, test } from 'vitest';
import { postgres } from '../../src/connectors/postgres/connector.ts';
import { behavesAsRolePasswords } from '../contract/role-passwords.ts';
import { anEndpoint } from '../support/endpoint.ts';
import { majors, serverFor } from '../support/servers.ts';

describe.each(majors)('passwords of PostgreSQL %i', (major) => {
  behavesAsRolePasswords(async () => {
    const { host, port, createRole } = serverFor(major);
    const role = await createRole();
    const place = { host, port, database: 'postgres', username: role.name };
    const endpoint = anEndpoint({ ...place, sslMode: 'require' });
    return { passwords: postgres.passwords, endpoint, password: role.password };
  });
});

test('a generated one is 32 characters that neither a URL nor a shell has to escape', () => {
  for (let n = 0; n < 100; n += 1)
    expect(postgres.passwords.generate().reveal()).toMatch(/^[A-Za-z0-9_-]{32}$/);
});
