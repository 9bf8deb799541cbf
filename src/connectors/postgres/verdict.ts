import type { Stage, StageResult } from '../../connections/connection.ts';
import type { Fault } from './faults.ts';

/**
 * What a rung can complain of in a session that works, beside the faults: of every code its rung.
 * docs/probe.md shows them.
 */
export const complaintCodes = {
  tls_absent: 'tls',
  tls_old: 'tls',
  tls_expires_soon: 'tls',
  password_md5: 'authenticate',
  destination_standby: 'session',
  destination_read_only: 'session',
  source_standby: 'session',
  few_connections_left: 'session',
  short_statement_timeout: 'session',
  no_such_schema: 'schema',
  table_missing: 'schema',
  not_a_table: 'schema',
  schema_empty: 'schema',
  select_denied: 'privileges',
  usage_denied: 'privileges',
  create_denied: 'privileges',
  write_denied: 'privileges',
  row_security_active: 'privileges',
  select_partial: 'privileges',
  write_partial: 'privileges',
  no_new_tables: 'privileges',
  rows_filtered: 'privileges',
  sequence_denied: 'privileges',
  temporary_denied: 'privileges',
} as const satisfies Record<string, Stage>;

/** A rung's verdict: what {@link StageResult} says, without the time. */
export type Verdict = Pick<StageResult, 'status' | 'code' | 'message' | 'fix'>;

/** One thing that is wrong with a rung. */
export interface Complaint {
  readonly status: 'warned' | 'failed';
  readonly code: keyof typeof complaintCodes;
  readonly message: string;
  /** Statements, each on a line of its own, or words. */
  readonly fix: string;
}

export const passed = (message: string | null = null): Verdict => ({
  status: 'passed',
  code: null,
  message,
  fix: null,
});

export const skipped = (message: string): Verdict => ({ status: 'skipped', code: null, message, fix: null });

export const failedBy = (fault: Fault): Verdict => ({
  status: 'failed',
  code: fault.code,
  message: fault.sentence,
  fix: fault.fix,
});

export function warning(code: Complaint['code'], message: string, fix: string): Complaint {
  return { status: 'warned', code, message, fix };
}

export function failure(code: Complaint['code'], message: string, fix: string): Complaint {
  return { status: 'failed', code, message, fix };
}

/**
 * All that is wrong at once: what fails comes before what warns, and the first gives the code.
 * @returns null when nothing is
 */
export function together(complaints: readonly Complaint[], prefix = ''): Verdict | null {
  const ordered = [...complaints].sort((a, b) => weight(b) - weight(a));
  const [worst] = ordered;
  if (!worst) return null;
  return {
    status: worst.status,
    code: worst.code,
    message: prefix + ordered.map(({ message }) => message).join('; '),
    // Two complaints can have one remedy.
    fix: [...new Set(ordered.map(({ fix }) => fix))].join('\n'),
  };
}

const weight = ({ status }: Complaint) => (status === 'failed' ? 1 : 0);
