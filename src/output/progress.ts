import type { Ora } from 'ora';
import { terminalSafe } from './terminal-text.ts';

/** Something that is drawn again and again on stderr. */
export interface Drawing {
  /** Prints above it, so that lines and spinner don't run into each other. Text is terminal-safe already. */
  print(text: string): void;
  /** Takes it away until `resume`: for a question. */
  pause(): void;
  resume(): void;
  /** Takes it away. Idempotent; needed before a prompt and before the answer. */
  stop(): void;
}

/** A sign that something is going on. */
export interface Progress extends Drawing {
  /** Changes what it says. */
  update(text: string): void;
}

/** What is done sooner shows nothing, and does not pay for loading the spinner. Milliseconds. */
const patience = 300;
const frameTime = 80;

/**
 * A spinner on a terminal's stderr; silent elsewhere. It never keeps the process alive, and it does
 * not hide the cursor, so that no way of dying leaves it hidden.
 * @param about.enabled whether the stream is a terminal that may be drawn on
 */
export function startProgress(
  text: string,
  about: { readonly stream: NodeJS.WriteStream; readonly enabled: boolean; readonly quiet: boolean },
): Progress {
  const { stream } = about;
  if (!about.enabled || about.quiet) {
    return {
      update() {},
      print(line) {
        if (!about.quiet) stream.write(line);
      },
      pause() {},
      resume() {},
      stop() {},
    };
  }

  let shown = terminalSafe(text);
  let spinner: Ora | null = null;
  let frames: NodeJS.Timeout | null = null;
  let stopped = false;
  let paused = false;
  const render = () => {
    if (!paused && !stopped) spinner?.render();
  };

  const start = async () => {
    const { default: ora } = await import('ora');
    if (stopped) return;
    // Frames are drawn by a timer of ours, for ora's own would keep the process alive.
    spinner = ora({
      text: shown,
      stream,
      isEnabled: true,
      discardStdin: false,
      hideCursor: false,
      color: false,
    });
    render();
    frames = setInterval(render, frameTime).unref();
  };
  const delay = setTimeout(() => {
    // A spinner that can't be loaded is no reason to fail.
    start().catch(() => {});
  }, patience).unref();

  return {
    update(next) {
      shown = terminalSafe(next);
      if (spinner !== null) spinner.text = shown;
    },
    print(line) {
      spinner?.clear();
      stream.write(line);
      render();
    },
    pause() {
      if (stopped) return;
      paused = true;
      spinner?.clear();
    },
    resume() {
      paused = false;
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearTimeout(delay);
      if (frames !== null) clearInterval(frames);
      spinner?.stop();
    },
  };
}
