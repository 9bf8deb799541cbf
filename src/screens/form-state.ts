import type {
  Endpoint,
  ProviderPreset,
  SavedConnection,
  SecretSource,
  SslMode,
} from '../connections/connection.ts';
import type { ParsedUrl } from '../connections/connector.ts';
import { lineOf, type TextLine } from './text-line.ts';

/** The fields of the form that are lines of text. */
export const textFields = [
  'name',
  'host',
  'port',
  'database',
  'username',
  'schema',
  'sslRootCert',
  'sslCert',
  'sslKey',
  'options',
  'tags',
] as const;
export type TextField = (typeof textFields)[number];

/** Those that are not shown as they are typed. */
export type SecretField = 'password' | 'sslKeyPassword';

/** Those that a provider has a default for. */
export type ProviderField = 'port' | 'database' | 'schema' | 'sslMode';

export type FormField = TextField | SecretField | 'sslMode';

/** What can be pressed below the fields. */
export const formButtons = ['test', 'save', 'reset', 'back'] as const;
export type FormButton = (typeof formButtons)[number];

/** Where the pointer can stand. */
export type FormStop = FormField | FormButton;

/** A secret of the form. */
export interface SecretLine {
  /** The one that is saved, another one that is typed here, or none. */
  readonly choice: 'former' | 'typed' | 'none';
  readonly line: TextLine;
}

/** What the form holds. */
export interface FormValues {
  readonly texts: Readonly<Record<TextField, TextLine>>;
  readonly sslMode: SslMode;
  readonly secrets: Readonly<Record<SecretField, SecretLine>>;
  /** What has no field: it comes from a URL, or from what is saved, and stays. */
  readonly others: Pick<Endpoint, 'sslCrl'>;
}

/** Who hosts a new connection's database, and how that is known. */
interface FormProvider {
  readonly preset: ProviderPreset;
  /** The fields that took another default when the host told it; null: it was chosen. */
  readonly told: readonly ProviderField[] | null;
}

/** The form and where the user is in it. */
export interface FormState {
  /** What is saved, or what a new one begins with: what Reset goes back to. */
  readonly initial: FormValues;
  readonly values: FormValues;
  /** Of a new connection; null for one that is saved, whose fields are all its own. */
  readonly provider: FormProvider | null;
  /** What {@link provider} began as. */
  readonly chosen: ProviderPreset | null;
  /** The fields with something that somebody typed, or that a URL said: no provider's default replaces it. */
  readonly said: ReadonlySet<FormField>;
  readonly focus: FormStop;
  /** The fields that were left once: only these are complained about before Test or Save. */
  readonly visited: ReadonlySet<FormField>;
  readonly complaints: Readonly<Partial<Record<FormField, string>>>;
  /** What was wrong with a URL, beside the field it came to, until that field is typed in. */
  readonly refusedUrl: { readonly field: FormField; readonly text: string } | null;
  readonly revealed: boolean;
  /** What is typed in a field and turns out to be a URL, which may hold a password: it is not shown. */
  readonly unseen: string | null;
  /** Whether it is asked whether to leave without saving. */
  readonly leaving: boolean;
}

/** What the form asks its kind of database. */
export interface FormReading {
  /** What is in a URL, or what is wrong with it. */
  url(text: string): ParsedUrl | string;
  /** The options in a line of text; empty where it can't be read. */
  options(text: string): Endpoint['options'];
  /** The line of text with these options. */
  optionsText(options: Endpoint['options']): string;
  /** The provider that a host tells; null where it tells none. */
  provider(host: string): ProviderPreset | null;
  /** The provider of that name, which was chosen, or told by the host. */
  preset(provider: string, host: string): ProviderPreset | null;
  /** The options in whose values no secret fits. */
  readonly plainOptions: readonly string[];
}

export const noLine = lineOf('');

/** A new connection's form, with the defaults of its provider. */
export function newForm(preset: ProviderPreset): FormState {
  const { port, database, schema, sslMode } = preset.defaults;
  const values: FormValues = {
    texts: textsOf({ port, database: database ?? '', schema }),
    sslMode,
    secrets: { password: { choice: 'none', line: noLine }, sslKeyPassword: { choice: 'none', line: noLine } },
    others: { sslCrl: null },
  };
  return formOf(values, preset);
}

/** The form of what is saved. */
export function editForm(
  saved: SavedConnection,
  { optionsText }: Pick<FormReading, 'optionsText'>,
): FormState {
  const texts = { ...saved, options: optionsText(saved.options), tags: saved.tags.join(', ') };
  const values: FormValues = {
    texts: textsOf(texts),
    sslMode: saved.sslMode,
    secrets: { password: formerOf(saved.password), sslKeyPassword: formerOf(saved.sslKeyPassword) },
    others: { sslCrl: saved.sslCrl },
  };
  return formOf(values, null);
}

export function formOf(values: FormValues, chosen: ProviderPreset | null): FormState {
  const visited = new Set<FormField>();
  return {
    initial: values,
    values,
    provider: chosen && { preset: chosen, told: null },
    chosen,
    said: new Set<FormField>(),
    focus: 'name',
    visited,
    complaints: {},
    refusedUrl: null,
    revealed: false,
    unseen: null,
    leaving: false,
  };
}

function formerOf({ kind }: SecretSource): SecretLine {
  return { choice: kind === 'none' ? 'none' : 'former', line: noLine };
}

function textsOf(known: Readonly<Partial<Record<TextField, string | number | null>>>): FormValues['texts'] {
  const line = (field: TextField) => lineOf(String(known[field] ?? ''));
  return Object.fromEntries(textFields.map((field) => [field, line(field)])) as FormValues['texts'];
}

/** The stops from top to bottom. What opens a client key is asked for where there is one. */
export function formStops({ texts, secrets }: FormValues): FormStop[] {
  const hasKey = texts.sslKey.text !== '' || secrets.sslKeyPassword.choice !== 'none';
  return [
    ...(['name', 'host', 'port', 'database', 'username', 'password', 'schema', 'sslMode'] as const),
    ...(['sslRootCert', 'sslCert', 'sslKey'] as const),
    ...(hasKey ? (['sslKeyPassword'] as const) : []),
    'options',
    'tags',
    ...formButtons,
  ];
}

export function isTextField(stop: FormStop): stop is TextField {
  return (textFields as readonly string[]).includes(stop);
}

export function isSecretField(stop: FormStop): stop is SecretField {
  return stop === 'password' || stop === 'sslKeyPassword';
}

export function isButton(stop: FormStop): stop is FormButton {
  return (formButtons as readonly string[]).includes(stop);
}

/** Whether anything differs from what is saved. */
export function isChanged({ initial, values, unseen }: FormState): boolean {
  return unseen !== null || fingerprint(initial) !== fingerprint(values);
}

/** A text that is the same for forms that hold the same. @param of `tested`: what a test looks at, alone */
export function fingerprint({ texts, sslMode, secrets, others }: FormValues, of?: 'tested'): string {
  const fields = textFields.filter((field) => of === undefined || (field !== 'name' && field !== 'tags'));
  const secret = ({ choice, line }: SecretLine) => [choice, choice === 'typed' ? line.text : ''];
  return JSON.stringify([
    fields.map((field) => texts[field].text),
    sslMode,
    secret(secrets.password),
    secret(secrets.sslKeyPassword),
    others,
  ]);
}

export function saying(state: FormState, field: FormField): FormState {
  return { ...state, said: new Set([...state.said, field]) };
}

/** An emptied field is anybody's again. */
export function unsaid(state: FormState, field: FormField): FormState {
  return { ...state, said: new Set([...state.said].filter((it) => it !== field)) };
}

export function withValues(state: FormState, change: Partial<FormValues>): FormState {
  return { ...state, values: { ...state.values, ...change } };
}

export function withText(state: FormState, field: TextField, line: TextLine): FormState {
  return withValues(state, { texts: { ...state.values.texts, [field]: line } });
}

export function withSecret(state: FormState, field: SecretField, secret: SecretLine): FormState {
  const next = withoutComplaint(state, field);
  return withValues(next, { secrets: { ...state.values.secrets, [field]: secret } });
}

export function withoutComplaint(state: FormState, field: FormField): FormState {
  if (state.complaints[field] === undefined) return state;
  const { [field]: _, ...complaints } = state.complaints;
  const refusedUrl = state.refusedUrl?.field === field ? null : state.refusedUrl;
  return { ...state, complaints, refusedUrl };
}
