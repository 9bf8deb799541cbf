import { inspect } from 'node:util';

const redacted = '[secret]';

/**
 * A password or passphrase that does not show itself: printing, interpolating, inspecting or
 * serialising it gives `[secret]`. Only {@link Secret.reveal} gives the text, and a call to it is
 * the place to look at in a review.
 *
 * JavaScript strings cannot be wiped from memory; this type guards against leaks by accident, not
 * against a reader of the process's memory.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret's text. Hand it to what needs it and keep it nowhere. */
  reveal(): string {
    return this.#text;
  }

  /** True when the text is empty: a password that was asked for and left out. */
  get isEmpty(): boolean {
    return this.#text === '';
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
