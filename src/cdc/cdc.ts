import type { z } from 'zod';
import type {
  cdcCheckSchema,
  cdcPlanSchema,
  cdcSetupSchema,
  cdcStatusSchema,
  cdcTeardownSchema,
} from './schema.ts';
import type { operations } from './vocabulary.ts';

export type CdcOperation = (typeof operations)[number];
export type CdcCheck = z.infer<typeof cdcCheckSchema>;
export type CdcCheckResult = CdcCheck['checks'][number];
export type CdcTable = CdcCheck['tables'][number];
export type CdcProblem = CdcTable['problems'][number];
export type CdcPlan = z.infer<typeof cdcPlanSchema>;
export type CdcStep = CdcPlan['steps'][number];
export type CdcSetup = z.infer<typeof cdcSetupSchema>;
export type CdcStatus = z.infer<typeof cdcStatusSchema>;
export type CdcSlot = NonNullable<CdcStatus['slot']>;
export type CdcTeardown = z.infer<typeof cdcTeardownSchema>;

/** What somebody wants to be captured. What is null is as it was set up, or the default. */
export interface CdcWish {
  /** Globs, or names; none: those that are set up. */
  readonly tables: readonly string[];
  readonly publication: string | null;
  readonly slot: string | null;
  readonly publish: readonly CdcOperation[] | null;
  /** A slot that a standby takes over (PostgreSQL 17). */
  readonly failover: boolean;
  /** Whether tables without a usable key may be given REPLICA IDENTITY FULL. */
  readonly identityFull: boolean;
  /** No slot: it is made on a standby, which can make no publication. */
  readonly publicationOnly: boolean;
}

/** The names of a set-up. */
export interface CdcNames {
  readonly publication: string;
  readonly slot: string;
}

/** The database of a server that a set-up is in. */
export interface CdcPlace {
  readonly host: string;
  /** The option of that name, which leads to another server than the host's name; null: none. */
  readonly hostaddr: string | null;
  readonly port: number;
  readonly database: string;
}

/**
 * What a catalog remembers of a set-up: enough to find it again and to guard the connection. How it
 * is, is asked of the server each time. The place is where it was set up, which the connection may not
 * lead to any more.
 */
export interface CdcRecord extends CdcNames, CdcPlace {
  /** ISO 8601, UTC: when it was begun. */
  readonly since: string;
}

/** A connection, as far as set-ups are told apart by it. */
export interface CdcSubject {
  /** UUID, of this catalog. */
  readonly id: string;
  readonly name: string;
}

/** A set-up that a catalog remembers, and whose it is. */
export interface OwnedCdcRecord {
  readonly connection: CdcSubject;
  readonly record: CdcRecord;
}

/** The worst of several; passed where there are none. */
export function worst(statuses: readonly string[]): 'passed' | 'warned' | 'failed' {
  if (statuses.includes('failed')) return 'failed';
  return statuses.includes('warned') ? 'warned' : 'passed';
}
