/**
 * Where a connection leads, in one piece: `db.example.com:5432/orders`, `[::1]:5432/orders`; not yet
 * made terminal-safe. Never with a user or password, and not for dialling.
 */
export function addressOf(endpoint: {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}): string {
  const { host, port, database } = endpoint;
  const hosts = host.includes(':') ? host.split(',').map(bracketed).join(',') : host;
  return `${hosts}:${port}/${database}`;
}

/** An IPv6 address gets brackets (RFC 3986); a socket directory, whose name may have a colon, none. */
function bracketed(host: string): string {
  return host.includes(':') && !/^[[/]/.test(host) ? `[${host}]` : host;
}
