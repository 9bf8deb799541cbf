import type { ProviderPreset, Role, SslMode } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import type { EndpointInput } from '../connections/endpoint.ts';
import { UsageError } from '../connections/errors.ts';
import { nameComplaint } from '../connections/names.ts';
import type { SecretInput } from '../connections/secrets-of.ts';
import { roles, sslModes } from '../connections/vocabulary.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { type Asking, askChoice, askSecret, askText } from './ask.ts';

/** What the form holds: what flags said before, or what was typed. */
export interface ConnectionForm {
  role?: Role;
  name?: string;
  input: EndpointInput;
  password?: SecretInput;
  sslKeyPassword?: SecretInput;
}

/** What the form asks of the program. */
export interface FormSettings {
  readonly connector: Connector;
  /** Whether a name is taken; null when it is free. */
  readonly takenName: (name: string) => Promise<string | null>;
}

const roleChoices = [
  { value: roles[0], name: 'Source', description: 'read from: tables are discovered, CDC can be prepared' },
  { value: roles[1], name: 'Destination', description: 'loaded into: must be a writable primary' },
];

/**
 * Asks for a new connection step by step: role, provider, a URL that fills the rest, then field by
 * field what is still open. What the form holds already is not asked.
 * @throws InterruptedError
 */
export async function askNewConnection(
  asking: Asking,
  form: ConnectionForm,
  settings: FormSettings,
): Promise<void> {
  form.role ??= await askChoice(asking, 'Role', roleChoices);
  const bare = Object.keys(form.input).length === 0;
  const preset = bare ? await askPreset(asking, settings.connector, form.role) : undefined;
  if (bare) await askUrl(asking, form, settings.connector);
  form.name ??= await askName(asking, settings);
  await askFields(asking, form, preset ?? presetOf(settings.connector, form.input.host), false);
  form.password ??= await askPassword(asking, 'Password (not shown; empty: none)');
}

function presetOf(connector: Connector, host: string | undefined): ProviderPreset | undefined {
  const provider = connector.providerOf(host ?? '');
  return connector.presets.find((preset) => preset.provider === provider) ?? connector.presets.at(-1);
}

function askPreset(asking: Asking, connector: Connector, role: Role): Promise<ProviderPreset> {
  const choices = connector.presets
    .filter((preset) => preset.roles.includes(role))
    .map((preset) => ({
      value: preset,
      name: `${preset.connectorTitle} · ${preset.title}`,
      description: `needs ${preset.needs[role]}`,
    }));
  return askChoice(asking, 'Connector', choices);
}

/** A URL holds a password as a rule, so it is typed or pasted unseen. */
async function askUrl(asking: Asking, form: ConnectionForm, connector: Connector): Promise<void> {
  const message = 'Paste a URL (not shown), or press Enter to fill in the fields';
  const check = (text: string) => text.trim() === '' || complaintOf(() => connector.parseUrl(text)) || true;
  const url = (await askSecret(asking, message, check)).reveal();
  if (url.trim() === '') return;
  const parsed = connector.parseUrl(url);
  Object.assign(form.input, parsed.endpoint);
  if (parsed.password) form.password = { kind: 'secret', secret: parsed.password };
  if (parsed.sslKeyPassword) form.sslKeyPassword = { kind: 'secret', secret: parsed.sslKeyPassword };
}

function complaintOf(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

async function askName(asking: Asking, settings: FormSettings, initial?: string): Promise<string> {
  const check = async (text: string) => {
    const name = text.trim().normalize('NFC');
    const complaint = nameComplaint(name);
    if (complaint !== null) return `the name ${complaint}`;
    return name === initial ? true : ((await settings.takenName(name)) ?? true);
  };
  return askText(asking, 'Connection name', initial, check);
}

const notEmpty = (text: string) => text.trim() !== '' || 'this can not be left empty';
const isPort = (text: string) =>
  (/^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535) ||
  'a number from 1 to 65535';

/**
 * Asks for the endpoint's fields, each with its default.
 * @param again ask for those the form holds as well, with what it holds as the default
 */
async function askFields(
  asking: Asking,
  form: ConnectionForm,
  preset: ProviderPreset | undefined,
  again: boolean,
): Promise<void> {
  const { input } = form;
  const defaults = preset?.defaults;
  const ask = async (
    field: 'host' | 'database' | 'username' | 'schema',
    label: string,
    initial?: string | null,
  ) => {
    if (input[field] !== undefined && !again) return;
    const known = input[field] ?? initial ?? undefined;
    input[field] = (
      await askText(asking, label, known === undefined ? undefined : terminalSafe(known), notEmpty)
    ).trim();
  };
  await ask('host', 'Host');
  if (input.port === undefined || again) {
    input.port = Number(await askText(asking, 'Port', String(input.port ?? defaults?.port ?? 5432), isPort));
  }
  await ask('database', 'Database', defaults?.database);
  await ask('username', 'Username');
  await ask('schema', 'Schema', defaults?.schema);
  if (input.sslMode === undefined || again) {
    const suggested = input.sslMode ?? (input.sslRootCert === 'system' ? 'verify-full' : defaults?.sslMode);
    input.sslMode = await askSslMode(asking, suggested);
  }
}

const sslModeNotes: Readonly<Record<SslMode, string>> = {
  disable: 'never TLS',
  allow: 'TLS only where the server insists',
  prefer: 'TLS where the server has it, nothing verified',
  require: 'always TLS, certificate not verified unless a root is given',
  'verify-ca': 'always TLS, certificate signed by the given root',
  'verify-full': 'always TLS, certificate signed by the given root and for this host',
};

function askSslMode(asking: Asking, suggested: SslMode | undefined): Promise<SslMode> {
  const choices = sslModes.map((mode) => ({ value: mode, name: mode, description: sslModeNotes[mode] }));
  return askChoice(asking, 'SSL mode', choices, suggested);
}

/** A password that is not echoed; empty is none. @throws InterruptedError */
export async function askPassword(asking: Asking, message: string): Promise<SecretInput> {
  const secret = await askSecret(asking, message);
  return secret.isEmpty ? { kind: 'none' } : { kind: 'secret', secret };
}

/**
 * Asks for a saved connection's name and fields, each with what it is now, and for a new password,
 * which stays when nothing is typed.
 * @throws InterruptedError
 */
export async function askChanges(
  asking: Asking,
  form: ConnectionForm,
  settings: FormSettings,
): Promise<void> {
  form.name = await askName(asking, settings, form.name);
  await askFields(asking, form, undefined, true);
  const secret = await askSecret(asking, 'New password (not shown; empty: as it is)');
  if (!secret.isEmpty) form.password = { kind: 'secret', secret };
}

/** Asks for the fields again after a failed test. @throws InterruptedError */
export async function askCorrections(asking: Asking, form: ConnectionForm): Promise<void> {
  await askFields(asking, form, undefined, true);
  const secret = await askSecret(asking, 'Password (not shown; empty: as it was)');
  if (!secret.isEmpty) form.password = { kind: 'secret', secret };
}
