import type { ParsedUrl } from '../connections/connector.ts';
import {
  type FormField,
  type FormReading,
  type FormState,
  isTextField,
  type ProviderField,
  type SecretLine,
  textFields,
  withValues,
} from './form-state.ts';
import { lineOf } from './text-line.ts';

/* What a URL, or the provider that a host tells, brings into a form. */

/** Whether a text is, or becomes, a URL or keyword/value string. No name, host or path of ours is. */
export function looksLikeUrl(text: string): boolean {
  return (
    /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text) ||
    /(?:^|\s)(?:host|hostaddr|dbname|user|password)\s*=/i.test(text)
  );
}

/** Options are keywords with values too: there only what is none of them begins a connection string. */
export function isUrlIn(field: FormField, text: string): boolean {
  if (field !== 'options') return looksLikeUrl(text);
  return /^\s*[a-z][a-z0-9+.-]*:\/\/|(?:^|\s)(?:host|dbname|user|(?:ssl)?password)\s*=/i.test(text);
}

export function isWholeUrl(text: string, reading: FormReading): boolean {
  if (!looksLikeUrl(text)) return false;
  const parsed = reading.url(text);
  return typeof parsed !== 'string' && parsed.endpoint.host !== undefined;
}

/** Takes over what was typed as a URL, where one was; what can't be read can't be seen either, and is typed anew. */
export function read(state: FormState, reading: FormReading): FormState {
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
export function withProvider(state: FormState, reading: FormReading): FormState {
  const { provider, values, said } = state;
  if (provider === null) return state;
  const hosting = reading.provider(values.texts.host.text.trim());
  const preset = hosting ?? state.chosen;
  if (preset === null || preset.provider === provider.preset.provider) return state;
  const open = (field: ProviderField) => !said.has(field);
  const texts = { ...values.texts };
  const told: ProviderField[] = [];
  for (const field of ['port', 'database', 'schema'] as const) {
    const text = String(preset.defaults[field] ?? '');
    if (!open(field) || texts[field].text === text) continue;
    texts[field] = lineOf(text);
    told.push(field);
  }
  const mode = open('sslMode') ? preset.defaults.sslMode : values.sslMode;
  if (mode !== values.sslMode) told.push('sslMode');
  return { ...withValues(state, { texts, sslMode: mode }), provider: { preset, told: hosting && told } };
}
