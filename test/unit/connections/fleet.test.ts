import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import type { Endpoint, TestResult } from '../../../src/connections/connection.ts';
import { type FleetSubject, fails, savedFleet, shardOf, testFleet } from '../../../src/connections/fleet.ts';
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
  const [subject] = savedFleet(services, [saved]);
  if (!subject) throw new Error('it has no place in a fleet');
  return subject;
}

/** Connections called c0, c1 …, each on a host of its name. */
async function fleetOf(services: InMemoryServices, size: number): Promise<FleetSubject[]> {
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
        const started: number[] = [];
        const finished: (string | null)[] = [];
        const onStart = (index: number) => void started.push(index);
        const onResult = (result: TestResult, index: number) => {
          expect(started).toContain(index);
          expect(finished[index]).toBeUndefined();
          finished[index] = result.connection;
        };
        const options = { ...patiently, concurrency, onStart, onResult };
        const results = await testFleet(services, fleet, options);
        expect(results.map(({ connection }) => connection)).toEqual(fleet.map(({ name }) => name));
        expect(finished).toEqual(fleet.map(({ name }) => name));
        expect(started).toEqual([...fleet.keys()]);
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

describe('the shards of a list', () => {
  it('hold each of its members once, in its order, and none is larger than another by more than one', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 20 }), (size, count) => {
        const list = Array.from({ length: size }, (_, index) => index);
        const shards = Array.from({ length: count }, (_, index) =>
          shardOf(list, { index: index + 1, count }),
        );
        expect(shards.flat().sort((one, other) => one - other)).toEqual(list);
        for (const shard of shards) expect(shard).toEqual(shard.toSorted((one, other) => one - other));
        const sizes = shards.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('are counted from 1', () => {
    expect(shardOf(['a', 'b', 'c', 'd', 'e'], { index: 1, count: 2 })).toEqual(['a', 'c', 'e']);
    expect(shardOf(['a', 'b', 'c', 'd', 'e'], { index: 2, count: 2 })).toEqual(['b', 'd']);
    expect(shardOf(['a'], { index: 2, count: 2 })).toEqual([]);
  });
});

it.each([
  ['passed', 'failed', false],
  ['passed', 'warned', false],
  ['warned', 'failed', false],
  ['warned', 'warned', true],
  ['failed', 'failed', true],
  ['failed', 'warned', true],
] as const)('a run with one that %s, to fail on %s: %s', (status, failOn, expected) => {
  const results = [probed(), probed(status)].map((result) => ({ connection: 'x', ...result }));
  expect(fails(results, failOn)).toBe(expected);
});
