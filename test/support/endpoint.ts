import {
  type Endpoint,
  endpointOf,
  type Role,
  type StageResult,
  type TableName,
} from '../../src/connections/connection.ts';
import type { ProbeResult } from '../../src/connections/connector.ts';
import { postgres } from '../../src/connectors/postgres/connector.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { aDraft } from './connection-draft.ts';

/** An endpoint; every field can be given. In the clear where nothing else is said. */
export function anEndpoint(fields: Partial<Endpoint> = {}): Endpoint {
  return endpointOf(aDraft({ sslMode: 'disable', ...fields }));
}

export interface ProbeOptions {
  readonly password?: string | null;
  readonly keyPassword?: string | null;
  readonly role?: Role;
  readonly tables?: readonly TableName[];
  /** 5000 when left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Probes an endpoint through the connector, without the program around it. */
export function probeEndpoint(endpoint: Endpoint, options: ProbeOptions = {}): Promise<ProbeResult> {
  const { password = null, keyPassword = null, role = 'source', timeoutMs = 5000 } = options;
  const secret = (text: string | null) => (text === null ? null : new Secret(text));
  return postgres.probe({
    endpoint,
    role,
    tables: options.tables ?? null,
    secrets: { password: secret(password), sslKeyPassword: secret(keyPassword) },
    timeoutMs,
    signal: options.signal ?? new AbortController().signal,
  });
}

/** The rung that failed first. */
function failedRung({ stages }: Pick<ProbeResult, 'stages'>): StageResult | null {
  return stages.find(({ status }) => status === 'failed') ?? null;
}

/** Where it failed and why, as `tls: tls_expired`; `passed` or `warned` where it did not. */
export function outcome(result: ProbeResult): string {
  const failed = failedRung(result);
  return failed ? `${failed.stage}: ${failed.code}` : result.status;
}

/** Of every rung its status, in order. */
export function statuses({ stages }: Pick<ProbeResult, 'stages'>): string[] {
  return stages.map(({ status }) => status);
}
