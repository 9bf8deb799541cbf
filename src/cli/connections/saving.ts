import type { Command } from 'commander';
import type { TestBeforeSave } from '../../connections/add.ts';
import type { StageResult, TestResult } from '../../connections/connection.ts';
import { stageLine, testResults, verdict } from '../../output/test-results.ts';
import type { App } from '../app.ts';
import { readDuration } from '../values.ts';

/** The flags of a test before saving, shared by add and edit. */
export interface SavingFlags {
  /** --test and --no-test; undefined when neither is given. */
  test?: boolean;
  saveAnyway?: boolean;
  timeout?: number;
}

/** Whole time of one test, in milliseconds, where --timeout does not say. */
export const defaultTestTimeoutMs = 10_000;

export function declareSavingFlags(command: Command): void {
  command
    .option('--test', 'test before saving; save nothing when the test fails')
    .option('--no-test', 'do not test and do not ask')
    .option('--save-anyway', 'with --test: save although the test failed')
    .option('--timeout <time>', 'the whole of one test (10s)', readDuration('--timeout'));
}

/** A test as the flags ask for it, shown rung by rung on stderr. */
export async function testBeforeSave(app: App, flags: SavingFlags): Promise<TestBeforeSave> {
  return {
    timeoutMs: flags.timeout ?? defaultTestTimeoutMs,
    signal: app.signal,
    saveAnyway: flags.saveAnyway === true,
    onStage: await liveLadder(app, 'stderr'),
  };
}

/** Prints each rung as it is done, on a terminal; elsewhere and with --quiet it says nothing. */
export async function liveLadder(
  app: App,
  stream: 'stdout' | 'stderr',
): Promise<(stage: StageResult) => void> {
  const view = await app.view(stream);
  if (!view.terminal || (stream === 'stderr' && app.settings.quiet)) return () => {};
  return (stage) => {
    app.streams[stream].write(stageLine(stage, view));
  };
}

/** The verdict below a live ladder, or the whole result on stderr where there was none. */
export async function showTest(app: App, result: TestResult): Promise<void> {
  if (app.settings.quiet) return;
  const view = await app.view('stderr');
  app.streams.stderr.write(view.terminal ? verdict(result, view) : testResults([result]).text(view));
}
