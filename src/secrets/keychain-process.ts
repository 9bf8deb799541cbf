import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { InterruptedError, type SecretError } from '../connections/errors.ts';
import { isRecord } from './item-text.ts';
import { keychainError, keychainTimeout } from './keychain-errors.ts';

/** One call of the keychain library; an answer is the text (`get`), or whether there was an item (`delete`). */
export type KeychainCall =
  | { readonly op: 'get' | 'delete'; readonly service: string; readonly account: string }
  | { readonly op: 'set'; readonly service: string; readonly account: string; readonly text: string };

type Answer = string | boolean | null;

interface PendingCall {
  readonly call: KeychainCall;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: SecretError | InterruptedError) => void;
}

/**
 * What the process runs. The library's constructor talks to D-Bus synchronously and without a
 * time-out, and its calls wait for an unlock prompt on a thread that Node joins at exit: inside our own
 * process either would hang it beyond any timer, and beyond process.exit. A process can be killed.
 *
 * An entry keeps its D-Bus connection until it is collected, and a bus allows only so many (256 where
 * nothing else is configured): hence gc.
 *
 * It ends by SIGKILL when its parent is gone: process.exit would join the hung thread there too.
 */
const program = `
let AsyncEntry;
try {
  ({ AsyncEntry } = require(process.argv[1]));
  process.send({ ready: true });
} catch (error) {
  process.send({ failed: String(error && error.message) });
}
const options = { linux: { store: 'secret-service' } };
let calls = 0;
const run = async ({ op, service, account, text }) => {
  calls += 1;
  if (calls % 32 === 0) gc();
  const entry = new AsyncEntry(service, account, options);
  if (op === 'get') return entry.getPassword();
  if (op === 'set') return entry.setPassword(text).then(() => null);
  return entry.deletePassword();
};
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', ({ id, call }) => {
  run(call).then(
    (answer) => process.send({ id, answer }),
    (error) => process.send({ id, error: String(error && error.message) }),
  );
});
`;

/** What the keychain's client needs of the environment; nothing else is handed on, no secret above all. */
const handedOn =
  /^(HOME|USER|LOGNAME|PATH|LANG|LC_.*|TMPDIR|DBUS_SESSION_BUS_ADDRESS|XDG_.*|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|SystemRoot|windir|USERNAME|USERPROFILE|USERDOMAIN|APPDATA|LOCALAPPDATA|TEMP|TMP)$/i;

/** How many calls are under way at once: as many as Node has threads for them. */
const concurrency = 4;
/** The start of a Node process on a busy machine, which is none of the keychain's fault. */
const startTimeoutMs = 15_000;
/** After a time-out the keychain is left alone so long: a fleet must not wait once a connection. */
const quietMs = 30_000;

/**
 * The keychain library in a process of its own, started at the first call and killed when it hangs.
 * An idle one keeps nothing alive and ends with us.
 */
export class KeychainProcess {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: PendingCall[] = [];
  readonly #underWay = new Map<number, PendingCall & { readonly timer: NodeJS.Timeout }>();
  readonly #killAtExit = () => this.#child?.kill('SIGKILL');
  #child: ChildProcess | null = null;
  #isReady = false;
  #startTimer: NodeJS.Timeout | null = null;
  #lastId = 0;
  #quiet: { readonly until: number; readonly error: SecretError } | null = null;

  /**
   * @param timeoutMs how long one call may take, a prompt answered by a person included
   * @param signal ends what is under way, and refuses what comes later
   */
  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    timeoutMs: number,
    signal?: AbortSignal,
  ) {
    this.#environment = Object.fromEntries(
      Object.entries(environment).filter(([name]) => handedOn.test(name)),
    );
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    signal?.addEventListener('abort', () => this.#end(new InterruptedError()), { once: true });
  }

  /** @throws SecretError as {@link keychainError} has it, keychain_timeout; InterruptedError */
  call(call: KeychainCall): Promise<Answer> {
    if (this.#signal?.aborted) return Promise.reject(new InterruptedError());
    if (this.#quiet !== null && performance.now() < this.#quiet.until) {
      return Promise.reject(this.#quiet.error);
    }
    return new Promise((resolve, reject) => {
      this.#child ??= this.#start();
      this.#waiting.push({ call, resolve, reject });
      this.#proceed();
    });
  }

  /** Ends the process. A later call starts another one. */
  close(): void {
    this.#end(keychainError('closed'));
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, ['--expose-gc', '-e', program, libraryPath()], {
      env: this.#environment,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      windowsHide: true,
    });
    child.on('message', (message) => this.#receive(child, message));
    child.on('error', (error) => this.#gone(child, error.message));
    child.on('exit', (code, signal) => this.#gone(child, `the keychain's process ended (${signal ?? code})`));
    process.on('exit', this.#killAtExit);
    this.#startTimer = setTimeout(() => this.#hung(startTimeoutMs), startTimeoutMs);
    return child;
  }

  #proceed(): void {
    while (this.#isReady && this.#underWay.size < concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#lastId += 1;
      const id = this.#lastId;
      const timer = setTimeout(() => this.#hung(this.#timeoutMs), this.#timeoutMs);
      this.#underWay.set(id, { ...next, timer });
      this.#child?.send({ id, call: next.call });
    }
    if (this.#waiting.length + this.#underWay.size > 0) {
      this.#child?.ref();
      this.#child?.channel?.ref();
    } else {
      this.#child?.unref();
      this.#child?.channel?.unref();
    }
  }

  #receive(child: ChildProcess, message: unknown): void {
    if (child !== this.#child || !isRecord(message)) return;
    if (message.ready === true) {
      this.#isReady = true;
      this.#clearStartTimer();
    }
    if (typeof message.failed === 'string') this.#end(keychainError(message.failed));
    const pending = typeof message.id === 'number' ? this.#underWay.get(message.id) : undefined;
    if (pending !== undefined && typeof message.id === 'number') {
      this.#underWay.delete(message.id);
      clearTimeout(pending.timer);
      if (typeof message.error === 'string') pending.reject(keychainError(message.error));
      else pending.resolve(answerFrom(message.answer));
    }
    this.#proceed();
  }

  #hung(afterMs: number): void {
    const error = keychainTimeout(afterMs);
    this.#quiet = { until: performance.now() + quietMs, error };
    this.#end(error);
  }

  #gone(child: ChildProcess, why: string): void {
    if (child === this.#child) this.#end(keychainError(why));
  }

  #end(error: SecretError | InterruptedError): void {
    const child = this.#child;
    this.#child = null;
    this.#isReady = false;
    this.#clearStartTimer();
    process.off('exit', this.#killAtExit);
    child?.kill('SIGKILL');
    child?.unref();
    child?.channel?.unref();
    const pending = [...this.#underWay.values(), ...this.#waiting.splice(0)];
    for (const { timer } of this.#underWay.values()) clearTimeout(timer);
    this.#underWay.clear();
    for (const { reject } of pending) reject(error);
  }

  #clearStartTimer(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer);
    this.#startTimer = null;
  }
}

function libraryPath(): string {
  try {
    return createRequire(import.meta.url).resolve('@napi-rs/keyring');
  } catch (error) {
    throw keychainError(error instanceof Error ? error.message : 'Cannot find module');
  }
}

function answerFrom(value: unknown): Answer {
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}
