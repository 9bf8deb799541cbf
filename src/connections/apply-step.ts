import type { PlanStep } from './reports.ts';

/** A step of a plan, with what carries it out. */
export interface ApplyStep extends PlanStep {
  /** Finds out whether the secrets it needs can be had; changes nothing. @throws SecretError */
  prepare(): Promise<void>;
  run(): Promise<void>;
}
