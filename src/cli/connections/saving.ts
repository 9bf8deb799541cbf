import type { Command } from 'commander';
import type { SaveOutcome, TestBeforeSave } from '../../connections/add.ts';
import type { StageResult, TestResult } from '../../connections/connection.ts';
import { stages } from '../../connections/vocabulary.ts';
import { stageLine, testResults, verdict } from '../../output/test-results.ts';
import type { App } from '../app.ts';
import { askingOf } from '../asking.ts';
import { testTimeoutMs } from '../test-limits.ts';
import { readDuration } from '../values.ts';

/** The flags of a test before saving, shared by add and edit. */
export interface SavingFlags {
  /** --test and --no-test; undefined when neither is given. */
  test?: boolean;
  saveAnyway?: boolean;
  timeout?: number;
}

export function declareSavingFlags(command: Command): void {
  command
    .option('--test', 'test before saving; save nothing when the test fails')
    .option('--no-test', 'do not test and do not ask')
    .option('--save-anyway', 'with --test: save although the test failed')
    .option('--timeout <time>', 'the whole of one test (10s)', readDuration('--timeout'));
}

/** A test as the flags ask for it, shown rung by rung on stderr where that is a terminal. */
export async function testBeforeSave(app: App, flags: SavingFlags): Promise<TestBeforeSave> {
  const view = await app.view('stderr');
  return {
    timeoutMs: testTimeoutMs(app, flags.timeout),
    signal: app.signal,
    saveAnyway: flags.saveAnyway === true,
    ...((await isShownLive(app)) && {
      onStage: (await liveLadder(app, 'stderr')).onStage,
      onResult: async (result) => void app.streams.stderr.write(verdict(result, view)),
    }),
  };
}

async function isShownLive(app: App): Promise<boolean> {
  return !app.settings.quiet && (await app.view('stderr')).terminal;
}

/** What a test before saving gave, to who has not seen it live: on stdout when it is the answer. */
export async function reportTest(app: App, { saved, test }: SaveOutcome): Promise<void> {
  if (test === null) return;
  const wasSeen = await isShownLive(app);
  if (saved === null) {
    const isOnScreen = wasSeen && app.settings.output === 'table' && (await app.view('stdout')).terminal;
    if (!isOnScreen) await app.print(testResults([test]));
  } else if (!wasSeen && !app.settings.quiet) {
    app.streams.stderr.write(testResults([test]).text(await app.view('stderr')));
  }
}

/** What a form asks for and does at its end. */
export interface FormSave {
  /** Whether to test before saving; undefined where the user is to be asked. */
  readonly tested: boolean | undefined;
  /** Saves what the form holds, after a test that has to pass where one is asked for. */
  save(test: TestBeforeSave | null): Promise<SaveOutcome>;
  /** Lets the user change what a failed test points to. */
  correct(result: TestResult): Promise<void>;
}

/**
 * Saves a form, after a test where one is wanted; while it fails the user may change something, test
 * again, save all the same or leave. What was typed is never lost to a failure.
 * @returns `{ saved: null, test: null }` when the user left
 */
export async function saveForm(app: App, flags: SavingFlags, form: FormSave): Promise<SaveOutcome> {
  const { askAfterFailure, askTestNow } = await import('../../screens/test-now.ts');
  const asking = await askingOf(app);
  let tested = form.tested ?? (await askTestNow(asking));
  for (;;) {
    const outcome = await form.save(tested ? await testBeforeSave(app, flags) : null);
    if (outcome.saved || !outcome.test) return outcome;
    const next = await askAfterFailure(asking);
    if (next === 'leave') return { saved: null, test: null };
    if (next === 'change') await form.correct(outcome.test);
    tested = next !== 'save';
  }
}

interface LiveLadder {
  onStage(stage: StageResult): void;
  /** Takes the spinner away, where what failed was no rung. Idempotent. */
  stop(): void;
}

/**
 * Prints each rung as it is done, with a spinner below it while the next one takes its time: on a
 * terminal; elsewhere it says nothing.
 */
export async function liveLadder(app: App, stream: 'stdout' | 'stderr'): Promise<LiveLadder> {
  const view = await app.view(stream);
  if (!view.terminal) return { onStage() {}, stop() {} };
  const progress = app.progress('testing');
  return {
    onStage(result) {
      progress.pause();
      app.streams[stream].write(stageLine(result, view));
      if (result.stage === stages.at(-1)) progress.stop();
      else progress.resume();
    },
    stop: () => progress.stop(),
  };
}
