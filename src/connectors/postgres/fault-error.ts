import type { Endpoint } from '../../connections/connection.ts';
import { ServerError } from '../../connections/errors.ts';
import type { Fault } from './faults.ts';

/** A fault as what ends a command, in the words that the probe has for it. */
export function faultError(fault: Fault, { host, port }: Endpoint): ServerError {
  const { code, sentence, fix } = fault.with({ host, port });
  return new ServerError({ code, message: sentence, fix, cause: fault });
}
