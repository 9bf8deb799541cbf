import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import type { SavedConnection } from '../../../src/connections/connection.ts';
import { examineSecrets } from '../../../src/connections/doctor.ts';
import { finishRotation, generatePassword } from '../../../src/connections/rotate.ts';
import { secretsOf } from '../../../src/connections/secrets-of.ts';
import { requireConnection } from '../../../src/connections/services.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';

const { host } = anEndpoint();
const options = { timeoutMs: 1000, signal: new AbortController().signal, isAtWork: () => false };

async function saved(services: InMemoryServices): Promise<SavedConnection> {
  const password = { kind: 'secret' as const, secret: new Secret('former') };
  const secrets = { password, sslKeyPassword: { kind: 'none' as const } };
  const request = { name: 'orders', role: 'source' as const, endpoint: anEndpoint(), tags: [], secrets };
  const outcome = await addConnection(services, request, null);
  if (outcome.saved === null) throw new Error('it was not saved');
  services.connector.passwords.current.set(host, 'former');
  return outcome.saved;
}

const storedIn = async (services: InMemoryServices) => {
  const now = await requireConnection(services.inCatalog, 'orders');
  return (await secretsOf(services, now)).password?.reveal();
};
const asked = (services: InMemoryServices) => services.connector.passwords.current.get(host);
const doctor = (services: InMemoryServices, fix: boolean) =>
  examineSecrets(services, { fix, isAtWork: () => false });

/** Services that never come back from their nth call, made or not yet made: as when the process is killed. */
function mortal() {
  let left = Number.POSITIVE_INFINITY;
  let kill = () => {};
  const step = async () => {
    left -= 1;
    if (left > 0) return;
    kill();
    await new Promise(() => {});
  };
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          await step();
          const answer: unknown = await value.apply(target, args);
          await step();
          return answer;
        };
      },
    });
  const services = inMemoryServices(wrap);
  services.connector.passwords.onStep = step;
  return {
    services,
    /** Runs it until it ends, or the nth step is reached. @returns whether it was killed there */
    async until(steps: number, run: () => Promise<unknown>): Promise<boolean> {
      left = steps;
      const killed = new Promise<true>((resolve) => {
        kill = () => resolve(true);
      });
      const isKilled = await Promise.race([killed, run().then(() => false)]);
      left = Number.POSITIVE_INFINITY;
      return isKilled;
    },
  };
}

describe('a generated password', () => {
  it('takes the place of the former one, and leaves nothing behind', async () => {
    const services = inMemoryServices();
    await generatePassword(services, await saved(services), options);
    expect([asked(services), await storedIn(services)]).toEqual(['generated-1', 'generated-1']);
    expect(services.store.accounts).toHaveLength(1);
    expect((await doctor(services, false)).map(({ code }) => code)).toEqual(['secrets_in_order']);
  });

  it('is not made where the stored one is refused, which is said by its name', async () => {
    const services = inMemoryServices();
    const connection = await saved(services);
    services.connector.passwords.current.set(host, 'another');
    await expect(generatePassword(services, connection, options)).rejects.toMatchObject({
      code: 'password_refused',
      fix: expect.stringContaining('connections rotate orders --password-stdin'),
    });
    expect(services.store.accounts).toHaveLength(1);
  });

  it('killed at any step, is found to hold or not to hold, and doctor takes it from nobody', async () => {
    const outcomes = new Set<string>();
    for (let steps = 1; ; steps += 1) {
      const { services, until } = mortal();
      const connection = await saved(services);
      if (!(await until(steps, () => generatePassword(services, connection, options)))) break;
      await doctor(services, true);
      const now = await requireConnection(services.inCatalog, 'orders');
      const found = await finishRotation(services, now, options);
      outcomes.add(found === null || found === 'former' ? String(found) : 'finished');
      expect(await storedIn(services), `killed at step ${steps}`).toBe(asked(services));
      await doctor(services, true);
      expect(services.store.accounts).toHaveLength(1);
      expect(await storedIn(services), `killed at step ${steps}`).toBe(asked(services));
    }
    expect([...outcomes].sort()).toEqual(['finished', 'former', 'null']);
  });

  it('killed while it is found out, is found out the next time', async () => {
    for (let steps = 1; ; steps += 1) {
      const { services, until } = mortal();
      const connection = await saved(services);
      services.connector.passwords.onStep = async (step) => {
        if (step === 'committed') throw new Error('gone');
      };
      await expect(generatePassword(services, connection, options)).rejects.toThrow('gone');
      services.connector.passwords.onStep = async () => {};
      if (!(await until(steps, () => finishRotation(services, connection, options)))) break;
      await doctor(services, true);
      await finishRotation(services, await requireConnection(services.inCatalog, 'orders'), options);
      expect(await storedIn(services), `killed at step ${steps}`).toBe('generated-1');
    }
  });

  it('is taken back where the server does not let it in', async () => {
    const services = inMemoryServices();
    const connection = await saved(services);
    services.connector.passwords.stubborn.add(host);
    await expect(generatePassword(services, connection, options)).rejects.toMatchObject({
      code: 'rotation_undone',
    });
    expect([asked(services), await storedIn(services)]).toEqual(['former', 'former']);
    expect(services.store.accounts).toHaveLength(1);
    expect(services.notices).toEqual([]);
  });

  it('stays where neither lets in, and doctor says so; a second process waits', async () => {
    const services = inMemoryServices();
    const connection = await saved(services);
    services.connector.passwords.onStep = async (step) => {
      if (step === 'committed') throw new Error('gone');
    };
    await expect(generatePassword(services, connection, options)).rejects.toThrow('gone');
    expect(services.notices[0]).toContain('connections rotate orders --generate');
    const busy = { ...options, isAtWork: () => true };
    await expect(finishRotation(services, connection, busy)).rejects.toMatchObject({
      code: 'rotation_under_way',
    });
    services.connector.passwords.onStep = async () => {};
    services.connector.passwords.current.set(host, 'set by somebody');
    await expect(finishRotation(services, connection, options)).rejects.toMatchObject({
      code: 'rotation_unresolved',
    });
    expect((await doctor(services, true)).map(({ code }) => code)).toContain('rotation_unfinished');
    expect(services.store.accounts).toHaveLength(2);
    services.clock.time = new Date(services.clock.time.getTime() + 61 * 60_000);
    services.connector.passwords.current.set(host, 'generated-1');
    expect(await finishRotation(services, connection, busy)).toMatchObject({ name: 'orders' });
    expect(await storedIn(services)).toBe('generated-1');
  });
});
