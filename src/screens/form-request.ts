import type { AddRequest } from '../connections/add.ts';
import type { Endpoint, Role, SavedConnection } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import { type EditPlan, type EditRequest, planEdit } from '../connections/edit.ts';
import { completeEndpoint, type EndpointInput } from '../connections/endpoint.ts';
import { UsageError } from '../connections/errors.ts';
import { checkTags, nameComplaint, trimmedName } from '../connections/names.ts';
import type { SecretInput } from '../connections/secrets-of.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { Secret } from '../secrets/secret.ts';
import { absolutePath, complaintOf, isPort, soFar, type TakenName } from './connection-fields.ts';
import type { FormField, FormState, FormValues, SecretLine } from './form-state.ts';

/** Whose form it is. */
export type FormSubject =
  | { readonly kind: 'new'; readonly role: Role; readonly connector: Connector }
  | { readonly kind: 'edit'; readonly saved: SavedConnection; readonly connector: Connector };

const empty = 'this can not be left empty';

/** The endpoint as the form holds it; an empty field is absent. */
function endpointInput(connector: Connector, { texts, sslMode, others }: FormValues): EndpointInput {
  const text = (field: keyof FormValues['texts']) => texts[field].text.trim();
  const input: EndpointInput = { sslMode, ...others };
  for (const field of ['host', 'database', 'username', 'schema'] as const) {
    if (text(field) !== '') input[field] = text(field);
  }
  if (text('port') !== '') input.port = Number(text('port'));
  for (const field of ['sslRootCert', 'sslCert', 'sslKey'] as const) {
    input[field] = text(field) === '' ? null : absolutePath(text(field));
  }
  input.options = optionsIn(connector, texts.options.text) ?? {};
  return input;
}

/** @returns null where they can't be read, which is complained about beside them */
export function optionsIn(connector: Connector, text: string): Endpoint['options'] | null {
  try {
    return connector.readOptions(text);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** More than that has no room beside a field. */
const longestFix = 80;

/** A complaint about options says what they may be, which nobody knows by heart. */
function optionsComplaint(connector: Connector, text: string): string | null {
  try {
    connector.readOptions(text);
    return null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const isShown = error.fix !== null && error.fix.length <= longestFix;
    return isShown ? `${error.message}: ${error.fix}` : error.message;
  }
}

/**
 * What is wrong with what the form holds, by field, in the words of the domain.
 * @param takenName tells whether another connection has a name
 */
export async function formComplaints(
  services: ConnectionServices,
  subject: FormSubject,
  values: FormValues,
  takenName: TakenName,
): Promise<FormState['complaints']> {
  const complaints: { -readonly [Field in keyof FormState['complaints']]: string } = {};
  const formerName = subject.kind === 'edit' ? subject.saved.name : null;
  const name = trimmedName(values.texts.name.text);
  const wrongName = nameComplaint(name);
  if (wrongName !== null) complaints.name = `the name ${wrongName}`;
  else if (name !== formerName) {
    const taken = await takenName(name);
    if (taken !== null) complaints.name = taken;
  }
  for (const field of ['host', 'database', 'username', 'schema'] as const) {
    if (values.texts[field].text.trim() === '') complaints[field] = empty;
  }
  const port = isPort(values.texts.port.text.trim());
  if (port !== true) complaints.port = port;
  const tags = await complaintOf(() => checkTags(tagsOf(values)));
  if (tags !== null) complaints.tags = tags;
  const options = optionsComplaint(subject.connector, values.texts.options.text);
  if (options !== null) complaints.options = options;
  Object.assign(complaints, await endpointComplaints(subject.connector, values, complaints));
  if (subject.kind === 'edit' && Object.keys(complaints).length === 0) {
    const { asksAgain } = await planOf(services, subject, values);
    const again = 'type it again: the saved one is not sent to another endpoint, or over weaker TLS';
    for (const field of asksAgain) complaints[field] = again;
  }
  return complaints;
}

/** Field by field, so that what the connector refuses stands beside the field that brought it in. */
async function endpointComplaints(
  connector: Connector,
  values: FormValues,
  known: FormState['complaints'],
): Promise<FormState['complaints']> {
  const whole = endpointInput(connector, values);
  const clientPair = whole.sslKey === null && whole.sslCert !== null ? 'sslKey' : 'sslCert';
  const steps: readonly (readonly [field: FormField, parts: readonly (keyof EndpointInput)[]])[] = [
    ['host', ['host']],
    ['port', ['port']],
    ['database', ['database']],
    ['username', ['username']],
    ['schema', ['schema']],
    ['sslMode', ['sslMode', 'sslCrl']],
    ['sslRootCert', ['sslRootCert']],
    [clientPair, ['sslCert', 'sslKey']],
    ['options', ['options']],
  ];
  const complaints: { -readonly [Field in keyof FormState['complaints']]: string } = {};
  let good: EndpointInput = {};
  for (const [field, parts] of steps) {
    if (known[field] !== undefined) continue;
    const tried: EndpointInput = { ...good };
    for (const part of parts) if (whole[part] !== undefined) Object.assign(tried, { [part]: whole[part] });
    const endpoint = soFar(connector, tried);
    const complaint =
      (await complaintOf(() => connector.checkEndpoint(endpoint))) ??
      (await complaintOf(() => connector.checkFiles(endpoint)));
    if (complaint === null) good = tried;
    else complaints[field] = complaint;
  }
  return complaints;
}

function tagsOf({ texts }: FormValues): string[] {
  return texts.tags.text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

/** @throws UsageError what the domain refuses, which {@link formComplaints} tells first */
export function addRequestOf(subject: Extract<FormSubject, { kind: 'new' }>, values: FormValues): AddRequest {
  const { password, sslKeyPassword } = values.secrets;
  return {
    name: values.texts.name.text,
    role: subject.role,
    endpoint: completeEndpoint(subject.connector, endpointInput(subject.connector, values)),
    tags: tagsOf(values),
    secrets: { password: inputOf(password), sslKeyPassword: inputOf(sslKeyPassword) },
  };
}

/** The edit that the form asks for. @throws UsageError, RefusedError: see planEdit */
export function planOf(
  services: ConnectionServices,
  { saved, connector }: Extract<FormSubject, { kind: 'edit' }>,
  values: FormValues,
): Promise<EditPlan> {
  const request: EditRequest = {
    name: values.texts.name.text,
    endpoint: endpointInput(connector, values),
    tags: tagsOf(values),
    ...changedSecret('password', saved, values),
    ...changedSecret('sslKeyPassword', saved, values),
  };
  return planEdit(services, saved, request);
}

function changedSecret(
  field: 'password' | 'sslKeyPassword',
  saved: SavedConnection,
  { secrets }: FormValues,
): Partial<Pick<EditRequest, 'password' | 'sslKeyPassword'>> {
  const secret = secrets[field];
  if (secret.choice === 'former') return {};
  return secret.choice === 'none' && saved[field].kind === 'none' ? {} : { [field]: inputOf(secret) };
}

function inputOf({ choice, line }: SecretLine): SecretInput {
  if (choice === 'former') throw new UsageError({ code: 'missing_secret', message: 'nothing is saved yet' });
  return choice === 'none' ? { kind: 'none' } : { kind: 'secret', secret: new Secret(line.text) };
}
