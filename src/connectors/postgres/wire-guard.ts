import type net from 'node:net';
import { Duplex } from 'node:stream';
import type { AuthPolicy } from './auth-policy.ts';
import { Fault, type FaultDetail } from './faults.ts';
import { foreignProtocol } from './foreign-protocol.ts';
import { isFieldList } from './message-shape.ts';
import { ScramExchange, type ScramSituation } from './scram.ts';
import { type RowTap, type SessionBounds, SessionFrames } from './session-frames.ts';

/** Bounds of what a server may say. */
const limits = {
  /** Before ReadyForQuery; libpq's own bound for one message then (fe-protocol3.c, VALID_LONG_MESSAGE_TYPE). */
  startupMessage: 30_000,
  startupTotal: 1024 * 1024,
} as const;

/** What may come before ReadyForQuery: R S K Z E N v (manual, 54.2.1 Start-up). */
const startupTypes = new Set([...'RSKZENv'].map((letter) => letter.charCodeAt(0)));

/** Codes of Authentication messages: AuthenticationSASL, SASLContinue and SASLFinal (manual, 54.7). */
const scram = { offer: 10, first: 11, final: 12 } as const;

const type = { authentication: 0x52, error: 0x45, notice: 0x4e, ready: 0x5a } as const;

export interface WireGuardOptions {
  readonly policy: AuthPolicy;
  readonly detail: FaultDetail;
  /** Of what comes after start-up. */
  readonly bounds: SessionBounds;
  /** What a request for SCRAM is answered with; the policy has refused one that must not be. */
  readonly scram: () => ScramSituation;
  /** AuthenticationOk came, and the policy agreed. */
  readonly onAuthenticated: () => void;
}

/**
 * Stands between the socket and pg: reads the frames of what the server sends, holds them against
 * bounds and the authentication policy, and lets through only what passes. pg itself answers any
 * request for a password and takes a message of any declared length into memory. SCRAM is played here,
 * as libpq does; pg sees that it went well.
 *
 * It looks like a socket to pg: already connected, so that `connect` dials nothing.
 */
export class WireGuard extends Duplex {
  readonly #socket: net.Socket;
  readonly #options: WireGuardOptions;
  readonly #frames: SessionFrames;
  #pending: Buffer = Buffer.alloc(0);
  #started = false;
  #startupBytes = 0;
  #rowsAreHeld = false;
  #scram: ScramExchange | null = null;

  constructor(socket: net.Socket, options: WireGuardOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    this.#frames = new SessionFrames(options.bounds, (text) => this.#violation(text));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Who takes the rows of the statement that runs; null: pg does. */
  set tap(tap: RowTap | null) {
    this.#frames.tap = tap;
  }

  /** Stops reading from the server until `resumeRows`; rows of what was read already still come. */
  holdRows(): void {
    this.#rowsAreHeld = true;
    this.#socket.pause();
  }

  resumeRows(): void {
    this.#rowsAreHeld = false;
    this.#socket.resume();
  }

  /** For pg, which believes that it dials. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(on?: boolean): this {
    this.#socket.setNoDelay(on);
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  /** What pg can't read is the server's fault, and the end of the session: not an error of ours that nobody catches. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...values);
    try {
      return super.emit(event, ...values);
    } catch {
      this.destroy(this.#violation('a message that can not be read'));
      return true;
    }
  }

  override _read(): void {
    if (!this.#rowsAreHeld) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  /** The messages of one statement go as one: over TLS each write is a record and a wake-up of the server. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    try {
      const passed = this.#started ? this.#frames.pass(chunk) : this.#passStartup(chunk);
      if (passed.length > 0 && !this.destroyed && !this.push(passed)) this.#socket.pause();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** Start-up: whole messages only, each looked at before pg gets it. */
  #passStartup(chunk: Buffer): Buffer {
    this.#startupBytes += chunk.length;
    if (this.#startupBytes > limits.startupTotal)
      throw this.#violation('endless messages before the session starts');
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const nothingPassed = this.#startupBytes === this.#pending.length;
    const peer = nothingPassed ? foreignProtocol(this.#pending) : null;
    if (peer !== null) throw new Fault('not_postgresql', { ...this.#options.detail, peer });
    const passed: Buffer[] = [];
    let at = 0;
    while (!this.#started && this.#pending.length - at >= 5) {
      const letter = this.#pending[at] ?? 0;
      const length = this.#pending.readInt32BE(at + 1);
      this.#checkStartupHeader(letter, length);
      if (this.#pending.length - at < 1 + length) break;
      const body = this.#pending.subarray(at + 5, at + 1 + length);
      if ((letter === type.error || letter === type.notice) && !isFieldList(body))
        throw this.#violation('an error or notice without its end');
      if (letter === type.authentication && this.#options.policy.check(body)) this.#options.onAuthenticated();
      const taken = letter === type.authentication && this.#answerScram(body);
      if (!taken) passed.push(this.#pending.subarray(at, at + 1 + length));
      at += 1 + length;
      if (letter === type.ready) this.#started = true;
    }
    const rest = this.#pending.subarray(at);
    this.#pending = Buffer.alloc(0);
    if (!this.#started) this.#pending = rest;
    else if (rest.length > 0) passed.push(this.#frames.pass(rest));
    return Buffer.concat(passed);
  }

  /**
   * Plays SCRAM's turn that a message asks for (manual, 54.3.1); the policy has seen to their order.
   * @returns whether it was one of SCRAM's
   * @throws Fault auth_scram_refused
   */
  #answerScram(body: Buffer): boolean {
    const text = body.subarray(4).toString('latin1');
    switch (body.readInt32BE(0)) {
      case scram.offer: {
        const exchange = new ScramExchange(text.split('\0').filter(Boolean), this.#options.scram());
        const first = Buffer.from(exchange.clientFirst);
        const length = Buffer.alloc(4);
        length.writeInt32BE(first.length);
        this.#answer(Buffer.concat([Buffer.from(`${exchange.mechanism}\0`), length, first]));
        this.#scram = exchange;
        return true;
      }
      case scram.first:
        this.#scram?.clientFinal(text).then(
          (final) => this.#answer(Buffer.from(final)),
          (error: unknown) => this.destroy(this.#scramRefused(error)),
        );
        return true;
      case scram.final:
        try {
          this.#scram?.check(text);
        } catch (error) {
          throw this.#scramRefused(error);
        }
        return true;
      default:
        return false;
    }
  }

  /** SASLInitialResponse and SASLResponse have the letter of a password (manual, 54.7). */
  #answer(body: Buffer): void {
    if (this.destroyed) return;
    const header = Buffer.alloc(5);
    header.write('p', 0, 'latin1');
    header.writeInt32BE(4 + body.length, 1);
    this.#socket.write(Buffer.concat([header, body]));
  }

  #scramRefused(error: unknown): Fault {
    const text = error instanceof Error ? error.message : String(error);
    return new Fault('auth_scram_refused', { ...this.#options.detail, text }, error);
  }

  #checkStartupHeader(letter: number, length: number): void {
    if (!startupTypes.has(letter)) throw new Fault('not_postgresql', this.#options.detail);
    if (length < 4 || length > limits.startupMessage) {
      // An old server's error has no length; what follows an E in text is nothing of PostgreSQL 7.4 or later.
      if (letter === type.error) throw new Fault('not_postgresql', this.#options.detail);
      throw this.#violation(`a message of ${length} bytes before the session starts`);
    }
  }

  #violation(text: string): Fault {
    return new Fault('protocol_violation', { ...this.#options.detail, text });
  }
}
