import type { Endpoint } from '../../connections/connection.ts';
import { type JackfieldError, ServerError } from '../../connections/errors.ts';
import { sqlstateOf, statementFault } from './diagnosis.ts';
import { Fault } from './faults.ts';

/** A fault as what ends a command, in the words that the probe has for it. */
function faultError(fault: Fault, { host, port }: Pick<Endpoint, 'host' | 'port'>): ServerError {
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

/**
 * What ended some work on a server: a fault or a pooler's words as the probe tells them, a refusal as
 * `refusal` says it, and anything else as it is.
 */
export function workError(
  error: unknown,
  endpoint: Endpoint,
  refusal: (refused: Error, sqlstate: string) => JackfieldError,
): unknown {
  if (error instanceof Fault) return faultError(error, endpoint);
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null || !(error instanceof Error)) return error;
  return poolerError(error, endpoint) ?? refusal(error, sqlstate);
}

/** A refusal that means nothing particular to the work. @param work what was refused: `the discovery` */
export function serverRefused(work: string, cause: Error, sqlstate: string): ServerError {
  return new ServerError({
    code: 'server_refused',
    message: `the server refused ${work}: ${cause.message} (${sqlstate})`,
    fix: 'read the server’s own words; its log may say more',
    cause,
  });
}
