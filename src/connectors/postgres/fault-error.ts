import type { Endpoint } from '../../connections/connection.ts';
import { ServerError } from '../../connections/errors.ts';
import { sqlstateOf, statementFault } from './diagnosis.ts';
import type { Fault } from './faults.ts';

/** A fault as what ends a command, in the words that the probe has for it. */
export function faultError(fault: Fault, { host, port }: Pick<Endpoint, 'host' | 'port'>): ServerError {
  const { code, sentence, fix } = fault.with({ host, port });
  return new ServerError({ code, message: sentence, fix, cause: fault });
}

/**
 * What a pooler said in the place of the server, which is no fault of the statement; null for all else.
 * Its words come under the SQLSTATE 08P01 (protocol_violation).
 */
export function poolerError(
  error: unknown,
  { host, port, username, database }: Endpoint,
): ServerError | null {
  if (sqlstateOf(error) !== '08P01') return null;
  const fault = statementFault(error, { host, port, username, database });
  return fault.code.startsWith('pooler_') ? faultError(fault, { host, port }) : null;
}
