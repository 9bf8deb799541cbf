import { RefusedError, UsageError } from '../errors.ts';
import type { ImportStep } from '../reports.ts';
import type { PlannedImport } from './plan-import.ts';

/**
 * Takes the steps of a plan that are to be taken. One that is refused after all becomes a bad one.
 * @returns the steps, with what was done
 * @throws SecretError, CatalogError, InterruptedError, after the steps before it were taken
 */
export async function carryOut(
  planned: readonly PlannedImport[],
  wanted: (step: ImportStep) => boolean,
  signal: AbortSignal,
): Promise<ImportStep[]> {
  const steps: ImportStep[] = [];
  for (const { step, run } of planned) {
    if (run === null || !wanted(step)) {
      steps.push({ ...step, done: step.action === 'same' });
      continue;
    }
    signal.throwIfAborted();
    try {
      await run();
      steps.push({ ...step, done: true });
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof RefusedError)) throw error;
      steps.push({ ...step, action: 'bad', message: error.message });
    }
  }
  return steps;
}
