import type { ProviderPreset, Role } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import { type EndpointInput, presetFor } from '../connections/endpoint.ts';
import type { SecretInput } from '../connections/secrets-of.ts';
import { roles } from '../connections/vocabulary.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { type Asking, askChoice, askHidden } from './ask.ts';
import {
  askField,
  askName,
  askPassword,
  complaintOf,
  type Field,
  needsRoot,
  soFar,
  type TakenName,
} from './connection-fields.ts';

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
  readonly takenName: TakenName;
}

/** The roles, and what each is for. */
export const roleChoices = [
  { value: roles[0], name: 'Source', description: 'read from: tables are discovered, CDC can be prepared' },
  { value: roles[1], name: 'Destination', description: 'loaded into: must be a writable primary' },
];

/**
 * Asks for a new connection step by step: role, provider, a URL that fills the rest, then field by
 * field what is still open. What the form holds already is not asked.
 * @throws UsageError when what flags said of the endpoint contradicts itself; InterruptedError
 */
export async function askNewConnection(
  asking: Asking,
  form: ConnectionForm,
  settings: FormSettings,
): Promise<void> {
  const { connector } = settings;
  // Before anybody types a word that would be lost.
  connector.checkEndpoint(soFar(connector, form.input));
  await connector.checkFiles(soFar(connector, form.input));
  form.role ??= await askChoice(asking, 'Role', roleChoices);
  const isBare = Object.keys(form.input).length === 0;
  const chosen = isBare ? await askPreset(asking, connector, form.role) : undefined;
  if (isBare) await askUrl(asking, form, connector);
  form.name ??= await askName(asking, 'Connection name', settings.takenName);
  const ask = async (field: Field) => {
    if (form.input[field] !== undefined && form.input[field] !== null) return;
    const preset = chosen ?? presetFor(connector, form.input.host);
    await askField(asking, field, form.input, { connector, preset });
  };
  for (const field of ['host', 'port', 'database', 'username'] as const) await ask(field);
  form.password ??= await askPassword(asking, 'Password');
  for (const field of ['schema', 'sslMode'] as const) await ask(field);
  if (needsRoot(form.input)) await ask('sslRootCert');
}

function askPreset(asking: Asking, connector: Connector, role: Role): Promise<ProviderPreset> {
  const choices = connector.presets
    .filter((preset) => preset.roles.includes(role))
    .map((preset) => ({
      value: preset,
      name: presetTitle(preset),
      description: `needs ${preset.needs[role]}`,
    }));
  return askChoice(asking, 'Connector', choices);
}

/** The provider first: a choice is found by typing how it begins. */
export function presetTitle({ title, connectorTitle }: ProviderPreset): string {
  return title.includes(connectorTitle) ? title : `${title} · ${connectorTitle}`;
}

/** A URL holds a password as a rule, so it is typed or pasted unseen. */
async function askUrl(asking: Asking, form: ConnectionForm, connector: Connector): Promise<void> {
  const check = async (text: string) => {
    if (text.trim() === '') return true;
    const attempt = () => {
      const endpoint = soFar(connector, connector.parseUrl(text).endpoint);
      connector.checkEndpoint(endpoint);
      return connector.checkFiles(endpoint);
    };
    return (await complaintOf(attempt)) ?? true;
  };
  const summary = (text: string) => (text.trim() === '' ? 'none' : urlSummary(connector, text));
  const question = { message: 'Connection URL', enterAlone: 'fill in the fields', check, summary };
  const url = (await askHidden(asking, question)).reveal();
  if (url.trim() === '') return;
  const { endpoint, password, sslKeyPassword } = connector.parseUrl(url);
  Object.assign(form.input, endpoint);
  if (password) form.password = { kind: 'secret', secret: password };
  if (sslKeyPassword) form.sslKeyPassword = { kind: 'secret', secret: sslKeyPassword };
}

/** What was understood of a URL that nobody sees, its secrets left out. */
function urlSummary(connector: Connector, url: string): string {
  const { endpoint, password } = connector.parseUrl(url);
  const { host, port, database, username, sslMode } = endpoint;
  const parts = [
    `${host ?? 'no host'}${port === undefined ? '' : `:${port}`}${database === undefined ? '' : `/${database}`}`,
    ...(username === undefined ? [] : [`user ${username}`]),
    ...(sslMode === undefined ? [] : [`SSL mode ${sslMode}`]),
    password ? 'with a password' : 'without a password',
  ];
  return terminalSafe(parts.join(', '));
}

/**
 * Asks for a saved connection's name and fields, each standing there as it is now to be edited. The
 * password is not among them: whether it has to be given again is known only after them.
 * @throws InterruptedError
 */
export async function askChanges(
  asking: Asking,
  form: ConnectionForm,
  settings: FormSettings,
): Promise<void> {
  const { connector, takenName } = settings;
  form.name = await askName(asking, 'Connection name', takenName, form.name);
  const ask = (field: Field) => askField(asking, field, form.input, { connector, preset: undefined });
  for (const field of ['host', 'port', 'database', 'username', 'schema', 'sslMode'] as const)
    await ask(field);
  if (needsRoot(form.input)) await ask('sslRootCert');
}
