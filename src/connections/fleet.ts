import type { SavedConnection, TestResult } from './connection.ts';
import type { ConnectionServices } from './services.ts';
import { type TestOptions, testOfFleet } from './test.ts';

/** How a fleet is tested. */
export interface FleetOptions extends Omit<TestOptions, 'onStage'> {
  /** How many are tested at once. */
  readonly concurrency: number;
  /** Told as each is done, in the order they finish. */
  readonly onResult?: (result: TestResult) => void;
}

/**
 * Tests many connections, a bounded number at once; results come in the order of the connections,
 * each recorded as soon as it is there.
 * @throws InterruptedError, with what finished recorded; UsageError for files that can't be read
 */
export async function testFleet(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
  options: FleetOptions,
): Promise<TestResult[]> {
  const results = new Array<TestResult>(connections.length);
  const queue = connections.entries();
  const work = async () => {
    for (const [index, connection] of queue) {
      const result = await testOfFleet(services, connection, options);
      results[index] = result;
      options.onResult?.(result);
    }
  };
  const workers = Math.min(options.concurrency, connections.length);
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}
