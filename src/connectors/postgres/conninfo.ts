import type { Endpoint, SslMode } from '../../connections/connection.ts';
import type { ForeignEndpoint, ParsedUrl } from '../../connections/connector.ts';
import { sslModes } from '../../connections/vocabulary.ts';
import { Secret } from '../../secrets/secret.ts';
import { parseKeywords } from './conninfo-keywords.ts';
import { badUrl, parseUri } from './conninfo-uri.ts';
import { optionNames } from './options.ts';

type EndpointPart = { -readonly [Key in keyof Omit<Endpoint, 'connector'>]?: Endpoint[Key] };

/** libpq's parameter names of what has a field of its own. */
const fields = {
  host: 'host',
  dbname: 'database',
  user: 'username',
  sslrootcert: 'sslRootCert',
  sslcert: 'sslCert',
  sslkey: 'sslKey',
  sslcrl: 'sslCrl',
} as const;

const mayBeEmpty = new Set(['password', 'sslpassword', 'port', ...Object.keys(fields)]);

/**
 * Reads a URL or a keyword/value string into the parts of an endpoint. Unknown parameters are
 * refused, by name where the name is one that is known.
 * @throws UsageError bad_url
 */
export function parseConninfo(text: string): ParsedUrl {
  return fromParameters(valuesOf(text));
}

/** The parameters of a URL or keyword/value string, by libpq's names. @throws UsageError bad_url */
function valuesOf(text: string): Map<string, string> {
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (trimmed === '') throw badUrl('it is empty');
  // Blanks at the end of keywords may belong to a value: a backslash keeps them.
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)
    ? parseUri(trimmed)
    : trimmed.includes('=')
      ? parseKeywords(text)
      : parseUri(trimmed);
}

/**
 * Reads what another program says: a URL, with its own scheme (`postgresql+psycopg2://`,
 * `jdbc:postgresql://`), or parameters by libpq's names. What only tunes that program is left out, and
 * told; anything else that is unknown is refused.
 * @throws UsageError bad_url
 */
export function readForeign(said: string | ReadonlyMap<string, string>): ForeignEndpoint {
  const values =
    typeof said === 'string'
      ? valuesOf(said.trim().replace(/^(?:jdbc:)?(postgres(?:ql)?)(?:\+[a-z0-9_]+)?:\/\//i, '$1://'))
      : new Map(said);
  const leftOut = [...values.keys()].filter((name) => tuning.has(name));
  const schema = schemaNames.map((name) => values.get(name)).find((it) => it !== undefined && it !== '');
  for (const name of [...leftOut, ...schemaNames]) values.delete(name);
  const parsed = fromParameters(values);
  const [first] = schema?.split(',') ?? [];
  return { ...parsed, leftOut, endpoint: { ...parsed.endpoint, ...(first && { schema: first }) } };
}

/** Prisma's name of the schema, and JDBC's. */
const schemaNames = ['schema', 'currentSchema'];

/** Parameters that say how to work, not where and with what safety. */
const tuning = new Set(
  (
    'pgbouncer connection_limit pool_timeout socket_timeout statement_cache_size pool_mode pool_max_conns ' +
    'loginTimeout connectTimeout socketTimeout ApplicationName stringtype prepareThreshold ' +
    'keepalives_interval keepalives_count tcp_user_timeout load_balance_hosts passfile uselibpqcompat'
  ).split(' '),
);

/** @throws UsageError bad_url */
function fromParameters(values: ReadonlyMap<string, string>): ParsedUrl {
  const endpoint: EndpointPart = {};
  const options: Record<string, string> = {};
  let password: Secret | null = null;
  let sslKeyPassword: Secret | null = null;
  for (const [name, value] of values) {
    // libpq takes its default for these. Of the others an empty value is as wrong as it is to libpq.
    if (value === '' && mayBeEmpty.has(name)) continue;
    if (name === 'password') password = new Secret(value);
    else if (name === 'sslpassword') sslKeyPassword = new Secret(value);
    else if (name === 'port') endpoint.port = parsePort(value);
    else if (name === 'sslmode') endpoint.sslMode = parseSslMode(value);
    else if (Object.hasOwn(fields, name)) endpoint[fields[name as keyof typeof fields]] = value;
    else if (optionNames.includes(name)) options[name] = value;
    else throw badUrl(`it carries ${describeUnknown(name)}, which a connection does not take`);
  }
  if (Object.keys(options).length > 0) endpoint.options = options;
  return { endpoint, password, sslKeyPassword };
}

/** Only a name that is known is repeated: any other may be the rest of a password with "&" or a blank in it. */
function describeUnknown(name: string): string {
  return refusedNames.has(name)
    ? `the parameter "${name}"`
    : 'a parameter whose name is not one of PostgreSQL’s';
}

/** Parameters of libpq (libpq-connect.html) and of other programs' URLs that people paste. */
const refusedNames = new Set(
  (
    'passfile service servicefile replication requiressl requirepeer sslcompression sslcrldir sslcertmode ' +
    'sslkeylogfile krbsrvname gsslib gssdelegation tty authtype load_balance_hosts min_protocol_version ' +
    'max_protocol_version keepalives_interval keepalives_count tcp_user_timeout scram_client_key ' +
    'scram_server_key oauth_issuer oauth_client_id oauth_client_secret oauth_scope ' +
    // Prisma, JDBC, node-postgres, Go and poolers.
    'schema currentSchema pgbouncer connection_limit pool_timeout socket_timeout statement_cache_size sslaccept ' +
    'sslidentity ssl sslfactory loginTimeout connectTimeout socketTimeout ApplicationName stringtype ' +
    'prepareThreshold uselibpqcompat pool_mode pool_max_conns search_path statement_timeout timezone'
  ).split(' '),
);

function parsePort(value: string): number {
  const ports = new Set(value.split(',').map((port) => (port === '' ? '5432' : port)));
  if (ports.size > 1) {
    throw badUrl('its hosts have different ports; save one connection for each, or give all hosts one port');
  }
  const [port = ''] = ports;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw badUrl('its port is not a number from 1 to 65535');
  }
  return Number(port);
}

function parseSslMode(value: string): SslMode {
  const mode = sslModes.find((known) => known === value);
  if (!mode) throw badUrl(`its sslmode is not one of ${sslModes.join(', ')}`);
  return mode;
}
