import type { Endpoint } from '../../connections/connection.ts';
import type { Secret } from '../../secrets/secret.ts';

/**
 * A password file for libpq (https://www.postgresql.org/docs/current/libpq-pgpass.html): a line for each
 * host, and for a socket a second one under `localhost`, by which libpq looks for the password of the
 * directory it was built with. The database is any: pg_dumpall, createdb and `\c` go to others of the
 * same server.
 * @returns null where a line can't hold the password or the user's name
 */
export function passfileText(
  { host, port, username }: Pick<Endpoint, 'host' | 'port' | 'username'>,
  password: Secret,
): string | null {
  const text = password.reveal();
  // Lines end with LF, and libpq takes a CR before it for a part of the end.
  if (/[\n\0]|\r$/.test(text) || /[\n\r\0]/.test(username)) return null;
  const hosts = host.split(',').flatMap((name) => (name.startsWith('/') ? [name, 'localhost'] : [name]));
  return [...new Set(hosts)]
    .map((name) => `${[name, String(port)].map(field).join(':')}:*:${field(username)}:${field(text)}\n`)
    .join('');
}

/** A field of a line; a lone `*`, which stands for anything, too is taken as it is. */
function field(text: string): string {
  return text.replace(/[\\:]|^\*$/g, '\\$&');
}
