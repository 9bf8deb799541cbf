import { isIP } from 'node:net';
import type { Endpoint } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import { sslModes } from '../../connections/vocabulary.ts';
import { nearNames } from '../../metadata/near-names.ts';
import { parseKeywords } from './conninfo-keywords.ts';

/**
 * The libpq parameters that `--option KEY=VALUE`, a URL and a file may carry, each with its check.
 * Never one that is, holds or points to a secret (password, passfile, service, sslpassword), nor one
 * that has its own flag. Names and values are libpq's
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
 */
const optionChecks: Readonly<Record<string, (value: string) => string | null>> = {
  application_name: anyText,
  fallback_application_name: anyText,
  options: anyText,
  hostaddr: checkAddresses,
  client_encoding: oneOf('UTF8', 'utf8', 'UTF-8', 'utf-8', 'auto'),
  connect_timeout: integerFrom(1, 86_400, 'seconds'),
  channel_binding: oneOf('disable', 'prefer', 'require'),
  require_auth: checkRequireAuth,
  sslnegotiation: oneOf('postgres', 'direct'),
  sslsni: oneOf('0', '1'),
  ssl_min_protocol_version: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  ssl_max_protocol_version: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  target_session_attrs: oneOf('any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'),
  keepalives: oneOf('0', '1'),
  keepalives_idle: integerFrom(0, 86_400, 'seconds'),
  gssencmode: oneOf('disable', 'prefer'),
};

/** Why a parameter that libpq knows is not among the options. */
const refusedOptions: Readonly<Record<string, string>> = {
  password:
    'a password is never an option: use --password-stdin, --password-env, --password-file or --password-ref',
  passfile:
    'passwords are not read from a file of their own: use --password-file or --password-ref file:PATH',
  sslpassword: 'use --ssl-key-password-stdin, -env, -file or -ref',
  service: 'service files are not read: give the host, port and database themselves',
  servicefile: 'service files are not read: give the host, port and database themselves',
  host: 'use --host',
  port: 'use --port',
  dbname: 'use --database',
  user: 'use --username',
  sslmode: 'use --ssl-mode',
  sslrootcert: 'use --ssl-root-cert',
  sslcert: 'use --ssl-cert',
  sslkey: 'use --ssl-key',
  sslcrl: 'use --ssl-crl',
  schema: 'it is not a parameter of PostgreSQL: use --schema',
};

/** The names of the options that may be given. */
export const optionNames: readonly string[] = Object.keys(optionChecks);

/** Those that are no free text. */
export const plainOptions: readonly string[] = optionNames.filter((name) => optionChecks[name] !== anyText);

/** Options in libpq's keyword/value syntax. @throws UsageError bad_option */
export function readOptions(text: string): Record<string, string> {
  if (text.trim() === '') return {};
  const refuse = (reason: string) =>
    bad('bad_option', `the options can't be read: ${reason}`, "write key=value key='a longer value'");
  const options = Object.fromEntries(parseKeywords(text, refuse));
  for (const [name, value] of Object.entries(options)) checkOption(name, value);
  return options;
}

/** Authentication methods of libpq's require_auth. */
const authMethods = new Set(['password', 'md5', 'gss', 'sspi', 'scram-sha-256', 'oauth', 'none']);

function checkRequireAuth(value: string): string | null {
  const methods = value.split(',').map((method) => method.trim());
  const negated = methods.filter((method) => method.startsWith('!')).length;
  if (negated > 0 && negated < methods.length)
    return 'methods to take or, each with a "!", methods to refuse, but not both';
  const unknown = methods.find((method) => !authMethods.has(method.replace(/^!/, '')));
  return unknown === undefined ? null : `one or more of ${[...authMethods].join(', ')}`;
}

/** libpq takes addresses alone here (getaddrinfo with AI_NUMERICHOST); an empty one stands for its host. */
function checkAddresses(value: string): string | null {
  return value.split(',').every((address) => address === '' || isIP(address) !== 0)
    ? null
    : 'IP addresses, as many as there are hosts';
}

function anyText(): null {
  return null;
}

function oneOf(...values: string[]): (value: string) => string | null {
  return (value) => (values.includes(value) ? null : `one of ${values.join(', ')}`);
}

function integerFrom(min: number, max: number, unit: string): (value: string) => string | null {
  return (value) =>
    /^\d{1,6}$/.test(value) && Number(value) >= min && Number(value) <= max
      ? null
      : `a whole number of ${unit} from ${min} to ${max}`;
}

function bad(code: string, message: string, fix: string): UsageError {
  return new UsageError({ code, message, fix });
}

function checkOption(name: string, value: string): void {
  const check = Object.hasOwn(optionChecks, name) ? optionChecks[name] : undefined;
  if (!check) {
    const reason = Object.hasOwn(refusedOptions, name) ? refusedOptions[name] : null;
    const [meant] = nearNames(name, optionNames, String);
    const others = meant === undefined ? `use one of ${optionNames.join(', ')}` : `did you mean ${meant}?`;
    throw bad('bad_option', `"${name}" is not an option of a connection`, reason ?? others);
  }
  if (value.includes('\0'))
    throw bad('bad_option', `the option ${name} holds a NUL character`, 'leave it out');
  const complaint = check(value);
  if (complaint)
    throw bad('bad_option', `the option ${name} has a value it can't take`, `it takes ${complaint}`);
}

/**
 * Refuses an endpoint that contradicts itself or that no server could be dialled with. Reads no file.
 * @throws UsageError bad_option, bad_ssl_settings, bad_host, bad_username, bad_database
 */
export function checkEndpoint(endpoint: Endpoint): void {
  for (const [name, value] of Object.entries(endpoint.options)) checkOption(name, value);
  checkHosts(endpoint);
  checkText('username', endpoint.username);
  checkText('database', endpoint.database);
  checkText('schema', endpoint.schema);
  checkSsl(endpoint);
}

function checkText(field: 'username' | 'database' | 'schema', value: string): void {
  if (value === '' || value.includes('\0')) {
    throw bad(`bad_${field}`, `the ${field} is empty or holds a NUL character`, `give it with --${field}`);
  }
  // NAMEDATALEN: a longer name is cut by the server without a word (manual, 4.1.1).
  if (Buffer.byteLength(value) > 63) {
    throw bad(
      `bad_${field}`,
      `the ${field} is longer than PostgreSQL's 63 bytes`,
      'check it for a slip of paste',
    );
  }
}

function checkHosts(endpoint: Endpoint): void {
  const hosts = endpoint.host.split(',');
  for (const host of hosts) {
    const complaint = hostComplaint(host);
    if (complaint)
      throw bad(
        'bad_host',
        complaint,
        'give a host name, an address or a socket directory with --host, and the port with --port',
      );
  }
  const addresses = endpoint.options.hostaddr?.split(',');
  // TLS is off on a socket, and must not be off on the way to an address.
  if (addresses && hosts.some((host) => host.startsWith('/'))) {
    throw bad('bad_option', 'hostaddr is given for a socket directory', 'leave one of the two out');
  }
  if (addresses && addresses.length !== hosts.length) {
    throw bad(
      'bad_option',
      `hostaddr names ${addresses.length} addresses for ${hosts.length} hosts`,
      'give as many addresses as hosts',
    );
  }
}

function hostComplaint(host: string): string | null {
  if (host === '') return 'the host is empty';
  if (host.startsWith('/'))
    return /[\0-\x1f\x7f]/.test(host) ? 'the socket directory holds a control character' : null;
  if (/[\s\0-\x1f\x7f/@?#\\]/.test(host)) return 'the host holds a character that no host name has';
  if (host.includes(':') && isIP(host) !== 6) return 'the host holds a colon and is no IPv6 address';
  if (host.length > 255) return 'the host is longer than 255 characters';
  return null;
}

function checkSsl(endpoint: Endpoint): void {
  const { sslMode, sslRootCert, sslCert, sslKey, options } = endpoint;
  const fail = (message: string, fix: string) => bad('bad_ssl_settings', message, fix);
  // libpq refuses weaker modes with the system's roots, fe-connect.c connectOptions2.
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    throw fail(
      `the system's root certificates need sslmode verify-full, not ${sslMode}`,
      'use --ssl-mode verify-full',
    );
  }
  if (options.sslnegotiation === 'direct' && sslModes.indexOf(sslMode) < sslModes.indexOf('require')) {
    throw fail(
      `sslnegotiation=direct needs sslmode require or stronger, not ${sslMode}`,
      'use --ssl-mode require',
    );
  }
  if (options.channel_binding === 'require' && sslMode === 'disable') {
    throw fail('channel_binding=require needs TLS, and sslmode is disable', 'use --ssl-mode require');
  }
  if (sslKey && !sslCert) throw fail('a client key was given without its certificate', 'add --ssl-cert FILE');
  if (sslCert && !sslKey) throw fail('a client certificate was given without its key', 'add --ssl-key FILE');
  const { ssl_min_protocol_version: min = 'TLSv1.2', ssl_max_protocol_version: max = 'TLSv1.3' } = options;
  if (min > max) {
    throw fail(
      `TLS from ${min} to ${max} leaves no version`,
      'give ssl_min_protocol_version a version that is not above ssl_max_protocol_version',
    );
  }
}
