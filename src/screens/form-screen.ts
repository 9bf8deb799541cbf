import type { Asking } from './ask.ts';
import { type FormEvent, formAfter } from './form-after.ts';
import { drawForm, type FormLook } from './form-drawing.ts';
import type { Ladder } from './form-ladder.ts';
import { type FormReading, type FormState, isButton, isChanged, isSecretField } from './form-state.ts';
import { type Key, type LiveScreen, showScreen } from './live-screen.ts';

/** What the user wants that the screen can't do by itself. */
export type FormCommand = 'test' | 'save' | 'reset' | 'reveal' | 'leave';

/** A test that goes on while the form is shown. */
export interface RunningTest {
  /** Told by who runs it; the ladder is the form's from then on. */
  run(onLadder: (ladder: Ladder) => void, signal: AbortSignal): Promise<void>;
}

/** The form between two commands: what it holds, and all that is shown with it. */
export interface FormSession {
  state: FormState;
  look: FormLook;
}

/** What a form is shown with. */
export interface FormScreenParts {
  readonly reading: FormReading;
  check(state: FormState): Promise<FormState['complaints']>;
  /** Told of each change. */
  onState(state: FormState): void;
  /** To be started when the form is there. */
  readonly test: RunningTest | null;
}

/**
 * Shows the form until something is wanted that takes the terminal or saves. What was typed is in the
 * session; a test that goes on is cancelled when the form is left.
 * @throws InterruptedError
 */
export async function showForm(
  asking: Asking,
  session: FormSession,
  parts: FormScreenParts,
): Promise<FormCommand> {
  const { reading, test } = parts;
  const cancelling = new AbortController();
  let testing: Promise<void> | null = null;
  const apply = (event: FormEvent) => {
    session.state = formAfter(session.state, event, reading);
    parts.onState(session.state);
  };
  const screen: LiveScreen<FormCommand> = {
    draw: (size) => drawForm(session.state, session.look, size),
    begin(controls) {
      if (test === null) return undefined;
      const onLadder = (ladder: Ladder) => {
        session.look = { ...session.look, ladder };
        controls.redraw();
      };
      testing = test.run(onLadder, AbortSignal.any([asking.signal, cancelling.signal])).then(
        () => {
          testing = null;
        },
        (error: unknown) => controls.fail(error),
      );
      return undefined;
    },
    interrupt() {
      if (testing === null) return false;
      cancelling.abort();
      return true;
    },
    press(key, controls) {
      const command = commandOf(session.state, key);
      if (command === 'ask') return apply({ kind: 'leaving', asks: true });
      if (command === 'stay') return apply({ kind: 'leaving', asks: false });
      if (command !== null) return controls.end(command);
      const before = session.state;
      apply({ kind: 'pressed', key });
      if (before.focus !== session.state.focus) checkNow(controls);
    },
    paste(text, controls) {
      if (session.state.leaving) return;
      apply({ kind: 'pasted', text });
      checkNow(controls);
    },
  };
  const checkNow = (controls: { redraw(): void; fail(error: unknown): void }) => {
    const { values } = session.state;
    parts.check(session.state).then(
      (complaints) => {
        // What was typed meanwhile is checked when it is left.
        if (session.state.values !== values) return;
        apply({ kind: 'checked', complaints });
        controls.redraw();
      },
      (error: unknown) => controls.fail(error),
    );
  };
  try {
    return await showScreen(asking, screen);
  } finally {
    cancelling.abort();
    await testing;
  }
}

/** What a key asks for; null: it is for the fields. `ask`: whether to leave what is not saved. */
export function commandOf(state: FormState, key: Key): FormCommand | 'ask' | 'stay' | null {
  const leave = isChanged(state) ? 'ask' : 'leave';
  if (state.leaving) {
    if (key.typed === 'y') return 'leave';
    if (key.typed === 's' || (key.ctrl && key.name === 's')) return 'save';
    return 'stay';
  }
  if (key.name === 'escape') return leave;
  if (key.ctrl && key.name === 't') return 'test';
  if (key.ctrl && key.name === 's') return 'save';
  if (key.ctrl && key.name === 'r' && isSecretField(state.focus)) {
    const { choice } = state.values.secrets[state.focus];
    return choice === 'former' && !state.revealed ? 'reveal' : null;
  }
  const isPressed = key.name === 'return' || key.name === 'enter' || key.name === 'space';
  if (!isPressed || !isButton(state.focus)) return null;
  return state.focus === 'back' ? leave : state.focus;
}
