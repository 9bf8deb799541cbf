import type { Stage, StageResult } from '../../connections/connection.ts';
import { stages } from '../../connections/vocabulary.ts';
import type { StageOutcome } from './open-session.ts';
import { passed, skipped, type Verdict } from './verdict.ts';

/** The rungs of one probe as they are climbed: each is told once, in order. */
export class Ladder {
  readonly results: StageResult[] = [];
  readonly #spent = new Map<Stage, number>();
  readonly #done = new Set<Stage>();
  readonly #onStage: ((result: StageResult) => void) | undefined;

  constructor(onStage?: (result: StageResult) => void) {
    this.#onStage = onStage;
  }

  /** Adds time to a rung; retries and further addresses add up. */
  spend(stage: Stage, durationMs: number, outcome: StageOutcome): void {
    this.#spent.set(stage, (this.#spent.get(stage) ?? 0) + durationMs);
    if (outcome === 'done') this.#done.add(stage);
  }

  settle(stage: Stage, verdict: Verdict): void {
    const durationMs = Math.round((this.#spent.get(stage) ?? 0) * 10) / 10;
    const result = { stage, durationMs, ...verdict };
    this.results.push(result);
    this.#onStage?.(result);
  }

  /** Settles `stage` as failed, and of the rungs that are open those that were done as passed, all others as skipped. */
  fail(stage: Stage, verdict: Verdict): void {
    for (const rung of stages.slice(this.results.length)) {
      if (rung === stage) this.settle(rung, verdict);
      // A server that has no connection left says so before it looks at a password.
      else if (this.#done.has(rung) && stages.indexOf(rung) < stages.indexOf(stage))
        this.settle(rung, passed());
      else this.settle(rung, skipped(`not reached: ${stage} failed`));
    }
  }

  async timed<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.spend(stage, performance.now() - from, 'done');
    }
  }
}
