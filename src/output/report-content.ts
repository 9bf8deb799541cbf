import type { FailOn } from '../connections/fleet.ts';
import type { Outcome } from './theme.ts';

/** One line of a report, with what makes it up. The result of a test is one. */
export interface ReportedResult {
  /** Its name; of a pipeline where the report is of those. */
  readonly connection: string | null;
  readonly status: Outcome;
  readonly durationMs: number;
  readonly stages: readonly ReportedStage[];
}

export interface ReportedStage {
  readonly stage: string;
  readonly status: Outcome;
  readonly durationMs: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly fix: string | null;
}

/** What a run came to, as its reports show it. */
export interface Reported {
  /** What each of them is; a connection when left out. */
  readonly noun?: 'Connection' | 'Pipeline';
  /** In the run's order. */
  readonly results: readonly ReportedResult[];
  /** What `--json` prints. */
  readonly value: unknown;
  /** How many there are of each, on a line. */
  readonly summary: string;
  /** What was done with them: `tested`. */
  readonly done: string;
}

/** What a report is made of, whatever its format. */
export interface ReportContent extends Reported {
  /** How many were to be done: more than there are results where the run was interrupted. */
  readonly planned: number;
  /** The least that makes a run fail; a report says the same as the exit code. */
  readonly failOn: FailOn;
  /** The file of connections they come from, as it was given; null for saved ones. */
  readonly file: string | null;
  readonly now: Date;
}
