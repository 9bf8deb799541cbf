import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/closing-line-reporter.ts';

const shared = { pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000, retry: 0 } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', new ClosingLineReporter()],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/{unit,contract}/**/*.test.ts'],
          globalSetup: ['test/support/temporary-root.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'acceptance',
          include: ['test/{acceptance,security}/**/*.test.ts'],
          globalSetup: [
            'test/support/temporary-root.ts',
            'test/support/build-program.ts',
            'test/support/start-servers.ts',
          ],
        },
      },
    ],
  },
});
