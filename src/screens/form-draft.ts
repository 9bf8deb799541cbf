import type { FormDraft, FormDrafts } from '../connections/form-drafts.ts';
import { ago } from '../output/age.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import type { Asking } from './ask.ts';
import {
  type FormField,
  type FormReading,
  type FormState,
  isSecretField,
  isTextField,
  type SecretField,
} from './form-state.ts';
import { type LiveScreen, showScreen } from './live-screen.ts';
import { lineOf } from './text-line.ts';
import { wrapped } from './wrapped-text.ts';

/** How long nothing is typed before a draft is written, in milliseconds. */
const pauseMs = 300;

const secretWords: Readonly<Record<SecretField, string>> = {
  password: 'the password',
  sslKeyPassword: 'the key password',
};

/** What of a form is kept, without anything that is or may hold a secret. */
export function draftOf(state: FormState, reading: FormReading, revision: number): FormDraft {
  const { texts, sslMode, secrets, others } = state.values;
  const fields = Object.keys(secretWords) as SecretField[];
  const options = reading.options(texts.options.text);
  const plain = Object.entries(options).filter(([name]) => reading.plainOptions.includes(name));
  const isUnreadable = texts.options.text.trim() !== '' && Object.keys(options).length === 0;
  const isCut = plain.length < Object.keys(options).length;
  const typed = fields.filter((field) => secrets[field].choice === 'typed').map((it) => secretWords[it]);
  return {
    texts: {
      ...Object.fromEntries(Object.entries(texts).map(([field, { text }]) => [field, harmless(text)])),
      options: reading.optionsText(Object.fromEntries(plain)),
    },
    sslMode,
    sslCrl: others.sslCrl,
    provider: state.provider?.preset.provider ?? null,
    said: [...state.said],
    removed: fields.filter(
      (field) => secrets[field].choice === 'none' && state.initial.secrets[field].choice === 'former',
    ),
    leftOut: [...typed, ...(isUnreadable ? ['the options'] : isCut ? ['options of free text'] : [])],
    revision,
  };
}

/** `user:password@host` is no URL, and no host either. */
function harmless(text: string): string {
  return /:.*@/.test(text) ? '' : text;
}

/** A form that begins with what a draft holds; what it leaves out is as at the begin. */
export function withDraft(state: FormState, draft: FormDraft, reading: FormReading): FormState {
  const texts = { ...state.initial.texts };
  for (const [field, text] of Object.entries(draft.texts)) {
    if (isTextField(field as FormField)) texts[field as keyof typeof texts] = lineOf(text);
  }
  const secrets = { ...state.initial.secrets };
  for (const field of draft.removed) {
    if (isSecretField(field as FormField))
      secrets[field as SecretField] = { choice: 'none', line: lineOf('') };
  }
  const preset = draft.provider === null ? null : reading.preset(draft.provider, texts.host.text);
  return {
    ...state,
    values: { texts, sslMode: draft.sslMode, secrets, others: { sslCrl: draft.sslCrl } },
    said: new Set(draft.said as FormField[]),
    provider: state.provider && { preset: preset ?? state.provider.preset, told: null },
  };
}

/** Writes a form's draft some instants after the last key, and removes it when nothing of it is left. */
export class DraftKeeper {
  readonly #drafts: FormDrafts;
  readonly #form: string;
  #timer: NodeJS.Timeout | null = null;
  #pending: (() => Promise<void>) | null = null;

  constructor(drafts: FormDrafts, form: string) {
    this.#drafts = drafts;
    this.#form = form;
  }

  /** @param draft null: the form holds nothing that is not saved */
  noted(draft: FormDraft | null): void {
    this.#pending = () =>
      draft === null ? this.#drafts.forget(this.#form) : this.#drafts.keep(this.#form, draft);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), pauseMs);
  }

  /** Writes at once what is still to be written. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const write = this.#pending;
    this.#pending = null;
    await write?.();
  }

  async forget(): Promise<void> {
    this.#pending = null;
    await this.flush();
    await this.#drafts.forget(this.#form);
  }
}

/**
 * Offers what a process that is gone has left of a form, one draft after another.
 * @param about.what the form: `a new source`
 * @returns the one that was taken up; null: none
 * @throws InterruptedError
 */
export async function offerDrafts(
  asking: Asking,
  drafts: FormDrafts,
  about: { readonly form: string; readonly what: string; readonly now: Date },
): Promise<FormDraft | null> {
  for (const { id, at, draft } of await drafts.left(about.form)) {
    const named = draft.texts.name?.trim() || about.what;
    const when = ago(at.toISOString(), about.now);
    const question = `A draft of ${named}, ${when}: Enter takes it up, Esc discards it`;
    const isTaken = await askDraft(asking, question);
    if (!isTaken) await drafts.discard(id);
    else if (await drafts.takeUp(about.form, id)) {
      // From now on it is that of a process at work, which nobody else takes up.
      await drafts.keep(about.form, draft);
      return draft;
    }
  }
  return null;
}

function askDraft(asking: Asking, question: string): Promise<boolean> {
  const screen: LiveScreen<boolean> = {
    draw: ({ columns }) => {
      const lines = wrapped(terminalSafe(question), columns);
      return { lines: lines.map(asking.theme.caution), cursor: { line: 0, column: 0 } };
    },
    press(key, controls) {
      if (key.name === 'return' || key.name === 'enter') controls.end(true);
      else if (key.name === 'escape') controls.end(false);
    },
  };
  return showScreen(asking, screen);
}
