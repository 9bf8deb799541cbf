import { type Endpoint, endpointOf, type Role, type SavedConnection, type TestResult } from './connection.ts';
import type { ConnectionServices } from './services.ts';
import { type TestOptions, testOfFleet } from './test.ts';
import { workThrough } from './workers.ts';

/** One of a fleet: a saved connection, or one that only a file describes. */
export interface FleetSubject {
  readonly name: string;
  readonly role: Role;
  readonly tags: readonly string[];
  readonly endpoint: Endpoint;
  /**
   * Tests it; a secret that can't be had is the result's failure.
   * @throws InterruptedError
   */
  test(options: TestOptions): Promise<TestResult>;
}

/** How a fleet is tested. */
export interface FleetOptions extends Omit<TestOptions, 'onStage'> {
  /** How many are tested at once. */
  readonly concurrency: number;
  /** Told as each is begun; `index` is its place in the fleet. */
  readonly onStart?: (index: number) => void;
  /** Told as each is done, in the order they finish. */
  readonly onResult?: (result: TestResult, index: number) => void;
}

/** The least that makes a run fail. */
export type FailOn = 'failed' | 'warned';

/** Whether a run with these results is one that failed. */
export function fails(results: readonly Pick<TestResult, 'status'>[], failOn: FailOn): boolean {
  return results.some(({ status }) => status === 'failed' || status === failOn);
}

/** A part of a fleet: the `index`th of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Saved connections as a fleet; each result is recorded as soon as it is there. */
export function savedFleet(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
): FleetSubject[] {
  return connections.map((saved) => ({
    name: saved.name,
    role: saved.role,
    tags: saved.tags,
    endpoint: endpointOf(saved),
    test: (options) => testOfFleet(services, saved, options),
  }));
}

/**
 * The part of a list that a shard takes: every `count`th, so that neighbours, which often share a dead
 * host, are spread. The shards of a list hold each of its members once.
 */
export function shardOf<T>(list: readonly T[], { index, count }: Shard): T[] {
  return list.filter((_, position) => position % count === index - 1);
}

/**
 * Tests many connections, a bounded number at once; results come in the order of the fleet.
 * @throws UsageError for files that can't be read, before anything is dialled; InterruptedError, after
 * what was under way has ended
 */
export async function testFleet(
  services: ConnectionServices,
  fleet: readonly FleetSubject[],
  options: FleetOptions,
): Promise<TestResult[]> {
  const { timeoutMs, signal } = options;
  for (const { endpoint } of fleet) {
    const connector = await services.connectors.load(endpoint.connector);
    await connector.checkFiles(endpoint);
  }
  return workThrough(fleet, options.concurrency, async (subject, index) => {
    signal.throwIfAborted();
    options.onStart?.(index);
    const result = await subject.test({ timeoutMs, signal });
    options.onResult?.(result, index);
    return result;
  });
}
