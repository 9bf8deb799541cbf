import type { ParsedUrl } from '../../src/connections/connector.ts';
import type { LibpqValues } from './libpq-uris.ts';

/** What our parser made of a connection string, by libpq's parameter names; the secrets revealed. */
export function valuesOf({ endpoint, password, sslKeyPassword }: ParsedUrl): LibpqValues {
  const { host, database, username, port, sslMode, sslRootCert, sslCert, sslKey, sslCrl, options } = endpoint;
  const named = {
    host,
    dbname: database,
    user: username,
    port: port?.toString(),
    sslmode: sslMode,
    sslrootcert: sslRootCert,
    sslcert: sslCert,
    sslkey: sslKey,
    sslcrl: sslCrl,
    password: password?.reveal(),
    sslpassword: sslKeyPassword?.reveal(),
    ...options,
  };
  return Object.fromEntries(
    Object.entries(named).filter((entry): entry is [string, string] => entry[1] != null),
  );
}
