import { UsageError } from '../../connections/errors.ts';

/**
 * Parses a `postgresql://` URI as libpq's conninfo_uri_parse_options does
 * (src/interfaces/libpq/fe-connect.c), or refuses it. Two deliberate differences, both refusals:
 * an empty host (libpq takes its default) is left to the caller, and a repeated parameter is refused.
 * @throws UsageError bad_url; the input is never in its message, as it may hold a password
 */
export function parseUri(uri: string): Map<string, string> {
  const scheme = /^postgres(?:ql)?:\/\//.exec(uri);
  if (!scheme) throw badUrl('it does not start with postgresql://');
  if (/[\s\0]/.test(uri)) throw badUrl('it holds a space or line break; write %20 for a space');
  const values = new Map<string, string>();
  const set = (name: string, value: string) => {
    if (value !== '') values.set(name, value);
  };
  let rest = uri.slice(scheme[0].length);

  // Credentials: libpq looks for the first "@" before any "/" or the end.
  const credentials = /^([^:/@]*)(?::([^/@]*))?@/.exec(rest);
  if (credentials) {
    set('user', percentDecode(credentials[1] ?? ''));
    if (credentials[2] !== undefined) set('password', percentDecode(credentials[2]));
    rest = rest.slice(credentials[0].length);
  }

  const { hosts, ports, after } = parseAuthority(rest);
  set('host', hosts.join(','));
  set('port', ports.every((port) => port === '') ? '' : ports.join(','));
  rest = after;

  if (rest.startsWith('/')) {
    const end = rest.indexOf('?');
    set('dbname', percentDecode(end < 0 ? rest.slice(1) : rest.slice(1, end)));
    rest = end < 0 ? '' : rest.slice(end);
  }
  if (rest.startsWith('?')) parseParameters(rest.slice(1), values);
  return values;
}

function parseAuthority(text: string): { hosts: string[]; ports: string[]; after: string } {
  const hosts: string[] = [];
  const ports: string[] = [];
  let rest = text;
  for (;;) {
    let host: string;
    if (rest.startsWith('[')) {
      const end = rest.indexOf(']');
      if (end < 0) throw badUrl('an IPv6 address lacks its closing bracket');
      host = rest.slice(1, end);
      if (host === '') throw badUrl('an IPv6 address is empty');
      rest = rest.slice(end + 1);
      if (!/^(?:[:/?,]|$)/.test(rest)) throw badUrl('an unexpected character follows an IPv6 address');
    } else {
      const end = /[:/?,]|$/.exec(rest)?.index ?? rest.length;
      host = rest.slice(0, end);
      rest = rest.slice(end);
    }
    let port = '';
    if (rest.startsWith(':')) {
      const end = /[/?,]|$/.exec(rest)?.index ?? rest.length;
      port = rest.slice(1, end);
      rest = rest.slice(end);
    }
    hosts.push(percentDecode(host));
    ports.push(percentDecode(port));
    if (!rest.startsWith(',')) return { hosts, ports, after: rest };
    rest = rest.slice(1);
  }
}

function parseParameters(text: string, values: Map<string, string>): void {
  if (text === '') return;
  const seen = new Set<string>();
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw badUrl('a parameter lacks its "="');
    if (pair.indexOf('=', equals + 1) >= 0)
      throw badUrl('a parameter has more than one "="; write %3D inside a value');
    let name = percentDecode(pair.slice(0, equals));
    let value = percentDecode(pair.slice(equals + 1));
    // JDBC's spelling, which libpq translates too (conninfo_uri_parse_params).
    if (name === 'ssl' && value === 'true') [name, value] = ['sslmode', 'require'];
    if (name === '') throw badUrl('a parameter has no name');
    if (seen.has(name)) throw badUrl('a parameter stands in it twice');
    seen.add(name);
    values.set(name, value);
  }
}

/** Decodes %XX as libpq's conninfo_uri_decode: no NUL, two hex digits, "+" stays "+", valid UTF-8. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  if (/%(?![0-9a-fA-F]{2})/.test(text))
    throw badUrl('a "%" is not followed by two hex digits; write %25 for itself');
  if (text.includes('%00')) throw badUrl('it holds %00');
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl('its percent-encoded text is not UTF-8');
  }
}

/** A refusal of a connection string that says what is wrong without showing it. */
export function badUrl(reason: string): UsageError {
  return new UsageError({
    code: 'bad_url',
    message: `the URL can't be used: ${reason}`,
    fix: 'write postgresql://USER@HOST:PORT/DATABASE?sslmode=require, with special characters as %XX',
  });
}
