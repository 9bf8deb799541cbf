import { endpointOf, type SavedConnection, type TestResult } from './connection.ts';
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
 * @throws UsageError for files that can't be read, before anything is dialled; InterruptedError, after
 * what was under way has ended, with what finished recorded
 */
export async function testFleet(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
  options: FleetOptions,
): Promise<TestResult[]> {
  for (const connection of connections) {
    const connector = await services.connectors.load(connection.connector);
    await connector.checkFiles(endpointOf(connection));
  }
  const results = new Array<TestResult>(connections.length);
  const queue = connections.entries();
  let stopped = false;
  const work = async () => {
    for (const [index, connection] of queue) {
      if (stopped) return;
      options.signal.throwIfAborted();
      const result = await testOfFleet(services, connection, options);
      results[index] = result;
      options.onResult?.(result);
    }
  };
  // Whoever fails stops the others too, each after the test it is at.
  const stopping = () =>
    work().catch((error: unknown) => {
      stopped = true;
      throw error;
    });
  const workers = Math.min(options.concurrency, connections.length);
  const endings = await Promise.allSettled(Array.from({ length: workers }, stopping));
  for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  return results;
}
