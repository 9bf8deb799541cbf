import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Measurements: one at a time, on the built program, apart from the tests, since they take their time. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/bench/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    globalSetup: [
      'test/support/temporary-root.ts',
      'test/support/build-program.ts',
      'test/support/start-servers.ts',
    ],
  },
});
