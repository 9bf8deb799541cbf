import type { Endpoint } from '../connections/connection.ts';
import type { CdcNames, CdcPlace } from './cdc.ts';

/** The database that an endpoint leads to. */
export function placeOf({ host, port, database, options }: Endpoint): CdcPlace {
  return { host, hostaddr: options.hostaddr ?? null, port, database };
}

/** Whether both are the same database of the same server, as far as can be told without asking it. */
export function isSamePlace(a: CdcPlace, b: CdcPlace): boolean {
  return (
    hostKey(a.host) === hostKey(b.host) &&
    a.hostaddr === b.hostaddr &&
    a.port === b.port &&
    a.database === b.database
  );
}

/** Names of hosts are without case (RFC 4343), the paths of sockets are not. */
function hostKey(host: string): string {
  return host.includes('/') ? host : host.toLowerCase();
}

/** `db.example.com:5432/shop`, for people. */
export function placeText({ host, hostaddr, port, database }: CdcPlace): string {
  return `${host}:${port}/${database}${hostaddr === null ? '' : ` (hostaddr ${hostaddr})`}`;
}

/** Where a set-up is, where its connection leads elsewhere by now; null where it does not. */
export function movedFrom(endpoint: Endpoint, record: CdcPlace): string | null {
  return isSamePlace(placeOf(endpoint), record) ? null : placeText(record);
}

export function isSameNames(a: CdcNames, b: CdcNames): boolean {
  return a.publication === b.publication && a.slot === b.slot;
}

/** Whether two set-ups get in each other's way: in one database, with a name in common. */
export function isInTheWay(a: CdcNames & CdcPlace, b: CdcNames & CdcPlace): boolean {
  return isSamePlace(a, b) && (a.publication === b.publication || a.slot === b.slot);
}
