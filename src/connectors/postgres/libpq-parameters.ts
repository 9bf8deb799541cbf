import type { Endpoint } from '../../connections/connection.ts';

/**
 * The variable by which each parameter of libpq can be given
 * (https://www.postgresql.org/docs/current/libpq-envars.html); null: by none.
 */
const variables: Readonly<Record<string, string | null>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  application_name: 'PGAPPNAME',
  fallback_application_name: null,
  options: 'PGOPTIONS',
  client_encoding: 'PGCLIENTENCODING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  keepalives: null,
  keepalives_idle: null,
  gssencmode: 'PGGSSENCMODE',
};

/** Other variables that would lead libpq elsewhere, or to other credentials. */
const others = [
  'PGPASSWORD',
  'PGPASSFILE',
  'PGSERVICE',
  'PGSERVICEFILE',
  'PGREQUIRESSL',
  'PGREQUIREPEER',
  'PGSSLCOMPRESSION',
  'PGSSLCERTMODE',
  'PGSSLCRLDIR',
  'PGSSLKEYLOGFILE',
  'PGKRBSRVNAME',
  'PGGSSLIB',
  'PGGSSDELEGATION',
  'PGLOADBALANCEHOSTS',
  'PGMINPROTOCOLVERSION',
  'PGMAXPROTOCOLVERSION',
  'PGOAUTHDEBUG',
];

/**
 * The variables that programs with libpq in them take an endpoint or credentials from. Those that only
 * say how to work (PGDATESTYLE, PGTZ, PGGEQO, PGSYSCONFDIR) are not among them.
 */
export const libpqVariables: readonly string[] = [
  ...Object.values(variables).filter((name) => name !== null),
  ...others,
];

/** The variable of a parameter; null where it has none. */
export function variableOf(parameter: string): string | null {
  return variables[parameter] ?? null;
}

/** An endpoint by libpq's names, without a secret. What is not set is left out. */
export function libpqParameters(endpoint: Endpoint): Map<string, string> {
  const { host, port, database, username, sslMode, sslRootCert, sslCert, sslKey, sslCrl } = endpoint;
  const named = { sslrootcert: sslRootCert, sslcert: sslCert, sslkey: sslKey, sslcrl: sslCrl };
  return new Map([
    ['host', host],
    ['port', String(port)],
    ['dbname', database],
    ['user', username],
    ['sslmode', sslMode],
    ...Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== null),
    ...Object.entries(endpoint.options),
  ]);
}
