import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SslMode } from '../connections/connection.ts';
import type { Connector, ParsedUrl } from '../connections/connector.ts';
import type { EndpointInput } from '../connections/endpoint.ts';
import { SecretError, UsageError } from '../connections/errors.ts';
import type { SecretInput } from '../connections/secrets-of.ts';
import type { App } from './app.ts';
import {
  declareSecretFlags,
  readKeyPasswordFlags,
  readPasswordFlags,
  refuseTwoStdins,
  type SecretFlags,
} from './secret-flags.ts';
import { readSecretFromStdin } from './standard-input.ts';
import { keyValues, readPort, readSslMode, readVariableName } from './values.ts';

/** The flags that describe an endpoint, as commander reads them. */
export interface EndpointFlags extends SecretFlags {
  url?: string;
  urlStdin?: boolean;
  urlEnv?: string;
  host?: string;
  port?: number;
  database?: string;
  username?: string;
  schema?: string;
  sslMode?: SslMode;
  sslRootCert?: string;
  sslCert?: string;
  sslKey?: string;
  sslCrl?: string;
  option?: Record<string, string>;
}

/** Declares them, with those of its secrets. @param stores whether the verb saves them, secrets too */
export function declareEndpointFlags(command: Command, stores: boolean): void {
  command
    .option('--url <url>', 'a postgresql:// URL or keyword/value string without a password')
    .option('--url-stdin', 'read the URL from standard input; it may hold the password')
    .option(
      '--url-env <variable>',
      'take the URL from a variable, as DATABASE_URL',
      readVariableName('--url-env'),
    )
    .option('--host <host>', 'host name, address or socket directory; several with commas between')
    .option('--port <port>', 'TCP port', readPort)
    .option('--database <name>', 'database')
    .option('--username <name>', 'user')
    .option('--schema <name>', 'the schema that is checked and that queries default to')
    .option('--ssl-mode <mode>', 'disable, allow, prefer, require, verify-ca or verify-full', readSslMode)
    .option('--ssl-root-cert <file>', 'root certificate, or "system"; "" for none')
    .option('--ssl-cert <file>', 'client certificate; "" for none')
    .option('--ssl-key <file>', 'client key; "" for none')
    .option('--ssl-crl <file>', 'revocation list; "" for none')
    .option('--option <key=value>', 'another libpq parameter; repeat for several', keyValues('--option'));
  declareSecretFlags(command, stores);
}

/** What the flags say of an endpoint and its secrets; what they don't is absent. */
export interface EndpointAnswer {
  readonly input: EndpointInput;
  readonly password: SecretInput | undefined;
  readonly sslKeyPassword: SecretInput | undefined;
}

/** Whether any flag speaks of an endpoint or its secrets. */
export function speaksOfEndpoint(flags: EndpointFlags): boolean {
  const names: (keyof EndpointFlags)[] = [
    ...(['url', 'urlStdin', 'urlEnv', 'host', 'port', 'database', 'username', 'schema', 'sslMode'] as const),
    ...(['sslRootCert', 'sslCert', 'sslKey', 'sslCrl', 'option'] as const),
    ...(['passwordStdin', 'passwordEnv', 'passwordFile', 'passwordRef'] as const),
    ...(['sslKeyPasswordStdin', 'sslKeyPasswordEnv', 'sslKeyPasswordFile', 'sslKeyPasswordRef'] as const),
  ];
  return flags.password === false || names.some((name) => flags[name] !== undefined);
}

/**
 * Reads the endpoint's flags: a URL, and what the other flags add to it.
 * @throws UsageError bad_url, password_in_argv, conflicting_flags and what a single flag refuses;
 * SecretError for a secret that can't be read
 */
export async function readEndpointFlags(
  app: App,
  connector: Connector,
  flags: EndpointFlags,
): Promise<EndpointAnswer> {
  refuseTwoStdins(flags);
  const url = await readUrl(app, connector, flags);
  const single = singleFlags(flags);
  for (const name of Object.keys(single) as (keyof EndpointInput)[]) {
    if (name === 'options' || url?.endpoint[name as keyof ParsedUrl['endpoint']] === undefined) continue;
    throw conflicting(
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      'the URL says it too',
    );
  }
  const input: EndpointInput = { ...withAbsoluteFiles(url?.endpoint ?? {}), ...single };
  const options = { ...url?.endpoint.options, ...single.options };
  if (Object.keys(options).length > 0) input.options = options;
  const password = await readPasswordFlags(app, flags);
  const sslKeyPassword = await readKeyPasswordFlags(app, flags);
  return {
    input,
    password: oneOf('--password', password, url?.password),
    sslKeyPassword: oneOf('--ssl-key-password', sslKeyPassword, url?.sslKeyPassword),
  };
}

function oneOf(flag: string, given: SecretInput | undefined, inUrl: ParsedUrl['password'] | undefined) {
  if (!inUrl) return given;
  if (given) throw conflicting(`${flag}-…`, 'the URL holds a password');
  return { kind: 'secret' as const, secret: inUrl };
}

async function readUrl(app: App, connector: Connector, flags: EndpointFlags): Promise<ParsedUrl | null> {
  const given = [
    flags.url !== undefined && '--url',
    flags.urlStdin && '--url-stdin',
    flags.urlEnv !== undefined && '--url-env',
  ];
  const names = given.filter((name) => typeof name === 'string');
  if (names.length > 1) throw conflicting(names.join(' and '), 'one URL is enough');
  if (flags.urlStdin) return connector.parseUrl((await readSecretFromStdin(app, '--url-stdin')).reveal());
  if (flags.urlEnv !== undefined) {
    const url = app.environment[flags.urlEnv];
    if (url) return connector.parseUrl(url);
    throw new SecretError({
      code: 'reference_missing',
      message: 'the variable that --url-env names is not set, or empty',
      fix: 'set it, and give its name without a "$": --url-env DATABASE_URL',
    });
  }
  if (flags.url === undefined) return null;
  const parsed = connector.parseUrl(flags.url);
  if (parsed.password || parsed.sslKeyPassword) {
    throw new UsageError({
      code: 'password_in_argv',
      message: 'the URL holds a password, and --url is seen by other programs and the shell’s history',
      fix: 'pipe it in with --url-stdin, or name a variable that holds it with --url-env; then change that password',
    });
  }
  return parsed;
}

function singleFlags(flags: EndpointFlags): EndpointInput {
  const input: EndpointInput = {};
  if (flags.host !== undefined) input.host = flags.host;
  if (flags.port !== undefined) input.port = flags.port;
  if (flags.database !== undefined) input.database = flags.database;
  if (flags.username !== undefined) input.username = flags.username;
  if (flags.schema !== undefined) input.schema = flags.schema;
  if (flags.sslMode !== undefined) input.sslMode = flags.sslMode;
  if (flags.option !== undefined) input.options = flags.option;
  for (const name of ['sslRootCert', 'sslCert', 'sslKey', 'sslCrl'] as const) {
    if (flags[name] !== undefined) input[name] = flags[name];
  }
  return withAbsoluteFiles(input);
}

/** A file is saved by its absolute path, since the next command may run elsewhere; "" takes it away. */
function withAbsoluteFiles(input: EndpointInput): EndpointInput {
  const absolute: EndpointInput = { ...input };
  for (const name of ['sslRootCert', 'sslCert', 'sslKey', 'sslCrl'] as const) {
    const path = input[name];
    if (path === undefined || path === null) continue;
    absolute[name] = path === '' ? null : path === 'system' && name === 'sslRootCert' ? path : resolve(path);
  }
  return absolute;
}

function conflicting(flag: string, why: string): UsageError {
  return new UsageError({
    code: 'conflicting_flags',
    message: `${flag} can't be given here: ${why}`,
    fix: 'leave one of them out',
  });
}
