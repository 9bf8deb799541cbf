import type net from 'node:net';
import { Duplex } from 'node:stream';
import type tls from 'node:tls';
import type { AuthPolicy } from './auth-policy.ts';
import { Fault, type FaultDetail } from './faults.ts';

/** Bounds of what a server may say. */
const limits = {
  /** Before ReadyForQuery; libpq's own bound for one message then (fe-protocol3.c, VALID_LONG_MESSAGE_TYPE). */
  startupMessage: 30_000,
  startupTotal: 1024 * 1024,
} as const;

/** What may come before ReadyForQuery: R S K Z E N v (manual, 54.2.1 Start-up). */
const startupTypes = new Set([...'RSKZENv'].map((letter) => letter.charCodeAt(0)));
/** What may come after it (manual, 54.7): all messages of the backend. */
const sessionTypes = new Set([...'123ACDEGHIKNSTVWZcdnst'].map((letter) => letter.charCodeAt(0)));

const type = { authentication: 0x52, error: 0x45, ready: 0x5a } as const;

export interface WireGuardOptions {
  readonly policy: AuthPolicy;
  readonly detail: FaultDetail;
  /** The largest message that is taken in after start-up, in bytes. */
  readonly maxMessage: number;
  /** AuthenticationOk came, and the policy agreed. */
  readonly onAuthenticated: () => void;
}

/**
 * Stands between the socket and pg: reads the frames of what the server sends, holds them against
 * bounds and the authentication policy, and lets through only what passes. pg itself answers any
 * request for a password and takes a message of any declared length into memory.
 *
 * It looks like a socket to pg: already connected, so that `connect` dials nothing.
 */
export class WireGuard extends Duplex {
  readonly #socket: net.Socket;
  readonly #options: WireGuardOptions;
  #pending: Buffer = Buffer.alloc(0);
  #started = false;
  #startupBytes = 0;
  /** Bytes of the current message that are still to come, once its header was seen. */
  #passing = 0;
  /** Offered to pg only over TLS, for channel binding. */
  getPeerCertificate?: () => tls.PeerCertificate;

  constructor(socket: net.Socket, options: WireGuardOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    if ('getPeerCertificate' in socket) {
      this.getPeerCertificate = () => (socket as tls.TLSSocket).getPeerCertificate();
    }
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
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

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
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
      const passed = this.#started ? this.#passSession(chunk) : this.#passStartup(chunk);
      if (passed.length > 0 && !this.push(passed)) this.#socket.pause();
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
    let at = 0;
    while (!this.#started && this.#pending.length - at >= 5) {
      const letter = this.#pending[at] ?? 0;
      const length = this.#pending.readInt32BE(at + 1);
      this.#checkStartupHeader(letter, length);
      if (this.#pending.length - at < 1 + length) break;
      const body = this.#pending.subarray(at + 5, at + 1 + length);
      if (letter === type.authentication && this.#options.policy.check(body)) this.#options.onAuthenticated();
      at += 1 + length;
      if (letter === type.ready) this.#started = true;
    }
    const passed = this.#pending.subarray(0, at);
    const rest = this.#pending.subarray(at);
    this.#pending = Buffer.alloc(0);
    if (!this.#started) {
      this.#pending = rest;
      return passed;
    }
    return rest.length === 0 ? passed : Buffer.concat([passed, this.#passSession(rest)]);
  }

  #checkStartupHeader(letter: number, length: number): void {
    if (!startupTypes.has(letter)) throw new Fault('not_postgresql', this.#options.detail);
    if (length < 4 || length > limits.startupMessage) {
      // An old server's error has no length; what follows an E in text is nothing of PostgreSQL 7.4 or later.
      if (letter === type.error) throw new Fault('not_postgresql', this.#options.detail);
      throw this.#violation(`a message of ${length} bytes before the session starts`);
    }
  }

  /** The session: only headers are looked at, the bytes go through as they come. */
  #passSession(chunk: Buffer): Buffer {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passing > 0) {
        const step = Math.min(this.#passing, chunk.length - at);
        this.#passing -= step;
        at += step;
        continue;
      }
      const missing = 5 - this.#pending.length;
      const piece = chunk.subarray(at, at + missing);
      this.#pending = Buffer.concat([this.#pending, piece]);
      at += piece.length;
      if (this.#pending.length < 5) break;
      this.#passing = this.#sessionMessageLength(this.#pending) - 4;
      this.#pending = Buffer.alloc(0);
    }
    return chunk;
  }

  #sessionMessageLength(header: Buffer): number {
    const letter = header[0] ?? 0;
    const length = header.readInt32BE(1);
    if (!sessionTypes.has(letter)) throw this.#violation('a message of a type that no server sends');
    if (length < 4 || length > this.#options.maxMessage)
      throw this.#violation(`a message of ${length} bytes`);
    return length;
  }

  #violation(text: string): Fault {
    return new Fault('protocol_violation', { ...this.#options.detail, text });
  }
}
