import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Endpoint, ProviderPreset, SslMode } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import type { EndpointInput } from '../connections/endpoint.ts';
import { UsageError } from '../connections/errors.ts';
import { nameComplaint, trimmedName } from '../connections/names.ts';
import type { SecretInput } from '../connections/secrets-of.ts';
import { sslModes } from '../connections/vocabulary.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { type Asking, askChoice, askHidden, askText, type Check } from './ask.ts';

/** The fields of an endpoint that a form has. */
export type Field = 'host' | 'port' | 'database' | 'username' | 'schema' | 'sslMode' | 'sslRootCert';

/** What the form calls them. */
export const fieldLabels: Readonly<Record<Field, string>> = {
  host: 'Host',
  port: 'Port',
  database: 'Database',
  username: 'Username',
  schema: 'Schema',
  sslMode: 'SSL mode',
  sslRootCert: 'Root certificate',
};

/** Tells whether a name is taken; null when it is free. */
export type TakenName = (name: string) => Promise<string | null>;

/** A connection's name. @param initial the one it has, which is not taken. @throws InterruptedError */
export async function askName(
  asking: Asking,
  message: string,
  takenName: TakenName,
  initial?: string,
): Promise<string> {
  return askText(asking, { message, initial, editable: true, check: nameCheck(takenName, initial) });
}

/** A check of a name. @param own the one that the connection has, which is not taken */
export function nameCheck(takenName: TakenName, own?: string): Check {
  return async (text) => {
    const name = trimmedName(text);
    const complaint = nameComplaint(name);
    if (complaint !== null) return `the name ${complaint}`;
    return name === own ? true : ((await takenName(name)) ?? true);
  };
}

/**
 * Asks for one field, what it holds standing there to be edited, else with the preset's proposal, and
 * puts it into the input.
 * @throws InterruptedError
 */
export async function askField(
  asking: Asking,
  field: Field,
  input: EndpointInput,
  about: { readonly connector: Connector; readonly preset: ProviderPreset | undefined },
): Promise<void> {
  const { connector } = about;
  const defaults = about.preset?.defaults;
  if (field === 'sslMode') {
    await askSslMode(asking, input, connector, defaults?.sslMode);
  } else if (field === 'sslRootCert') {
    await askRootCertificate(asking, input, connector);
  } else if (field === 'port') {
    const initial = String(input.port ?? defaults?.port ?? 5432);
    input.port = Number(await askLine(asking, fieldLabels.port, { input: input.port, initial }, isPort));
  } else {
    const proposed = field === 'database' || field === 'schema' ? defaults?.[field] : undefined;
    const start = { input: input[field], initial: input[field] ?? proposed ?? undefined };
    const check = (text: string) =>
      text === ''
        ? 'this can not be left empty'
        : endpointComplaint(connector, input, { [field]: text }).then((complaint) => complaint ?? true);
    input[field] = await askLine(asking, fieldLabels[field], start, check);
  }
}

/** A trimmed line; one that is left as it stands stays what it was, however it had to be shown. */
async function askLine(
  asking: Asking,
  message: string,
  start: { readonly input: string | number | undefined; readonly initial: string | undefined },
  check: Check,
): Promise<string> {
  const { initial } = start;
  const shown = initial === undefined ? undefined : terminalSafe(initial);
  const meant = (text: string) => (initial !== undefined && text === shown ? initial : text.trim());
  const text = await askText(asking, {
    message,
    initial: shown,
    editable: start.input !== undefined,
    check: (typed) => check(meant(typed)),
  });
  return meant(text);
}

export const isPort = (text: string): true | string =>
  (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) || 'a number from 1 to 65535';

const sslModeNotes: Readonly<Record<SslMode, string>> = {
  disable: 'never TLS',
  allow: 'TLS only where the server insists',
  prefer: 'TLS where the server has it, nothing verified',
  require: 'always TLS, certificate not verified unless a root is given',
  'verify-ca': 'always TLS, certificate signed by the given root',
  'verify-full': 'always TLS, certificate signed by the given root and for this host',
};

async function askSslMode(
  asking: Asking,
  input: EndpointInput,
  connector: Connector,
  proposed: SslMode | undefined,
): Promise<void> {
  const choices = sslModes.map((mode) => ({ value: mode, name: mode, description: sslModeNotes[mode] }));
  let suggested = input.sslMode ?? (input.sslRootCert === 'system' ? 'verify-full' : proposed);
  for (;;) {
    const sslMode = await askChoice(asking, fieldLabels.sslMode, choices, suggested);
    // The system's roots go with verify-full alone.
    const dropsRoot = input.sslRootCert === 'system' && sslMode !== 'verify-full';
    const change = { sslMode, ...(dropsRoot && { sslRootCert: null }) };
    const complaint = await endpointComplaint(connector, input, change);
    if (complaint === null) {
      Object.assign(input, change);
      return;
    }
    asking.stderr.write(`${asking.theme.bad(`✗ ${terminalSafe(complaint)}`)}\n`);
    suggested = sslMode;
  }
}

/** Whether an endpoint verifies the server's certificate, and so needs to know by which root. */
export function needsRoot({ host, sslMode }: EndpointInput): boolean {
  return (sslMode === 'verify-ca' || sslMode === 'verify-full') && host?.startsWith('/') !== true;
}

async function askRootCertificate(asking: Asking, input: EndpointInput, connector: Connector): Promise<void> {
  const known = input.sslRootCert ?? undefined;
  const isFull = input.sslMode === 'verify-full';
  const message = `${fieldLabels.sslRootCert} (file${isFull ? ', or "system"' : ''})`;
  const initial = known ?? (isFull ? 'system' : undefined);
  const check = (text: string) =>
    text === '' ? 'this can not be left empty' : filesComplaint(connector, input, absolutePath(text));
  input.sslRootCert = absolutePath(await askLine(asking, message, { input: known, initial }, check));
}

/** No shell reads what is typed here, so `~/` is ours to understand. */
export function absolutePath(path: string): string {
  if (path === 'system') return path;
  return resolve(path.startsWith('~/') ? homedir() : '', path.replace(/^~\//, ''));
}

async function filesComplaint(
  connector: Connector,
  input: EndpointInput,
  sslRootCert: string,
): Promise<true | string> {
  const complaint = await endpointComplaint(connector, input, { sslRootCert });
  if (complaint !== null) return complaint;
  return (await complaintOf(() => connector.checkFiles(soFar(connector, { ...input, sslRootCert })))) ?? true;
}

/** What a connector has against a change of what the form holds; null when nothing. */
function endpointComplaint(
  connector: Connector,
  input: EndpointInput,
  change: EndpointInput,
): Promise<string | null> {
  return complaintOf(() => connector.checkEndpoint(soFar(connector, { ...input, ...change })));
}

/** An endpoint of what the form holds so far, completed by what nothing speaks against. */
export function soFar(connector: Connector, input: EndpointInput): Endpoint {
  const open = { host: 'localhost', port: 1, database: 'd', username: 'u', schema: 's' };
  const files = { sslRootCert: null, sslCert: null, sslKey: null, sslCrl: null };
  return { connector: connector.name, ...open, ...files, sslMode: 'verify-full', options: {}, ...input };
}

/** The message of a UsageError; null when there is none. */
export async function complaintOf(attempt: () => unknown): Promise<string | null> {
  try {
    await attempt();
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** A password; nothing typed is none. @throws InterruptedError */
export async function askPassword(asking: Asking, message: string): Promise<SecretInput> {
  const secret = await askHidden(asking, { message, enterAlone: 'none' });
  return secret.isEmpty ? { kind: 'none' } : { kind: 'secret', secret };
}

/**
 * A password to take the place of the one there is.
 * @param former what it is now, in words: `the saved one`
 * @returns null when nothing was typed and it stays
 * @throws InterruptedError
 */
export async function askOtherPassword(
  asking: Asking,
  message: string,
  former: string,
): Promise<SecretInput | null> {
  const secret = await askHidden(asking, { message, enterAlone: former });
  return secret.isEmpty ? null : { kind: 'secret', secret };
}
