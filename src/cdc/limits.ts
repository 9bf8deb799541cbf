import { type CdcProblem, type CdcStatus, worst } from './cdc.ts';

/** What somebody does not want to be exceeded; null: no limit. */
export interface StatusLimits {
  /** Bytes that the consumer has not confirmed. */
  readonly maxLag: number | null;
  /** Bytes of WAL that are kept for the slot. */
  readonly maxRetained: number | null;
}

/** A status with what exceeds a limit among its problems. */
export function withLimits(status: CdcStatus, { maxLag, maxRetained }: StatusLimits): CdcStatus {
  const { slot } = status;
  const over: CdcProblem[] = [];
  if (slot !== null && isOver(slot.lagBytes, maxLag)) {
    over.push(
      exceeds(
        'lag_over_limit',
        `the consumer is ${slot.lagBytes} bytes behind, more than ${maxLag}`,
        'look at the consumer: it is too slow, or stands still',
      ),
    );
  }
  if (slot !== null && isOver(slot.retainedBytes, maxRetained)) {
    over.push(
      exceeds(
        'retained_over_limit',
        `${slot.retainedBytes} bytes of WAL are kept for the slot, more than ${maxRetained}`,
        'look at the consumer, and at transactions that are open for long: pg_stat_activity',
      ),
    );
  }
  if (over.length === 0) return status;
  const problems = [...status.problems, ...over];
  return { ...status, status: worst(problems.map((it) => it.status)), problems };
}

function isOver(value: number | null, limit: number | null): boolean {
  return value !== null && limit !== null && value > limit;
}

function exceeds(code: string, message: string, fix: string): CdcProblem {
  return { code, status: 'failed', message, fix };
}
