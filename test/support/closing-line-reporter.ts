import type { Reporter, TestModule } from 'vitest/node';

/**
 * Vitest's reporter that closes a run with the line `N passed, N failed, N skipped` and says why each
 * skipped test was skipped. Under CI nothing may be skipped: the run fails.
 */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that can't even be loaded has no tests that could fail.
      if (module.state() === 'failed' && module.children.size === 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed' || result.state === 'failed') counts[result.state] += 1;
        if (result.state !== 'skipped') continue;
        counts.skipped += 1;
        skipped.push(
          `skipped: ${module.relativeModuleId} › ${test.fullName}: ${result.note ?? 'no reason given'}`,
        );
      }
    }
    const lines = [...skipped, `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (skipped.length > 0 && process.env.CI !== undefined) {
      process.stderr.write('Tests were skipped, which is not allowed in CI.\n');
      process.exitCode = 1;
    }
  }
}
