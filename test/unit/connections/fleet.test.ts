import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import type { Endpoint, SavedConnection } from '../../../src/connections/connection.ts';
import { testFleet } from '../../../src/connections/fleet.ts';
import type { SecretInput } from '../../../src/connections/secrets-of.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed, untilAborted } from '../../support/in-memory-connector.ts';

const none: SecretInput = { kind: 'none' };

async function save(
  services: InMemoryServices,
  name: string,
  endpoint: Partial<Endpoint> = {},
  password = none,
) {
  const secrets = { password, sslKeyPassword: none };
  const request = {
    name,
    role: 'source',
    endpoint: anEndpoint({ host: name, ...endpoint }),
    tags: [],
    secrets,
  } as const;
  const { saved } = await addConnection(services, request, null);
  if (!saved) throw new Error('it was not saved');
  return saved;
}

/** Connections called c0, c1 …, each on a host of its name. */
async function fleetOf(services: InMemoryServices, size: number): Promise<SavedConnection[]> {
  return Promise.all(Array.from({ length: size }, (_, index) => save(services, `c${index}`)));
}

const patiently = { timeoutMs: 1000, signal: new AbortController().signal };

describe('a fleet', () => {
  it('is tested a bounded number at once, and answers in its own order, whoever is done first', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), async (delays, concurrency) => {
        const services = inMemoryServices();
        const fleet = await fleetOf(services, delays.length);
        let underWay = 0;
        let most = 0;
        for (const [index, delay] of delays.entries()) {
          services.connector.willProbe(`c${index}`, async () => {
            underWay += 1;
            most = Math.max(most, underWay);
            await pause(delay);
            underWay -= 1;
            return probed();
          });
        }
        const finished: (string | null)[] = [];
        const onResult = ({ connection }: { connection: string | null }) => void finished.push(connection);
        const results = await testFleet(services, fleet, { ...patiently, concurrency, onResult });
        expect(results.map(({ connection }) => connection)).toEqual(fleet.map(({ name }) => name));
        expect(finished.toSorted()).toEqual(fleet.map(({ name }) => name).toSorted());
        expect(most).toBe(Math.min(concurrency, delays.length));
        for (const { lastTest } of await services.inCatalog.list()) expect(lastTest.status).toBe('passed');
      }),
      { numRuns: 30 },
    );
  });

  it('has a row for each of its own, failed ones and those without a secret too', async () => {
    const services = inMemoryServices();
    const fleet = [
      await save(services, 'good'),
      await save(services, 'bad'),
      await save(services, 'locked', {}, { kind: 'env', reference: 'env:LOCKED' }),
      await save(services, 'fair'),
    ];
    services.connector.willProbe('good', probed());
    services.connector.willProbe('bad', probed('failed'));
    services.connector.willProbe('fair', probed('warned'));
    const results = await testFleet(services, fleet, { ...patiently, concurrency: 2 });
    expect(results.map(({ status }) => status)).toEqual(['passed', 'failed', 'failed', 'warned']);
    const kept = (await services.inCatalog.list()).map(({ name, lastTest }) => [name, lastTest.status]);
    expect(Object.fromEntries(kept)).toEqual({
      good: 'passed',
      bad: 'failed',
      locked: 'failed',
      fair: 'warned',
    });
  });

  it('that is interrupted starts no more, ends what is under way, and keeps what finished', async () => {
    const services = inMemoryServices();
    const fleet = await fleetOf(services, 6);
    const interruption = new AbortController();
    services.connector.willProbe('c0', probed());
    services.connector.willProbe('c1', untilAborted);
    services.connector.willProbe('c2', (request) => {
      setImmediate(() => interruption.abort());
      return untilAborted(request);
    });
    const testing = testFleet(services, fleet, { ...patiently, signal: interruption.signal, concurrency: 2 });
    await expect(testing).rejects.toMatchObject({ code: 'interrupted' });
    expect(services.connector.probes.map(({ endpoint }) => endpoint.host)).toEqual(['c0', 'c1', 'c2']);
    const statuses = (await services.inCatalog.list()).map(({ lastTest }) => lastTest.status);
    expect(statuses).toEqual(['passed', 'never', 'never', 'never', 'never', 'never']);
  });

  it('that fails for a reason of our own starts no more, and waits for what is under way', async () => {
    const services = inMemoryServices();
    const fleet = await fleetOf(services, 5);
    services.connector.willProbe('c0', async () => {
      throw new TypeError('a defect');
    });
    services.connector.willProbe('c1', async () => {
      await pause(20);
      return probed();
    });
    await expect(testFleet(services, fleet, { ...patiently, concurrency: 2 })).rejects.toThrow('a defect');
    expect(services.connector.probes.map(({ endpoint }) => endpoint.host)).toEqual(['c0', 'c1']);
    const statuses = (await services.inCatalog.list()).map(({ lastTest }) => lastTest.status);
    expect(statuses).toEqual(['never', 'passed', 'never', 'never', 'never']);
  });

  it('is not dialled at all when a file that one of them names can not be read', async () => {
    const services = inMemoryServices();
    const fleet = [
      ...(await fleetOf(services, 2)),
      await save(services, 'last', { sslRootCert: '/root.pem' }),
    ];
    services.connector.unreadableFiles.add('/root.pem');
    const testing = testFleet(services, fleet, { ...patiently, concurrency: 8 });
    await expect(testing).rejects.toMatchObject({ code: 'bad_ssl_file' });
    expect(services.connector.probes).toEqual([]);
  });

  it('of none has no results', async () => {
    expect(await testFleet(inMemoryServices(), [], { ...patiently, concurrency: 8 })).toEqual([]);
  });
});
