import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../../connections/connection.ts';
import type { Deadline } from './deadline.ts';
import { socketFault } from './diagnosis.ts';
import { Fault } from './faults.ts';

/** One host of an endpoint: the name that TLS checks, and the address it is given by `hostaddr`. */
export interface HostEntry {
  readonly host: string;
  readonly port: number;
  readonly hostaddr: string | null;
}

/** The hosts of an endpoint, in the order they are tried. */
export function hostEntries(endpoint: Endpoint): HostEntry[] {
  const addresses = endpoint.options.hostaddr?.split(',');
  return endpoint.host.split(',').map((host, index) => ({
    host,
    port: endpoint.port,
    hostaddr: addresses?.[index] || null,
  }));
}

/**
 * The addresses of a host in the order the resolver gives them, as libpq tries them (RFC 6724).
 * An address is its own; a socket directory has none but itself.
 * @throws Fault dns_not_found, dns_failed, dns_timeout
 */
export async function resolveAddresses(entry: HostEntry, deadline: Deadline): Promise<string[]> {
  const { host, hostaddr } = entry;
  if (hostaddr !== null) return [hostaddr];
  if (host.startsWith('/') || isIP(host) !== 0) return [host];
  const timedOut = () => new Fault('dns_timeout', { host });
  try {
    const found = await deadline.race(lookup(host, { all: true, verbatim: true }), timedOut, () => {});
    const addresses = [...new Set(found.map(({ address }) => address))];
    if (addresses.length === 0) throw new Fault('dns_not_found', { host });
    return addresses;
  } catch (error) {
    if (error instanceof Fault || !(error instanceof Error) || !('syscall' in error)) throw error;
    throw socketFault(error, { host });
  }
}
