import { expect, it } from 'vitest';
import type { Endpoint } from '../../src/connections/connection.ts';
import { ServerError } from '../../src/connections/errors.ts';
import type { RolePasswords } from '../../src/connections/role-password.ts';
import { Secret } from '../../src/secrets/secret.ts';

/** A server with a role of its own. */
export interface PasswordsUnderTest {
  readonly passwords: RolePasswords;
  readonly endpoint: Endpoint;
  /** What the role logs in with at first. */
  readonly password: string;
}

/** What every adapter of {@link RolePasswords} does. */
export function behavesAsRolePasswords(make: () => Promise<PasswordsUnderTest>): void {
  const loginsOf =
    ({ endpoint }: PasswordsUnderTest) =>
    (password: string) => ({
      ...{ endpoint, secrets: { password: new Secret(password), sslKeyPassword: null } },
      ...{ timeoutMs: 10_000, signal: new AbortController().signal },
    });

  it('tells whether a password lets the role in', async () => {
    const server = await make();
    const login = loginsOf(server);
    expect(await server.passwords.logsIn(login(server.password))).toBe(true);
    expect(await server.passwords.logsIn(login('another'))).toBe(false);
  });

  it('changes it by the commit alone, and again in the same session', async () => {
    const server = await make();
    const { passwords, password } = server;
    const login = loginsOf(server);
    const holding = async (...those: string[]) => {
      const all: boolean[] = [];
      for (const one of those) all.push(await passwords.logsIn(login(one)));
      return all;
    };
    const abandoned = await passwords.open(login(password));
    await abandoned.prepare(new Secret('never'));
    expect(await holding(password, 'never')).toEqual([true, false]);
    abandoned.close();
    const session = await passwords.open(login(password));
    await session.prepare(new Secret('next «ü»'));
    await session.commit();
    expect(await holding(password, 'next «ü»')).toEqual([false, true]);
    await session.prepare(new Secret(password));
    await session.commit();
    session.close();
    expect(await holding(password, 'next «ü»')).toEqual([true, false]);
  });

  it('opens no session with a wrong one', async () => {
    const server = await make();
    await expect(server.passwords.open(loginsOf(server)('another'))).rejects.toBeInstanceOf(ServerError);
  });

  it('generates other ones each time', async () => {
    const { passwords } = await make();
    const made = Array.from({ length: 50 }, () => passwords.generate().reveal());
    expect(new Set(made).size).toBe(50);
  });
}
