import type { StatusLimits } from '../../../cdc/limits.ts';
import type { GivenNames } from '../../../cdc/use-case.ts';

export interface CdcStatusOptions {
  readonly name: string;
  readonly given: GivenNames;
  readonly limits: StatusLimits;
  /** Null: once. */
  readonly watch: WatchOptions | null;
  readonly timeoutMs: number;
}

export interface WatchOptions {
  readonly intervalMs: number;
  /** After how many it ends; null: when it is interrupted. */
  readonly count: number | null;
}
