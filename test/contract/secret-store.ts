import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretError } from '../../src/connections/errors.ts';
import type { SecretItem, SecretStore } from '../../src/connections/secret-store.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { secretOwner } from '../support/secret-owner.ts';

/** A store under test, and what is left to do after it. */
export interface SecretStoreUnderTest {
  readonly store: SecretStore;
  /** A second store over the same place, as another run of the program has it. */
  readonly another: SecretStore;
  close(): Promise<void>;
}

/** What every secret store does. */
export function describeSecretStore(name: string, open: () => Promise<SecretStoreUnderTest>): void {
  describe(`${name} as a secret store`, () => {
    let store: SecretStore;
    let another: SecretStore;
    let close = async () => {};
    const owner = secretOwner();

    beforeAll(async () => {
      const opened = await open();
      ({ store, another } = opened);
      close = () => opened.close();
    });
    afterAll(() => close());

    async function stored(text = 'correct horse'): Promise<string> {
      const account = randomUUID();
      await store.put(account, owner, { password: new Secret(text), sslKeyPassword: null });
      return account;
    }

    it.each([
      ['both', 'p', 'k'],
      ['a password alone', 'p', null],
      ["a client key's password alone", null, 'k'],
      ['neither', null, null],
      ['an empty password', '', null],
      ['quotes, backslashes, line breaks and NUL', `a"b'c\\d\n\r\t\u0000e`, null],
      ['text beyond ASCII', 'pä$$wörd 漢字 🗝️ e\u0301', null],
      ['a lone surrogate', 'a\ud800b', null],
      ['long ones', 'x'.repeat(1000), 'y'.repeat(200)],
    ])('gives back %s', async (_what, password, sslKeyPassword) => {
      const account = randomUUID();
      await store.put(account, owner, { password: secret(password), sslKeyPassword: secret(sslKeyPassword) });
      expect(revealed(await store.get(account, owner))).toEqual({ password, sslKeyPassword });
      expect(revealed(await another.get(account, owner))).toEqual({ password, sslKeyPassword });
    });

    it('has no item that was not put', async () => {
      const account = randomUUID();
      expect(await store.has(account)).toBe(false);
      await expect(store.get(account, owner)).rejects.toMatchObject({ code: 'secret_missing' });
      await expect(store.get(account, owner)).rejects.toBeInstanceOf(SecretError);
    });

    it('removes an item', async () => {
      const account = await stored();
      expect(await store.has(account)).toBe(true);
      expect(await another.has(account)).toBe(true);
      await another.delete(account);
      expect(await store.has(account)).toBe(false);
      await expect(store.get(account, owner)).rejects.toMatchObject({ code: 'secret_missing' });
    });

    it('removes an item that is not there', async () => {
      await expect(store.delete(randomUUID())).resolves.toBeUndefined();
    });

    it.each([
      ['another host', secretOwner({ host: 'evil.example.com' })],
      ['a further host', secretOwner({ host: 'db.example.com,evil.example.com' })],
      ['another address', secretOwner({ options: { hostaddr: '192.0.2.1' } })],
      ['another port', secretOwner({ port: 5433 })],
      ['another database', secretOwner({ database: 'others' })],
      ['another user', secretOwner({ username: 'root' })],
      ['weaker TLS', secretOwner({ sslMode: 'prefer' })],
      ['another connection', secretOwner({}, randomUUID())],
    ])('refuses the secret to %s, and keeps it for its owner', async (_what, other) => {
      const account = await stored('canary-4711');
      const error = await store.get(account, other).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SecretError);
      expect(error).toMatchObject({ code: 'secret_bound_elsewhere' });
      expect(`${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`).not.toContain('canary-4711');
      expect(revealed(await store.get(account, owner)).password).toBe('canary-4711');
    });

    it('gives it after a change that it is not bound to', async () => {
      const account = await stored();
      const retagged = secretOwner({ schema: 'sales', options: { application_name: 'etl' } });
      expect(revealed(await store.get(account, retagged)).password).toBe('correct horse');
    });

    it('keeps many items apart, written and read at once', async () => {
      const accounts = await Promise.all(
        Array.from({ length: 20 }, (_, index) => stored(`password ${index}`)),
      );
      const items = await Promise.all(accounts.map((account) => another.get(account, owner)));
      expect(items.map((item) => revealed(item).password)).toEqual(
        accounts.map((_, index) => `password ${index}`),
      );
    });
  });
}

function secret(text: string | null): Secret | null {
  return text === null ? null : new Secret(text);
}

function revealed(item: SecretItem) {
  return {
    password: item.password?.reveal() ?? null,
    sslKeyPassword: item.sslKeyPassword?.reveal() ?? null,
  };
}
