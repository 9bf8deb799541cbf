import type { Endpoint } from '../connections/connection.ts';
import type { SecretItem } from '../connections/secret-store.ts';
import type {
  CdcCheck,
  CdcNames,
  CdcPlan,
  CdcProblem,
  CdcSetup,
  CdcStatus,
  CdcStep,
  CdcSubject,
  CdcTeardown,
  CdcWish,
} from './cdc.ts';

/** How a server is reached, for how long. */
export interface CdcDial {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  /** The whole of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Whose set-up it is to be, and what the catalog knows of it. */
export interface CdcClaim {
  readonly connection: CdcSubject;
  /** The other connections of this catalog. */
  readonly others: readonly CdcSubject[];
  /** The slot that this catalog remembers as the connection's own on this server; null: none. */
  readonly recordedSlot: string | null;
}

export interface CdcCheckRequest extends CdcDial {
  /** Of a set-up that may be there already. */
  readonly names: CdcNames;
  /** Globs, or names; none: all of the endpoint's schema. */
  readonly tables: readonly string[];
}

export interface CdcPlanRequest extends CdcDial, CdcClaim {
  readonly wish: CdcWish;
  readonly names: CdcNames;
}

export interface CdcSetupRequest extends CdcPlanRequest {
  /** The steps that were agreed to; null: whatever is needed. */
  readonly agreed: readonly CdcStep[] | null;
  /** Called once, before the first change on the server. */
  readonly onChange: () => Promise<void>;
  /** Told what is done, and what is waited for. */
  readonly onProgress: (text: string) => void;
}

export interface CdcStatusRequest extends CdcDial {
  readonly connection: CdcSubject;
  readonly names: CdcNames;
}

/** An open session that is asked again and again. */
export interface CdcStatusReader {
  /** @throws ServerError; InterruptedError */
  read(): Promise<CdcStatus>;
  close(): void;
}

export interface CdcTeardownRequest extends CdcDial, CdcClaim {
  readonly names: CdcNames;
  /**
   * Whether a consumer that is at work is ended, a slot that only this catalog knows as ours dropped, and
   * what another connection has set up taken down.
   */
  readonly force: boolean;
}

/** What tearing down would do. */
export interface CdcTeardownPlan {
  readonly steps: readonly CdcStep[];
  readonly left: readonly CdcProblem[];
}

/** What a set-up that was begun and did not end has left on the server. */
export interface CdcTraces {
  readonly publication: boolean;
  readonly slot: boolean;
}

/**
 * CDC of a kind of database. All throw ServerError for what the server and network do, InterruptedError,
 * and UsageError for files that can't be read.
 */
export interface CdcConnector {
  /** The names that a connection's set-up has where nobody gives others. */
  defaultNames(connection: string): CdcNames;
  /** @throws UsageError bad_publication, bad_slot */
  checkNames(names: CdcNames): void;
  /** Everything that is in the way, all at once. */
  check(request: CdcCheckRequest): Promise<Omit<CdcCheck, 'connection'>>;
  /** What is to be done; it changes nothing. @throws RefusedError for what would break something or can't be */
  plan(request: CdcPlanRequest): Promise<CdcPlan>;
  /** @throws RefusedError as plan, and cdc_not_ready, cdc_busy, plan_changed */
  setup(request: CdcSetupRequest): Promise<CdcSetup>;
  openStatus(request: CdcStatusRequest): Promise<CdcStatusReader>;
  /** @throws RefusedError slot_active, cdc_of_other_connection, … */
  planTeardown(request: CdcTeardownRequest): Promise<CdcTeardownPlan>;
  teardown(request: CdcTeardownRequest): Promise<Pick<CdcTeardown, 'steps' | 'left'>>;
  /** What bears these names on the server, be it ours or not. */
  traces(request: CdcStatusRequest): Promise<CdcTraces>;
}
