import { isDeepStrictEqual } from 'node:util';
import { addConnection } from '../connections/add.ts';
import type { ProviderPreset, Role, SavedConnection, TestResult } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import { editConnection, testEdit } from '../connections/edit.ts';
import { toldProvider } from '../connections/endpoint.ts';
import { InterruptedError, JackfieldError, UsageError } from '../connections/errors.ts';
import type { FormDrafts } from '../connections/form-drafts.ts';
import { secretsFromInput, secretsOf } from '../connections/secrets-of.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import { recordTest, type TestOptions, testEndpoint } from '../connections/test.ts';
import type { Asking } from './ask.ts';
import type { TakenName } from './connection-fields.ts';
import { formAfter } from './form-after.ts';
import { DraftKeeper, draftOf, offerDrafts, withDraft } from './form-draft.ts';
import { startedLadder } from './form-ladder.ts';
import { addRequestOf, type FormSubject, formComplaints, optionsIn, planOf } from './form-request.ts';
import { type FormSession, type RunningTest, showForm } from './form-screen.ts';
import { editForm, type FormReading, type FormState, fingerprint, newForm } from './form-state.ts';

/** What a form works with. */
export interface FormParts {
  readonly asking: Asking;
  readonly services: ConnectionServices;
  readonly takenName: TakenName;
  readonly drafts: FormDrafts;
  /** Of a test, in milliseconds. */
  readonly timeoutMs: number;
}

/** A new connection's form, all fields at once. @returns what was saved; null: nothing. @throws InterruptedError */
export function fillNewForm(
  parts: FormParts,
  about: { readonly role: Role; readonly connector: Connector; readonly preset: ProviderPreset },
): Promise<SavedConnection | null> {
  const { role, connector, preset } = about;
  return new FullForm(parts, { kind: 'new', role, connector }, newForm(preset)).fill();
}

/** The form of a saved connection. @returns what was saved; null: nothing. @throws InterruptedError */
export function fillEditForm(
  parts: FormParts,
  about: { readonly saved: SavedConnection; readonly connector: Connector },
): Promise<SavedConnection | null> {
  const state = editForm(about.saved, formReading(about.connector));
  return new FullForm(parts, { kind: 'edit', ...about }, state).fill();
}

/** A test that was made of what the form held. */
interface Tested {
  /** What it held. */
  readonly held: string;
  readonly result: TestResult;
  /** Whether the result is that of what is saved, and kept with it. */
  readonly recorded: boolean;
}

class FullForm {
  readonly #parts: FormParts;
  #subject: FormSubject;
  readonly #session: FormSession;
  #tested: Tested | null = null;
  #saved: SavedConnection | null = null;
  readonly #form: string;
  readonly #keeper: DraftKeeper;

  constructor(parts: FormParts, subject: FormSubject, state: FormState) {
    this.#parts = parts;
    this.#subject = subject;
    const { kind, connector } = subject;
    this.#form = kind === 'new' ? `new-${subject.role}-${connector.name}` : `edit-${subject.saved.id}`;
    this.#keeper = new DraftKeeper(parts.drafts, this.#form);
    const look = {
      theme: parts.asking.theme,
      title: (shown: FormState) => titleOf(this.#subject, shown),
      saved: subject.kind === 'edit' ? subject.saved : null,
      ladder: null,
      message: null,
      formerSecrets: {},
    };
    this.#session = { state, look };
  }

  async fill(): Promise<SavedConnection | null> {
    try {
      await this.#takeUpDraft();
      return await this.#untilDone();
    } finally {
      // Who is interrupted finds it again.
      await this.#keeper.flush();
    }
  }

  async #untilDone(): Promise<SavedConnection | null> {
    const { asking } = this.#parts;
    let test: RunningTest | null = null;
    for (;;) {
      const command = await showForm(asking, this.#session, {
        reading: this.#reading,
        check: (state) => this.#check(state),
        onState: (state) => this.#note(state),
        test,
      });
      test = null;
      this.#say(null);
      try {
        if (command === 'leave') {
          await this.#keeper.forget();
          return null;
        }
        if (command === 'reset') await this.#reset();
        else if (command === 'reveal') await this.#reveal();
        else if (await this.#isComplete()) {
          if (command === 'test') test = await this.#prepareTest();
          else await this.#save();
        }
      } catch (error) {
        // What was typed is never lost to a failure.
        if (!(error instanceof JackfieldError) || error instanceof InterruptedError) throw error;
        this.#say(error);
      }
      if (this.#saved !== null) {
        await this.#keeper.forget();
        return this.#saved;
      }
    }
  }

  async #takeUpDraft(): Promise<void> {
    const { asking, drafts, services } = this.#parts;
    const subject = this.#subject;
    const what = subject.kind === 'new' ? `a new ${subject.role}` : subject.saved.name;
    const draft = await offerDrafts(asking, drafts, { form: this.#form, what, now: services.now() });
    if (draft === null) return;
    const session = this.#session;
    session.state = withDraft(session.state, draft, this.#reading);
    const isOther = subject.kind === 'edit' && subject.saved.revision !== draft.revision;
    const told = [
      ...(draft.leftOut.length === 0 ? [] : [`without ${draft.leftOut.join(' and ')}`]),
      ...(isOther ? ['which was saved otherwise meanwhile: Reset shows it as it is'] : []),
    ];
    const text = `Took up the draft${told.map((it) => `, ${it}`).join('')}`;
    session.look = { ...session.look, message: { good: true, text, fix: null } };
  }

  #note(state: FormState): void {
    const revision = this.#subject.kind === 'new' ? 0 : this.#subject.saved.revision;
    const draftIn = (some: FormState) => draftOf(some, this.#reading, revision);
    const [draft, initial] = [draftIn(state), draftIn({ ...state, values: state.initial })];
    const isKept = isDeepStrictEqual(
      { ...draft, said: [], leftOut: [], provider: null },
      { ...initial, said: [], leftOut: [], provider: null },
    );
    this.#keeper.noted(isKept ? null : draft);
  }

  #say(error: JackfieldError | null): void {
    const message = error === null ? null : { good: false, text: error.message, fix: error.fix };
    this.#session.look = { ...this.#session.look, message };
  }

  get #reading(): FormReading {
    return formReading(this.#subject.connector);
  }

  #check({ values }: FormState): Promise<FormState['complaints']> {
    return formComplaints(this.#parts.services, this.#subject, values, this.#parts.takenName);
  }

  /** Whether nothing is wrong with any field; else the first that is is gone to. */
  async #isComplete(): Promise<boolean> {
    const reading = this.#reading;
    const session = this.#session;
    const before = session.state;
    session.state = formAfter(before, { kind: 'read' }, reading);
    if (before.unseen !== null && session.state.values === before.values) return false;
    const complaints = await this.#check(session.state);
    session.state = formAfter(session.state, { kind: 'submitted', complaints }, reading);
    session.state = formAfter(session.state, { kind: 'leaving', asks: false }, reading);
    return Object.keys(complaints).length === 0;
  }

  /** What someone else has saved meanwhile is what is gone back to. */
  async #reset(): Promise<void> {
    const session = this.#session;
    const { focus } = session.state;
    this.#tested = null;
    await this.#keeper.forget();
    session.look = { ...session.look, ladder: null, formerSecrets: {} };
    if (this.#subject.kind === 'new') {
      session.state = formAfter(session.state, { kind: 'reset' }, this.#reading);
      return;
    }
    const { connector } = this.#subject;
    const saved = await requireConnection(await this.#parts.services.catalog(), this.#subject.saved.id);
    this.#subject = { kind: 'edit', saved, connector };
    session.state = { ...editForm(saved, this.#reading), focus };
    session.look = { ...session.look, saved };
  }

  async #reveal(): Promise<void> {
    if (this.#subject.kind === 'new') return;
    const { password, sslKeyPassword } = await secretsOf(this.#parts.services, this.#subject.saved);
    const session = this.#session;
    const formerSecrets = {
      password: password?.reveal() ?? '',
      sslKeyPassword: sslKeyPassword?.reveal() ?? '',
    };
    session.look = { ...session.look, formerSecrets };
    session.state = { ...session.state, revealed: true };
  }

  /** Reads what may have to be asked for, a passphrase, before the form is shown again. */
  async #prepareTest(): Promise<RunningTest> {
    const { services, timeoutMs } = this.#parts;
    const subject = this.#subject;
    const { values } = this.#session.state;
    let test: (options: TestOptions) => Promise<TestResult>;
    let ofSaved: SavedConnection | null = null;
    if (subject.kind === 'new') {
      const { name, role, endpoint, secrets: inputs } = addRequestOf(subject, values);
      const secrets = await secretsFromInput(services, inputs);
      test = (options) => testEndpoint(services, { name, savedAs: null, role, endpoint, secrets }, options);
    } else {
      const { saved } = subject;
      const plan = await planOf(services, subject, values);
      const keeps = Object.values(values.secrets).some(({ choice }) => choice === 'former');
      if (keeps) await secretsOf(services, saved);
      test = (options) => testEdit(services, plan, options);
      if (plan.changes.length === 0) ofSaved = saved;
    }
    const held = fingerprint(values, 'tested');
    return {
      run: async (onLadder, signal) => {
        let ladder = startedLadder;
        onLadder(ladder);
        const onStage: TestOptions['onStage'] = (rung) => {
          ladder = { ...ladder, rungs: [...ladder.rungs, rung] };
          onLadder(ladder);
        };
        try {
          const result = await test({ timeoutMs, signal, onStage });
          this.#tested = { held, result, recorded: ofSaved !== null };
          if (ofSaved !== null) await recordTest(services, ofSaved, result);
          onLadder({ rungs: result.stages, state: 'done', result });
        } catch (error) {
          if (!(error instanceof JackfieldError)) throw error;
          if (!(error instanceof InterruptedError)) this.#say(error);
          onLadder({ ...ladder, state: 'cancelled' });
        }
      },
    };
  }

  /** Saves what the form holds, with the test that was made of just that. */
  async #save(): Promise<void> {
    const { services } = this.#parts;
    const subject = this.#subject;
    const { values } = this.#session.state;
    const { saved } =
      subject.kind === 'new'
        ? await addConnection(services, addRequestOf(subject, values), null)
        : await editConnection(services, await planOf(services, subject, values), null);
    if (saved === null) throw new Error('a save without a test saved nothing');
    this.#saved = saved;
    const tested = this.#tested;
    if (tested === null || tested.recorded || tested.held !== fingerprint(values, 'tested')) return;
    await recordTest(services, saved, { ...tested.result, connection: saved.name });
  }
}

/** How a form reads what is typed, by the kind of database it is of. */
export function formReading(connector: Connector): FormReading {
  return {
    url: (text) => {
      try {
        return connector.parseUrl(text);
      } catch (error) {
        if (error instanceof UsageError) return error.message;
        throw error;
      }
    },
    options: (text) => optionsIn(connector, text) ?? {},
    optionsText: (options) => connector.formatOptions(options),
    provider: (host) => toldProvider(connector, host),
    preset: (provider, host) =>
      connector.presets.find((preset) => preset.provider === provider) ??
      toldProvider(connector, host.trim()),
    plainOptions: connector.plainOptions,
  };
}

function titleOf(subject: FormSubject, { provider, values }: FormState): string {
  if (subject.kind === 'new') return `New ${subject.role} · ${provider?.preset.title ?? ''}`;
  const { name, role, host, ...saved } = subject.saved;
  const typed = values.texts.host.text.trim();
  const hosted = typed === host ? saved.provider : subject.connector.providerOf(typed);
  return `Edit ${name} · ${role} · ${saved.connector} · ${hosted}`;
}
