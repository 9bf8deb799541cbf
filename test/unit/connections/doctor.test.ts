import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import { examineSecrets, isHealthy } from '../../../src/connections/doctor.ts';
import { SecretError } from '../../../src/connections/errors.ts';
import { doctorReportSchema } from '../../../src/connections/schema.ts';
import type { SecretInput } from '../../../src/connections/secrets-of.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { PortFaults } from '../../support/port-faults.ts';

const look = { fix: false, isAtWork: () => false };
const fix = { ...look, fix: true };
const atWork = { ...look, isAtWork: (owner: string) => owner === 'here:1' };

async function save(services: InMemoryServices, name: string) {
  const password: SecretInput = { kind: 'secret', secret: new Secret('hunter2') };
  const secrets = { password, sslKeyPassword: { kind: 'none' } } as const;
  const request = { name, role: 'source', endpoint: anEndpoint(), tags: [], secrets } as const;
  const { saved } = await addConnection(services, request, null);
  if (!saved) throw new Error('it was not saved');
  return saved;
}

/** What a save leaves that was cut off after its item was written. */
async function cutOff(services: InMemoryServices, account = 'cut-off') {
  await services.inCatalog.beginSecret(account, 'keychain', 'nobody');
  const owner = { connectionId: 'nobody', endpoint: anEndpoint() };
  await services.store.put(account, owner, { password: new Secret('p'), sslKeyPassword: null });
}

const minutes = (services: InMemoryServices, count: number) => {
  services.clock.time = new Date(services.clock.time.getTime() + count * 60_000);
};

describe('doctor', () => {
  it('finds all in order, and opens no secret for it', async () => {
    const services = inMemoryServices();
    await save(services, 'orders');
    await save(services, 'stock');
    const report = doctorReportSchema.parse(await examineSecrets(services, look));
    expect(report).toMatchObject([{ check: 'secrets', status: 'ok', code: 'secrets_in_order' }]);
    expect(report[0]?.message).toContain('2 stored secrets');
    expect(isHealthy(report)).toBe(true);
  });

  it('finds what a save left that was cut off, and removes it when asked', async () => {
    const services = inMemoryServices();
    await save(services, 'orders');
    await cutOff(services);
    const report = doctorReportSchema.parse(await examineSecrets(services, look));
    expect(report).toMatchObject([
      { status: 'problem', code: 'secret_orphan', fix: 'jackfield doctor --fix' },
    ]);
    expect(isHealthy(report)).toBe(false);
    expect(services.store.accounts).toContain('cut-off');

    const repaired = await examineSecrets(services, fix);
    expect(repaired).toMatchObject([{ status: 'repaired', code: 'secret_orphan', fix: null }]);
    expect(isHealthy(repaired)).toBe(true);
    expect(services.store.accounts).toHaveLength(1);
    expect(await services.inCatalog.secretLedger()).toMatchObject([{ state: 'live' }]);
  });

  it('leaves a save alone that may be at work, for an hour', async () => {
    const services = inMemoryServices();
    await cutOff(services);
    minutes(services, 59);
    const report = await examineSecrets(services, { ...atWork, fix: true });
    expect(report).toMatchObject([{ status: 'ok', code: 'secret_being_saved' }]);
    expect(report[0]?.message).toContain('here:1');
    expect(isHealthy(report)).toBe(true);
    expect(services.store.accounts).toEqual(['cut-off']);

    minutes(services, 1);
    expect(await examineSecrets(services, atWork)).toMatchObject([
      { status: 'problem', code: 'secret_orphan' },
    ]);
    await examineSecrets(services, { ...atWork, fix: true });
    expect(services.store.accounts).toEqual([]);
  });

  it('finds a replaced secret that is left, whoever may be at work', async () => {
    const services = inMemoryServices();
    const orders = await save(services, 'orders');
    await services.inCatalog.delete(orders.id);
    expect(await examineSecrets(services, atWork)).toMatchObject([
      { status: 'problem', code: 'secret_orphan', message: expect.stringContaining('replaced or deleted') },
    ]);
    expect(await examineSecrets(services, { ...atWork, fix: true })).toMatchObject([{ status: 'repaired' }]);
    expect(services.store.accounts).toEqual([]);
  });

  it('finds a connection whose secret is gone, which it can not repair', async () => {
    const services = inMemoryServices();
    const orders = await save(services, 'the orders');
    await services.store.delete(orders.secretAccount ?? '');
    for (const options of [look, fix]) {
      expect(await examineSecrets(services, options)).toMatchObject([
        {
          status: 'problem',
          code: 'secret_missing',
          message: expect.stringContaining('the orders'),
          fix: "jackfield connections edit 'the orders' --password-stdin",
        },
      ]);
    }
  });

  it('says what it could not look at or remove, and looks at the rest', async () => {
    const faults = new PortFaults('refused', 1);
    const services = inMemoryServices((port) => ('get' in port ? faults.around(port) : port));
    const locked = await save(services, 'locked');
    const gone = await save(services, 'gone');
    await services.store.delete(gone.secretAccount ?? '');
    await services.inCatalog.delete(locked.id);
    await save(services, 'locked');
    faults.arm();
    const report = await examineSecrets(services, fix);
    expect(faults.struck).toBe('delete');
    expect(report).toMatchObject([
      { status: 'problem', code: 'fault', message: expect.stringContaining("can't be removed") },
      { status: 'problem', code: 'secret_missing' },
    ]);
    expect(await services.inCatalog.secretLedger()).toHaveLength(3);
  });

  it('does not take a secret for missing that it may not look at', async () => {
    const services = inMemoryServices();
    await save(services, 'orders');
    services.store.has = async () => {
      throw new SecretError({ code: 'keychain_locked', message: 'it is locked', fix: 'unlock it' });
    };
    const report = await examineSecrets(services, fix);
    expect(report).toMatchObject([{ status: 'unknown', code: 'keychain_locked', fix: 'unlock it' }]);
    expect(isHealthy(report)).toBe(false);
  });

  it('says once, not once a connection, that the store can not be looked at', async () => {
    const services = inMemoryServices();
    for (const name of ['a', 'b', 'c']) await save(services, name);
    let asked = 0;
    services.store.has = async () => {
      asked += 1;
      if (asked === 1) return true;
      throw new SecretError({ code: 'keychain_timeout', message: 'it does not answer', fix: null });
    };
    expect(await examineSecrets(services, look)).toMatchObject([
      { status: 'unknown', code: 'keychain_timeout', message: expect.stringMatching(/^2 of the secrets/) },
    ]);
    expect(asked).toBe(2);
  });
});
