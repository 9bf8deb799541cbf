import { describe } from 'vitest';
import { anEndpoint } from '../support/connection-services.ts';
import { InMemoryPasswords } from '../support/in-memory-passwords.ts';
import { behavesAsRolePasswords } from './role-passwords.ts';

describe('passwords in memory', () => {
  behavesAsRolePasswords(async () => {
    const passwords = new InMemoryPasswords();
    const endpoint = anEndpoint();
    passwords.current.set(endpoint.host, 'former');
    return { passwords, endpoint, password: 'former' };
  });
});
