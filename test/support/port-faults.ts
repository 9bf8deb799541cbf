import { CatalogError } from '../../src/connections/errors.ts';

/**
 * How a call of a port goes wrong: it is `refused` and does nothing; its `answer is lost` after it was
 * done; the process is `killed` before it (this call and every later one does nothing), or after it.
 */
export const faultKinds = ['refused', 'answer lost', 'killed before', 'killed after'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Lets one call of several asynchronous ports go wrong, counted over all of them from 1, once it is armed. */
export class PortFaults {
  readonly #kind: FaultKind;
  readonly #at: number;
  #calls = 0;
  #armed = false;
  /** The method that went wrong; null while none did. */
  struck: string | null = null;

  constructor(kind: FaultKind, at: number) {
    this.#kind = kind;
    this.#at = at;
  }

  /** From now on calls are counted. */
  arm(): void {
    this.#armed = true;
  }

  /** From now on everything works. */
  disarm(): void {
    this.#armed = false;
  }

  /** The port, with the fault between it and its caller. */
  readonly around = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...words: unknown[]) => this.#call(String(name), () => value.apply(target, words));
      },
    });

  #call(name: string, call: () => unknown): unknown {
    if (!this.#armed) return call();
    this.#calls += 1;
    const strikes = this.#calls === this.#at;
    const isDead = this.#kind.startsWith('killed') && this.#calls > this.#at;
    if (strikes) this.struck = name;
    if (isDead || (strikes && (this.#kind === 'refused' || this.#kind === 'killed before'))) {
      return Promise.reject(this.#error(name));
    }
    if (!strikes) return call();
    return Promise.resolve(call()).then(() => {
      throw this.#error(name);
    });
  }

  #error(name: string): CatalogError {
    return new CatalogError({ code: 'fault', message: `${name} went wrong`, fix: null });
  }
}
