import type {
  Endpoint,
  ProviderPreset,
  SavedConnection,
  SecretSource,
  SslMode,
} from '../connections/connection.ts';
import type { ParsedUrl } from '../connections/connector.ts';
import { sslModes } from '../connections/vocabulary.ts';
import type { Key } from './live-screen.ts';
import { editLine, insertInto, lineOf, pastedLine, type TextLine } from './text-line.ts';

/** The fields of the form that are lines of text. */
const textFields = [
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
type TextField = (typeof textFields)[number];

/** Those that are not shown as they are typed. */
export type SecretField = 'password' | 'sslKeyPassword';

/** Those that a provider has a default for. */
const providerFields = ['port', 'database', 'schema', 'sslMode'] as const;
type ProviderField = (typeof providerFields)[number];

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

export type FormEvent =
  | { readonly kind: 'pressed'; readonly key: Key }
  | { readonly kind: 'pasted'; readonly text: string }
  /** A URL that is being typed is taken for whole. */
  | { readonly kind: 'read' }
  | { readonly kind: 'checked'; readonly complaints: FormState['complaints'] }
  /** Test or Save was asked for: all fields count as visited, the first with a complaint is gone to. */
  | { readonly kind: 'submitted'; readonly complaints: FormState['complaints'] }
  | { readonly kind: 'reset' }
  | { readonly kind: 'leaving'; readonly asks: boolean };

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

const noLine = lineOf('');

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

function formOf(values: FormValues, chosen: ProviderPreset | null): FormState {
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

export function formAfter(state: FormState, event: FormEvent, reading: FormReading): FormState {
  switch (event.kind) {
    case 'pressed':
      return pressed(state, event.key, reading);
    case 'pasted':
      return pasted(state, event.text, reading);
    case 'read':
      return state.unseen === null ? state : withProvider(read(state, reading), reading);
    case 'checked':
      return { ...state, complaints: withRefusedUrl(event.complaints, state) };
    case 'submitted':
      return submitted(state, event.complaints);
    case 'reset':
      return { ...formOf(state.initial, state.chosen), focus: state.focus };
    case 'leaving':
      return { ...state, leaving: event.asks };
  }
}

/** What is wrong with the field itself matters less than why it did not get what was pasted. */
function withRefusedUrl(
  complaints: FormState['complaints'],
  { refusedUrl }: FormState,
): FormState['complaints'] {
  return refusedUrl === null ? complaints : { ...complaints, [refusedUrl.field]: refusedUrl.text };
}

function submitted(state: FormState, complaints: FormState['complaints']): FormState {
  const stops = formStops(state.values);
  const visited = new Set(stops.filter((stop) => !isButton(stop)) as FormField[]);
  const wrong = stops.find((stop) => !isButton(stop) && complaints[stop] !== undefined);
  return { ...state, visited, complaints, ...(wrong !== undefined && { focus: wrong }) };
}

function pressed(state: FormState, key: Key, reading: FormReading): FormState {
  const { focus } = state;
  const step = stepOf(key, focus);
  if (step !== 0) return moved(withProvider(read(state, reading), reading), step);
  if (key.ctrl && key.name === 'r') return { ...state, revealed: !state.revealed };
  if (isTextField(focus)) return typedText(state, focus, key);
  if (isSecretField(focus)) return typedSecret(state, focus, key);
  if (focus !== 'sslMode') return state;
  const sslMode = otherMode(state.values.sslMode, key);
  return sslMode === state.values.sslMode ? state : withValues(saying(state, 'sslMode'), { sslMode });
}

/** Where a key takes the pointer: 1 to the next stop, -1 to the one before. */
function stepOf(key: Key, focus: FormStop): number {
  switch (key.name) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'tab':
      return key.shift ? -1 : 1;
    case 'return':
    case 'enter':
      return isButton(focus) ? 0 : 1;
    case 'left':
      return isButton(focus) ? -1 : 0;
    case 'right':
      return isButton(focus) ? 1 : 0;
    default:
      return 0;
  }
}

/** The last stop comes before the first. */
function moved(state: FormState, step: number): FormState {
  const stops = formStops(state.values);
  const place = stops.indexOf(state.focus);
  const focus = stops[(place + step + stops.length) % stops.length] ?? 'name';
  const visited = new Set(state.visited);
  if (!isButton(state.focus)) visited.add(state.focus);
  return { ...state, focus, visited };
}

function typedText(state: FormState, field: TextField, key: Key): FormState {
  if (state.unseen !== null) {
    if (key.typed !== '') return { ...state, unseen: state.unseen + key.typed };
    if (key.name === 'backspace') {
      const rest = [...state.unseen].slice(0, -1).join('');
      // Little enough of it is left to be no URL any more: it began before anything secret.
      return isUrlIn(field, rest) ? { ...state, unseen: rest } : unhidden(state, field, rest);
    }
    return key.ctrl && (key.name === 'u' || key.name === 'w') ? unhidden(state, field, '') : state;
  }
  const line = editLine(state.values.texts[field], key);
  if (line === state.values.texts[field]) return state;
  const next = withoutComplaint(state, field);
  if (isUrlIn(field, line.text)) return { ...withText(next, field, noLine), unseen: line.text };
  return withText(line.text === '' ? unsaid(next, field) : saying(next, field), field, line);
}

function unhidden(state: FormState, field: TextField, text: string): FormState {
  return { ...withText(state, field, lineOf(text)), unseen: null };
}

/** Whether a text is, or becomes, a URL or keyword/value string. No name, host or path of ours is. */
export function looksLikeUrl(text: string): boolean {
  return (
    /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text) ||
    /(?:^|\s)(?:host|hostaddr|dbname|user|password)\s*=/i.test(text)
  );
}

/** Options are keywords with values too: there only what is none of them begins a connection string. */
function isUrlIn(field: FormField, text: string): boolean {
  if (field !== 'options') return looksLikeUrl(text);
  return /^\s*[a-z][a-z0-9+.-]*:\/\/|(?:^|\s)(?:host|dbname|user|(?:ssl)?password)\s*=/i.test(text);
}

function typedSecret(state: FormState, field: SecretField, key: Key): FormState {
  const secret = state.values.secrets[field];
  const isErasing = ['backspace', 'delete'].includes(key.name) || (key.ctrl && key.name === 'u');
  if (secret.choice !== 'typed') {
    if (key.typed !== '') return withSecret(state, field, { choice: 'typed', line: lineOf(key.typed) });
    return isErasing ? withSecret(state, field, { choice: 'none', line: noLine }) : state;
  }
  // What is not seen is only typed on at its end.
  const edited = state.revealed ? editLine(secret.line, key) : editUnseen(secret.line, key);
  if (edited.text !== '') return withSecret(state, field, { choice: 'typed', line: edited });
  return withSecret(state, field, { choice: state.initial.secrets[field].choice, line: noLine });
}

function editUnseen(line: TextLine, key: Key): TextLine {
  if (key.typed !== '' || key.name === 'backspace') return editLine(lineOf(line.text), key);
  return key.ctrl && (key.name === 'u' || key.name === 'w') ? noLine : line;
}

function otherMode(mode: SslMode, key: Key): SslMode {
  const place = sslModes.indexOf(mode);
  if (key.name === 'right' || key.name === 'space') return sslModes[(place + 1) % sslModes.length] ?? mode;
  if (key.name === 'left') return sslModes[(place - 1 + sslModes.length) % sslModes.length] ?? mode;
  if (key.typed === '') return mode;
  const others = [...sslModes.slice(place + 1), ...sslModes.slice(0, place)];
  return others.find((other) => other.startsWith(key.typed.toLowerCase())) ?? mode;
}

function pasted(state: FormState, text: string, reading: FormReading): FormState {
  const { focus } = state;
  const line = pastedLine(text);
  // A password may look like the beginning of a URL, but not like a whole one.
  if (isSecretField(focus) && !isWholeUrl(line, reading)) {
    const secret = state.values.secrets[focus];
    const former = secret.choice === 'typed' ? secret.line : noLine;
    const added = text.replace(/[\r\n]+$/, '');
    if (added === '') return state;
    const typed = insertInto(state.revealed ? former : lineOf(former.text), added);
    return withSecret(state, focus, { choice: 'typed', line: typed });
  }
  const field = isButton(focus) ? 'host' : focus;
  const isUrl = isSecretField(focus) || isUrlIn(field, line);
  if (isUrl) return withProvider(read({ ...state, unseen: line }, reading), reading);
  if (!isTextField(focus) || state.unseen !== null) return state;
  const next = saying(withoutComplaint(state, focus), focus);
  return withText(next, focus, insertInto(state.values.texts[focus], line));
}

function isWholeUrl(text: string, reading: FormReading): boolean {
  if (!looksLikeUrl(text)) return false;
  const parsed = reading.url(text);
  return typeof parsed !== 'string' && parsed.endpoint.host !== undefined;
}

/** Takes over what was typed as a URL, where one was; what can't be read can't be seen either, and is typed anew. */
function read(state: FormState, reading: FormReading): FormState {
  if (state.unseen === null) return state;
  const parsed = reading.url(state.unseen);
  const seen = { ...state, unseen: null };
  if (typeof parsed !== 'string') return filled(seen, parsed, reading);
  const field = isTextField(state.focus) ? state.focus : 'host';
  return {
    ...seen,
    complaints: { ...state.complaints, [field]: parsed },
    refusedUrl: { field, text: parsed },
    visited: new Set([...state.visited, field]),
  };
}

/** The form with what a URL says; what it leaves out stays. */
function filled(
  state: FormState,
  { endpoint, password, sslKeyPassword }: ParsedUrl,
  reading: FormReading,
): FormState {
  const { values } = state;
  const texts = { ...values.texts };
  const said = new Set(state.said);
  for (const field of textFields) {
    if (field === 'name' || field === 'tags' || field === 'options') continue;
    const value = endpoint[field];
    if (value === undefined) continue;
    texts[field] = lineOf(String(value ?? ''));
    said.add(field);
  }
  if (endpoint.options) {
    const options = { ...reading.options(texts.options.text), ...endpoint.options };
    texts.options = lineOf(reading.optionsText(options));
  }
  if (endpoint.sslMode !== undefined || endpoint.sslRootCert === 'system') said.add('sslMode');
  const typed = (text: string): SecretLine => ({ choice: 'typed', line: lineOf(text) });
  return {
    ...state,
    complaints: {},
    refusedUrl: null,
    said,
    values: {
      texts,
      // libpq: the system's roots make verify-full the default (libpq-connect.html, sslrootcert).
      sslMode: endpoint.sslMode ?? (endpoint.sslRootCert === 'system' ? 'verify-full' : values.sslMode),
      secrets: {
        password: password ? typed(password.reveal()) : values.secrets.password,
        sslKeyPassword: sslKeyPassword ? typed(sslKeyPassword.reveal()) : values.secrets.sslKeyPassword,
      },
      others: { sslCrl: endpoint.sslCrl ?? values.others.sslCrl },
    },
  };
}

/**
 * The form with the provider that its host tells, and that one's defaults in each field of which nobody
 * said anything. Where the host tells none, it is the one that was chosen.
 */
function withProvider(state: FormState, reading: FormReading): FormState {
  const { provider, values, said } = state;
  if (provider === null) return state;
  const hosting = reading.provider(values.texts.host.text.trim());
  const preset = hosting ?? state.chosen;
  if (preset === null || preset.provider === provider.preset.provider) return state;
  const { port, database, schema, sslMode } = preset.defaults;
  const open = (field: ProviderField) => !said.has(field);
  const texts = { ...values.texts };
  const told: ProviderField[] = [];
  for (const [field, value] of Object.entries({ port, database, schema }) as [
    keyof typeof texts,
    unknown,
  ][]) {
    const text = String(value ?? '');
    if (!open(field as ProviderField) || texts[field].text === text) continue;
    texts[field] = lineOf(text);
    told.push(field as ProviderField);
  }
  const mode = open('sslMode') ? sslMode : values.sslMode;
  if (mode !== values.sslMode) told.push('sslMode');
  return { ...withValues(state, { texts, sslMode: mode }), provider: { preset, told: hosting && told } };
}

function saying(state: FormState, field: FormField): FormState {
  return { ...state, said: new Set([...state.said, field]) };
}

/** An emptied field is anybody's again. */
function unsaid(state: FormState, field: FormField): FormState {
  return { ...state, said: new Set([...state.said].filter((it) => it !== field)) };
}

function withValues(state: FormState, change: Partial<FormValues>): FormState {
  return { ...state, values: { ...state.values, ...change } };
}

function withText(state: FormState, field: TextField, line: TextLine): FormState {
  return withValues(state, { texts: { ...state.values.texts, [field]: line } });
}

function withSecret(state: FormState, field: SecretField, secret: SecretLine): FormState {
  const next = withoutComplaint(state, field);
  return withValues(next, { secrets: { ...state.values.secrets, [field]: secret } });
}

function withoutComplaint(state: FormState, field: FormField): FormState {
  if (state.complaints[field] === undefined) return state;
  const { [field]: _, ...complaints } = state.complaints;
  const refusedUrl = state.refusedUrl?.field === field ? null : state.refusedUrl;
  return { ...state, complaints, refusedUrl };
}
