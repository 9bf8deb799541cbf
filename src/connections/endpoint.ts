import type { Endpoint, ProviderPreset, SslMode } from './connection.ts';
import type { Connector } from './connector.ts';
import { UsageError } from './errors.ts';
import { sslModes } from './vocabulary.ts';

/** What flags, a URL, a file or a form say of an endpoint; what they don't is absent. */
export type EndpointInput = { -readonly [Key in keyof Endpoint]?: Endpoint[Key] };

/** The preset whose defaults fill the gaps for a host. */
export function presetFor(connector: Connector, host: string | undefined): ProviderPreset | undefined {
  const provider = connector.providerOf(host ?? '');
  const find = (name: string) => connector.presets.find((preset) => preset.provider === name);
  return find(provider) ?? find('self-hosted');
}

/**
 * The preset of the provider that a host name tells; null where it tells none. One that has no preset of
 * its own has the defaults of a self-hosted server.
 */
export function toldProvider(connector: Connector, host: string): ProviderPreset | null {
  const provider = connector.providerOf(host);
  if (host === '' || provider === connector.providerOf('')) return null;
  const preset = presetFor(connector, host);
  return preset === undefined || preset.provider === provider
    ? (preset ?? null)
    : { ...preset, provider, title: provider };
}

/** The fields that no preset can fill, in the order they are asked for. */
export const requiredFields = ['host', 'username'] as const;

/**
 * The whole endpoint: the input, completed by the defaults of its provider's preset.
 * @throws UsageError missing_flags, naming them, or what the connector refuses
 */
export function completeEndpoint(connector: Connector, input: EndpointInput): Endpoint {
  const missing = requiredFields.filter((field) => input[field] === undefined);
  const defaults = presetFor(connector, input.host)?.defaults;
  const database = input.database ?? defaults?.database ?? undefined;
  const { host, username } = input;
  if (host === undefined || username === undefined || database === undefined || !defaults) {
    throw missingFlags([...missing, ...(database === undefined ? ['database'] : [])]);
  }
  const endpoint: Endpoint = {
    connector: connector.name,
    host,
    port: input.port ?? defaults.port,
    database,
    username,
    schema: input.schema ?? defaults.schema,
    sslMode: input.sslMode ?? impliedSslMode(input) ?? defaults.sslMode,
    sslRootCert: input.sslRootCert ?? null,
    sslCert: input.sslCert ?? null,
    sslKey: input.sslKey ?? null,
    sslCrl: input.sslCrl ?? null,
    options: input.options ?? {},
  };
  connector.checkEndpoint(endpoint);
  return endpoint;
}

/** libpq: `sslrootcert=system` makes verify-full the default (libpq-connect.html, sslrootcert). */
function impliedSslMode(input: EndpointInput): SslMode | undefined {
  return input.sslRootCert === 'system' ? 'verify-full' : undefined;
}

/** The refusal of a command that lacks flags, naming them all. */
export function missingFlags(fields: readonly string[]): UsageError {
  const flags = fields.map((field) => `--${field}`);
  const isInUrl = [...requiredFields, 'database'].some((field) => fields.includes(field));
  return new UsageError({
    code: 'missing_flags',
    message: `${flags.join(', ')} ${flags.length === 1 ? 'is' : 'are'} missing`,
    fix: `add ${flags.length === 1 ? 'it' : 'them'}${isInUrl ? ', or give a URL with --url-env or --url-stdin' : ''}`,
  });
}

/** What an edit of the endpoint means for a stored secret. */
export type SecretConsequence = 'none' | 'bind-anew' | 'ask-again';

const bindingStrength = ['disable', 'prefer', 'require'];
const boundOptions = ['hostaddr', 'channel_binding', 'require_auth'] as const;

/**
 * Whether a stored secret follows an edit. It is asked for again when it would be sent to another
 * host, port or user, under another client identity, or over weaker TLS; any other change of what
 * it is bound to only binds it anew.
 */
export function secretConsequence(before: Endpoint, after: Endpoint): SecretConsequence {
  if (leadsElsewhere(before, after) || isWeaker(before, after)) return 'ask-again';
  const bound: (keyof Endpoint)[] = ['database', 'sslMode', 'sslRootCert'];
  const changed =
    bound.some((field) => before[field] !== after[field]) ||
    boundOptions.some((name) => before.options[name] !== after.options[name]);
  return changed ? 'bind-anew' : 'none';
}

function leadsElsewhere(before: Endpoint, after: Endpoint): boolean {
  const fields: (keyof Endpoint)[] = ['connector', 'host', 'port', 'username', 'sslCert', 'sslKey'];
  return (
    fields.some((field) => before[field] !== after[field]) ||
    before.options.hostaddr !== after.options.hostaddr
  );
}

function isWeaker(before: Endpoint, after: Endpoint): boolean {
  if (sslModes.indexOf(after.sslMode) < sslModes.indexOf(before.sslMode)) return true;
  // Without its root `require` no longer checks the chain.
  if (before.sslRootCert !== null && after.sslRootCert === null) return true;
  // Without its list a revoked certificate is good again.
  if (before.sslCrl !== null && after.sslCrl === null) return true;
  const binding = (endpoint: Endpoint) =>
    bindingStrength.indexOf(endpoint.options.channel_binding ?? 'prefer');
  if (binding(after) < binding(before)) return true;
  const { require_auth: required, ssl_min_protocol_version: minimum } = before.options;
  if (required !== undefined && required !== after.options.require_auth) return true;
  return (after.options.ssl_min_protocol_version ?? 'TLSv1.2') < (minimum ?? 'TLSv1.2');
}

/** The names of the fields in which two endpoints differ. */
export function endpointDifferences(before: Endpoint, after: Endpoint): string[] {
  const keys = Object.keys(before) as (keyof Endpoint)[];
  return keys.filter((key) =>
    key === 'options' ? !sameOptions(before.options, after.options) : before[key] !== after[key],
  );
}

function sameOptions(a: Endpoint['options'], b: Endpoint['options']): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
