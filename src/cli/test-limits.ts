import type { App } from './app.ts';

/** How long a test of one connection may take where nothing is said, in milliseconds. */
const defaultTimeoutMs = 10_000;
export const defaultConcurrency = 8;

/** The time for a test: the flag's, or the configuration's. In milliseconds. */
export function testTimeoutMs({ defaults }: Pick<App, 'defaults'>, flag: number | undefined): number {
  return flag ?? defaults.values.timeout ?? defaultTimeoutMs;
}

/** How many connections are tested at once: the flag's, or the configuration's. */
export function testConcurrency({ defaults }: Pick<App, 'defaults'>, flag: number | undefined): number {
  return flag ?? defaults.values.concurrency ?? defaultConcurrency;
}
