import type { Endpoint } from '../../connections/connection.ts';
import type { SecretItem } from '../../connections/secret-store.ts';
import { Secret } from '../../secrets/secret.ts';
import { libpqParameters } from './libpq-parameters.ts';

/** What stands in the URL itself. */
const apart = new Set(['host', 'port', 'dbname', 'user']);

/**
 * A URL with the secrets in it, for programs that take one. A socket's directory stands in the parameter
 * `host`, where libpq, node-postgres, SQLAlchemy and Prisma all look for it.
 */
export function formatUri(endpoint: Endpoint, { password, sslKeyPassword }: SecretItem): Secret {
  const { host, port, database, username } = endpoint;
  const hosts = host.split(',');
  const hasSocket = hosts.some((name) => name.startsWith('/'));
  const credentials = encode(username) + (password ? `:${encode(password.reveal())}` : '');
  const authority = hasSocket
    ? `localhost:${port}`
    : hosts.map((name) => `${name.includes(':') ? `[${name}]` : encode(name)}:${port}`).join(',');
  const parameters = [...libpqParameters(endpoint)].filter(([name]) => !apart.has(name));
  if (hasSocket) parameters.unshift(['host', host]);
  if (sslKeyPassword) parameters.push(['sslpassword', sslKeyPassword.reveal()]);
  const query = parameters.map(([name, value]) => `${name}=${encode(value)}`).join('&');
  return new Secret(`postgresql://${credentials}@${authority}/${encode(database)}?${query}`);
}

/** All but RFC 3986's unreserved characters: encodeURIComponent leaves five others as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
