import { InterruptedError } from '../../connections/errors.ts';

/** The longest time setTimeout waits for; beyond it, it does not wait at all. */
const longestMs = 2 ** 31 - 1;

/**
 * The end of the time a conversation may take, and the interruption that may come before it.
 * Everything that waits on a server waits through {@link Deadline.race}.
 */
export class Deadline {
  readonly #endsAt: number;
  readonly #signal: AbortSignal;

  /** @param timeoutMs milliseconds from now */
  constructor(timeoutMs: number, signal: AbortSignal) {
    this.#endsAt = performance.now() + timeoutMs;
    this.#signal = signal;
  }

  /** The end of a part of the conversation: so many milliseconds from now, and not past the whole's. */
  within(ms: number): Deadline {
    return new Deadline(Math.min(ms, this.left), this.#signal);
  }

  /** Milliseconds left, never negative. */
  get left(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /** @throws InterruptedError when the user interrupted */
  throwIfInterrupted(): void {
    if (this.#signal.aborted) throw new InterruptedError();
  }

  /** Waits so many milliseconds, or up to the deadline. @throws InterruptedError */
  async pause(ms: number): Promise<void> {
    this.throwIfInterrupted();
    const signal = this.#signal;
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.min(ms, this.left));
      signal.addEventListener('abort', finish);
    });
    this.throwIfInterrupted();
  }

  /**
   * Waits for `work`, but not past the deadline, nor past an interruption.
   * @param onTimeout makes the error that ends the wait
   * @param abandon lets go of what `work` holds (a socket), when the wait ends before it
   */
  async race<T>(work: Promise<T>, onTimeout: () => Error, abandon: () => void) {
    let finished = false;
    const finishing = work.finally(() => {
      finished = true;
    });
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const end = new Promise<never>((_, reject) => {
      // A timer takes whole milliseconds and may be a little early: then there would be time for one more try.
      const wait = () => {
        const ended = () => (this.left > 0 ? wait() : reject(onTimeout()));
        timer = setTimeout(ended, Math.min(Math.ceil(this.left), longestMs));
      };
      wait();
      onAbort = () => reject(new InterruptedError());
      this.#signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      this.throwIfInterrupted();
      return await Promise.race([finishing, end]);
    } catch (error) {
      if (!finished) {
        abandon();
        // What was abandoned fails later; nobody waits for it any more.
        finishing.catch(() => {});
      }
      throw error;
    } finally {
      clearTimeout(timer);
      if (onAbort) this.#signal.removeEventListener('abort', onAbort);
    }
  }
}
