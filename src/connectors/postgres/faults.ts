import type { Stage } from '../../connections/connection.ts';
import { authenticateDiagnoses } from './diagnoses-authenticate.ts';
import { connectDiagnoses } from './diagnoses-connect.ts';
import { sessionDiagnoses } from './diagnoses-session.ts';
import { tlsDiagnoses } from './diagnoses-tls.ts';
import { type FaultDetail, saysUnencrypted, unsaid } from './fault-detail.ts';

export type { FaultDetail } from './fault-detail.ts';

/**
 * Every way in which opening a session can fail: the rung of the ladder it lands on, one sentence and
 * the fix, by stable code. This is the one table; docs/probe.md shows it.
 */
export const diagnoses = {
  ...connectDiagnoses,
  ...tlsDiagnoses,
  ...authenticateDiagnoses,
  ...sessionDiagnoses,
};

export type FaultCode = keyof typeof diagnoses;

/** A failure to open or keep a session, told by its code; what it means is in {@link diagnoses}. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultDetail;

  constructor(code: FaultCode, detail: FaultDetail, cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
  }

  /** The rung it lands on. */
  get stage(): Stage {
    return diagnoses[this.code].stage;
  }

  /** One sentence for a person. */
  get sentence(): string {
    return diagnoses[this.code].message({ ...unsaid, ...this.detail });
  }

  get fix(): string {
    return diagnoses[this.code].fix({ ...unsaid, ...this.detail });
  }

  /** A missing pg_hba rule for a session in the clear: there may be one for TLS. */
  get wantsTls(): boolean {
    return this.code === 'no_pg_hba_entry' && saysUnencrypted(this.detail);
  }

  /** The same fault, with what the place that caught it knows besides. */
  with(detail: FaultDetail): Fault {
    return new Fault(this.code, { ...detail, ...this.detail }, this.cause);
  }
}
