import type { SavedConnection } from '../connections/connection.ts';
import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from '../output/terminal-text.ts';
import type { Theme } from '../output/theme.ts';
import { fieldLabels } from './connection-fields.ts';
import { type Ladder, ladderLines } from './form-ladder.ts';
import {
  type FormButton,
  type FormField,
  type FormState,
  type FormStop,
  formButtons,
  formStops,
  isButton,
  isChanged,
  isSecretField,
  isTextField,
  type SecretField,
} from './form-state.ts';
import { hiddenLines } from './hidden-lines.ts';
import type { Frame, Size } from './live-screen.ts';
import { shownLine, type TextLine } from './text-line.ts';
import { wrapped } from './wrapped-text.ts';

/** What a form is drawn with, besides its state. */
export interface FormLook {
  readonly theme: Theme;
  /** `New source · Neon`; made terminal-safe here. */
  readonly title: (state: FormState) => string;
  /** The connection that is edited; null for a new one. */
  readonly saved: SavedConnection | null;
  readonly ladder: Ladder | null;
  /** What went wrong, or was done: a sentence and what to do. Made terminal-safe here. */
  readonly message: { readonly good: boolean; readonly text: string; readonly fix: string | null } | null;
  /** The saved secrets, where they were read to be revealed. */
  readonly formerSecrets: Readonly<Partial<Record<SecretField, string>>>;
}

const labels: Readonly<Record<FormField, string>> = {
  ...fieldLabels,
  name: 'Name',
  password: 'Password',
  sslCert: 'Client cert',
  sslKey: 'Client key',
  sslKeyPassword: 'Key password',
  options: 'Options',
  tags: 'Tags',
};
const buttonTitles: Readonly<Record<FormButton, string>> = {
  test: 'Test',
  save: 'Save',
  reset: 'Reset',
  back: 'Back',
};
const labelWidth = Math.max(...Object.values(labels).map((label) => label.length));
/** Columns before a value: the pointer, the label and the blanks around it. */
const valueStart = labelWidth + 4;

/** A part of the form: its lines, and where the cursor is in the first of them. */
interface Part {
  readonly stop: FormStop;
  readonly lines: readonly string[];
  readonly column: number;
}

/**
 * The form: all its fields, what is wrong beside them, and below what came of a test. Where there is no
 * room for all, the fields around the pointer are shown.
 */
export function drawForm(state: FormState, look: FormLook, size: Size): Frame {
  const { theme } = look;
  const parts = partsOf(state, look, size.columns);
  const body = parts.flatMap(({ lines }) => lines);
  const room = size.rows - 2;
  const status = statusLines(state, look, { columns: size.columns, rows: Math.max(4, room - body.length) });
  const shownStatus = Math.min(status.length, Math.max(room - body.length, Math.floor(room / 2)));
  const bodyRoom = Math.max(1, room - shownStatus);
  const { line: focus, column } = focusIn(parts, state);
  const first = Math.max(0, Math.min(focus - Math.floor(bodyRoom / 2), body.length - bodyRoom));
  const hidden = hiddenLines(first, body.length - first - bodyRoom);
  const lines = [
    titleLine(state, look, size.columns),
    ...body.slice(first, first + bodyRoom),
    ...status.slice(0, shownStatus),
    theme.faint(truncateToWidth(hidden + helpText(state, size.columns), size.columns)),
  ];
  return { lines, cursor: { line: 1 + focus - first, column } };
}

function titleLine(state: FormState, { theme, title }: FormLook, columns: number): string {
  const unsaved = isChanged(state) ? '  * not saved' : '';
  const text = truncateToWidth(terminalSafe(title(state)), columns - unsaved.length);
  return theme.strong(text) + theme.caution(unsaved);
}

function focusIn(parts: readonly Part[], { focus }: FormState): { line: number; column: number } {
  let line = 0;
  for (const part of parts) {
    if (part.stop === focus || (part.stop === 'test' && isButton(focus)))
      return { line, column: part.column };
    line += part.lines.length;
  }
  return { line: 0, column: 0 };
}

function partsOf(state: FormState, look: FormLook, columns: number): Part[] {
  const fields = formStops(state.values).filter((stop) => !isButton(stop)) as FormField[];
  const parts = fields.map((field) => fieldPart(state, field, look, columns));
  return [...parts, buttonPart(state, look.theme)];
}

function fieldPart(state: FormState, field: FormField, look: FormLook, columns: number): Part {
  const { theme } = look;
  const isFocus = state.focus === field;
  const head = `${isFocus ? '❯' : ' '} ${padToWidth(labels[field], labelWidth)}  `;
  const value = shownValue(state, field, look, columns - valueStart - 1);
  const complaint = state.visited.has(field) ? state.complaints[field] : undefined;
  const line = `${isFocus ? theme.accent(head) : head}${value.styled}`;
  const column = valueStart + displayWidth(value.before);
  if (complaint === undefined) return { stop: field, lines: [line], column };
  const text = `✗ ${terminalSafe(complaint)}`;
  const left = columns - valueStart - displayWidth(value.text) - 3;
  if (displayWidth(text) <= left) return { stop: field, lines: [`${line}   ${theme.bad(text)}`], column };
  const below = wrapped(text, columns - valueStart).map((it) => ' '.repeat(valueStart) + theme.bad(it));
  return { stop: field, lines: [line, ...below], column };
}

/** What stands in a field. */
interface ShownValue {
  readonly text: string;
  readonly styled: string;
  /** What stands before the cursor. */
  readonly before: string;
}

function shownValue(state: FormState, field: FormField, look: FormLook, room: number): ShownValue {
  const { values, focus } = state;
  const isFocus = focus === field;
  if (field === 'sslMode') {
    const text = isFocus ? `‹ ${values.sslMode} ›` : values.sslMode;
    return { text, styled: text, before: isFocus ? '‹ ' : '' };
  }
  if (isSecretField(field)) return secretValue(state, field, look, room);
  if (isFocus && state.unseen !== null)
    return hint('a URL, typed and not shown; Enter reads it', look.theme, room);
  const line = values.texts[field];
  if (line.text === '' && !isFocus) return hint('–', look.theme, room);
  return lineValue(line, isFocus, room);
}

function hint(words: string, theme: Theme, room: number): ShownValue {
  const text = truncateToWidth(words, room);
  return { text, styled: theme.faint(text), before: '' };
}

/** Of a line that is too long: its begin, or what is around the cursor. */
function lineValue(line: TextLine, isFocus: boolean, room: number): ShownValue {
  const { text, before } = shownLine(line);
  if (!isFocus || displayWidth(text) <= room) {
    const shown = truncateToWidth(text, room);
    return { text: shown, styled: shown, before: displayWidth(before) <= room ? before : shown };
  }
  const characters = [...text];
  const cursor = [...before].length;
  let first = 0;
  while (displayWidth(characters.slice(first, cursor).join('')) > room - 4) first++;
  const start = first > 0 ? '…' : '';
  const shown = truncateToWidth(start + characters.slice(first).join(''), room);
  return { text: shown, styled: shown, before: start + characters.slice(first, cursor).join('') };
}

function secretValue(state: FormState, field: SecretField, look: FormLook, room: number): ShownValue {
  const { choice, line } = state.values.secrets[field];
  const isFocus = state.focus === field;
  if (choice === 'none') return hint(isFocus ? 'none; what is typed is not shown' : 'none', look.theme, room);
  if (choice === 'former') {
    const former = look.formerSecrets[field];
    if (state.revealed && former !== undefined) return lineValue({ text: former, cursor: 0 }, isFocus, room);
    return hint(formerWords(look.saved?.[field]), look.theme, room);
  }
  if (state.revealed) return lineValue(line, isFocus, room);
  return hint('typed, not shown', look.theme, room);
}

function formerWords(source: SavedConnection['password'] | undefined): string {
  return source !== undefined && 'reference' in source ? terminalSafe(source.reference) : 'the saved one';
}

function buttonPart({ focus }: FormState, theme: Theme): Part {
  let column = 0;
  let width = 0;
  const texts = formButtons.map((button) => {
    const isFocus = focus === button;
    if (isFocus) column = width;
    const text = `${isFocus ? '❯' : ' '}[ ${buttonTitles[button]} ]`;
    width += text.length + 1;
    return isFocus ? theme.accent(text) : text;
  });
  return { stop: 'test', lines: [texts.join(' ')], column };
}

function statusLines(
  state: FormState,
  { theme, ladder, message }: FormLook,
  size: { readonly columns: number; readonly rows: number },
): string[] {
  if (state.leaving) {
    const question = 'Leave without saving? y: leave, s: save, n: stay';
    return wrapped(question, size.columns).map((line) => theme.caution(line));
  }
  const said: string[] = providerLines(state, theme, size.columns);
  if (message !== null) {
    const style = message.good ? theme.good : theme.bad;
    const text = `${message.good ? '✓' : '✗'} ${terminalSafe(message.text)}`;
    said.push(...wrapped(text, size.columns).map(style));
    const fix = message.fix === null ? [] : wrapped(`→ ${terminalSafe(message.fix)}`, size.columns - 2);
    said.push(...fix.map((line) => `  ${theme.accent(line)}`));
  }
  const rows = size.rows - said.length;
  return [...said, ...(ladder === null ? [] : ladderLines(ladder, theme, { columns: size.columns, rows }))];
}

/** Who the host told that hosts it, what followed of that, and what is needed there. */
function providerLines({ provider, values }: FormState, theme: Theme, columns: number): string[] {
  if (provider === null || provider.told === null) return [];
  const set = provider.told.map((field) => {
    const value = field === 'sslMode' ? values.sslMode : values.texts[field].text;
    return `${labels[field]} ${value === '' ? 'empty' : value}`;
  });
  const text = `Told from the host: ${provider.preset.title}${set.length === 0 ? '' : `, so ${set.join(', ')}`}`;
  return wrapped(terminalSafe(text), columns).map(theme.faint);
}

function helpText(state: FormState, columns: number): string {
  if (columns < 60) return '^T test · ^S save · Esc back';
  if (state.focus === 'sslMode') return '←→ choose · ↑↓ move · Ctrl-T test · Ctrl-S save · Esc back';
  if (state.focus === 'options')
    return "key=value key='a longer value' · Ctrl-T test · Ctrl-S save · Esc back";
  const reveal = isSecretField(state.focus) ? `Ctrl-R ${state.revealed ? 'hide' : 'reveal'} · ` : '';
  const paste = isTextField(state.focus) && columns >= 79 ? 'a pasted URL fills all · ' : '';
  return `↑↓ move · ${reveal}${paste}Ctrl-T test · Ctrl-S save · Esc back`;
}
