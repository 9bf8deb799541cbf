import type { CdcStatusReader } from '../../../cdc/port.ts';
import { openStatus } from '../../../cdc/status.ts';
import { InterruptedError, ServerError, UsageError } from '../../../connections/errors.ts';
import { startStatusWatch } from '../../../output/cdc-watch.ts';
import type { App, Verdict } from '../../app.ts';
import type { CdcStatusOptions, WatchOptions } from './status-options.ts';

/**
 * Shows the status again and again over one session; where that is lost another one is opened, since what
 * is watched is most wanted when the server is in trouble. Ends by an interruption, or after so many.
 * @throws InterruptedError; ServerError where the server could not be reached at first
 */
export async function watchStatus(
  app: App,
  { name, given, limits, timeoutMs }: CdcStatusOptions,
  { intervalMs, count }: WatchOptions,
): Promise<Verdict> {
  const { output } = app.settings;
  if (output === 'csv' || output === 'yaml') {
    throw new UsageError({
      code: 'conflicting_flags',
      message: `--watch prints lines of text or of JSON, not ${output}`,
      fix: 'use --json, which prints an object a line, or leave --output out',
    });
  }
  const open = () => openStatus(app.services, name, given, { ...limits, timeoutMs, signal: app.signal });
  const view = await app.view('stdout');
  const style = output === 'json' ? 'json' : view.terminal ? 'live' : 'plain';
  let reader: CdcStatusReader | null = await open();
  const display = app.adopt(startStatusWatch({ stream: app.streams.stdout, view, style, intervalMs }));
  let verdict: Verdict = 'done';
  try {
    for (let shown = 0; ; ) {
      try {
        reader ??= await open();
        const status = await reader.read();
        display.show(status);
        verdict = status.status === 'failed' ? 'said-no' : 'done';
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        reader?.close();
        reader = null;
        verdict = 'said-no';
        await app.warn(`${error.message}; trying again`);
      }
      shown += 1;
      if (shown === count) return verdict;
      await pause(intervalMs, app.signal);
    }
  } catch (error) {
    // The terminal's own `^C` stands on the line that the shell would write into.
    if (style === 'live' && error instanceof InterruptedError) await app.write('\n');
    throw error;
  } finally {
    display.stop();
    reader?.close();
  }
}

/** @throws InterruptedError */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const interrupted = () => {
      clearTimeout(timer);
      reject(new InterruptedError());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', interrupted);
      resolve();
    }, ms);
    if (signal.aborted) interrupted();
    else signal.addEventListener('abort', interrupted, { once: true });
  });
}
