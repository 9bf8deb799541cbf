import type { SslMode } from '../connections/connection.ts';
import { sslModes } from '../connections/vocabulary.ts';
import { isUrlIn, isWholeUrl, read, withProvider } from './form-filling.ts';
import {
  type FormField,
  type FormReading,
  type FormState,
  type FormStop,
  formOf,
  formStops,
  isButton,
  isSecretField,
  isTextField,
  noLine,
  type SecretField,
  saying,
  type TextField,
  unsaid,
  withoutComplaint,
  withSecret,
  withText,
  withValues,
} from './form-state.ts';
import type { Key } from './live-screen.ts';
import { editLine, insertInto, lineOf, pastedLine, type TextLine } from './text-line.ts';

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
