import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Issued } from './certificates.ts';
import { afterwards } from './clean-up.ts';

/*
 * A PostgreSQL server that does what its script says, and nothing else: the peer that a probe must not
 * trust. It speaks protocol 3.0 (manual, 54) in the clear and over TLS, knows SCRAM-SHA-256 as a server,
 * and keeps every byte that it was sent.
 */

export interface HostileServer {
  readonly host: string;
  readonly port: number;
  /** How many connections were made so far. */
  readonly visits: number;
  /** Everything it was sent, over all connections; what came over TLS deciphered. */
  received(): Buffer;
  /** What the script threw and the peer did not cause by leaving: a mistake of the test's. */
  mistakes(): unknown[];
}

/** One connection, as the script sees it. Reads reject once the client has left. */
export interface Peer {
  /** Which one it is, from 0. */
  readonly visit: number;
  write(...messages: readonly Buffer[]): void;
  /** Sends this over and over, as fast as it is read, until the client has left. */
  flood(chunk: Buffer): Promise<void>;
  /** Sends a byte, waits, and sends the next, until none is left or the client has left. 100 ms when left out. */
  drip(bytes: Buffer, everyMs?: number): Promise<void>;
  /** The next bytes, exactly as many. */
  read(bytes: number): Promise<Buffer>;
  /** A packet without a type: SSLRequest, CancelRequest or StartupMessage. */
  readPacket(): Promise<{ readonly code: number; readonly body: Buffer }>;
  /** A message with a type, as after the start-up. */
  readMessage(): Promise<{ readonly type: string; readonly body: Buffer }>;
  /** Takes the SSLRequest, answers `S` and does the handshake. */
  secure(certificate: Issued): Promise<void>;
  /** Does the handshake without any more words. */
  handshake(certificate: Issued, options?: HandshakeOptions): Promise<void>;
  /** Takes the StartupMessage. @returns its parameters */
  startUp(): Promise<Record<string, string>>;
  /** Closes the connection. */
  end(): void;
  /** When the client has left. */
  readonly left: Promise<void>;
}

interface HandshakeOptions {
  /** `postgresql` when left out. */
  readonly protocols?: readonly string[];
}

export type ServerScript = (peer: Peer) => Promise<void> | void;

const sslRequestCode = 80877103;

interface Listening {
  /** 127.0.0.1 when left out. */
  readonly host?: string;
  /** A free one when left out. */
  readonly port?: number;
}

/** Starts one on a free port of the loopback; it ends after the test. */
export async function startHostileServer(
  script: ServerScript,
  { host = '127.0.0.1', port: wanted = 0 }: Listening = {},
): Promise<HostileServer> {
  const received: Buffer[] = [];
  const mistakes: unknown[] = [];
  const sockets = new Set<Socket>();
  let visits = 0;
  const server = createServer((socket) => {
    const peer = new ScriptedPeer(socket, visits, received);
    visits += 1;
    sockets.add(socket);
    Promise.resolve(script(peer)).catch((error: unknown) => {
      if (!(error instanceof ClientLeft)) mistakes.push(error);
      socket.destroy();
    });
  });
  const port = await listen(server, host, wanted);
  afterwards(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    host,
    port,
    get visits() {
      return visits;
    },
    received: () => Buffer.concat(received),
    mistakes: () => mistakes,
  };
}

class ClientLeft extends Error {}

class ScriptedPeer implements Peer {
  readonly visit: number;
  readonly left: Promise<void>;
  readonly #log: Buffer[];
  #socket: Socket;
  #buffer = Buffer.alloc(0);
  #gone = false;
  #wake: () => void = () => {};

  constructor(socket: Socket, visit: number, log: Buffer[]) {
    this.visit = visit;
    this.#log = log;
    this.#socket = socket;
    this.left = new Promise((resolve) => socket.once('close', resolve));
    socket.on('close', () => {
      this.#gone = true;
      this.#wake();
    });
    this.#listen(socket);
  }

  write(...messages: readonly Buffer[]): void {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(messages));
  }

  async flood(chunk: Buffer): Promise<void> {
    while (!this.#gone) {
      if (this.#socket.write(chunk)) await setImmediate();
      else await Promise.race([new Promise((resolve) => this.#socket.once('drain', resolve)), this.left]);
    }
  }

  async drip(bytes: Buffer, everyMs = 100): Promise<void> {
    for (const byte of bytes) {
      if (this.#gone) return;
      this.write(Buffer.from([byte]));
      await Promise.race([sleep(everyMs), this.left]);
    }
  }

  async read(bytes: number): Promise<Buffer> {
    while (this.#buffer.length < bytes) {
      if (this.#gone) throw new ClientLeft('the client has left');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#buffer.subarray(0, bytes);
    this.#buffer = this.#buffer.subarray(bytes);
    return taken;
  }

  async readPacket() {
    const length = (await this.read(4)).readInt32BE(0);
    const packet = await this.read(length - 4);
    return { code: packet.readInt32BE(0), body: packet.subarray(4) };
  }

  async readMessage() {
    const header = await this.read(5);
    const body = await this.read(header.readInt32BE(1) - 4);
    return { type: String.fromCharCode(header[0] ?? 0), body };
  }

  async secure(certificate: Issued): Promise<void> {
    const { code } = await this.readPacket();
    if (code !== sslRequestCode) throw new Error(`a packet of code ${code} instead of SSLRequest`);
    this.write(Buffer.from('S'));
    await this.handshake(certificate);
  }

  async handshake(
    { certPem, keyPem }: Issued,
    { protocols = ['postgresql'] }: HandshakeOptions = {},
  ): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const secured = new TLSSocket(plain, {
      isServer: true,
      secureContext: createSecureContext({ cert: certPem, key: keyPem }),
      ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
    });
    this.#socket = secured;
    this.#listen(secured);
    await new Promise<void>((resolve, reject) => {
      secured.once('secure', resolve);
      secured.once('error', () => reject(new ClientLeft('the handshake failed')));
      plain.once('close', () => reject(new ClientLeft('the client has left')));
    });
  }

  async startUp(): Promise<Record<string, string>> {
    const { code, body } = await this.readPacket();
    if (code !== 0x30000) throw new Error(`a packet of code ${code} instead of StartupMessage`);
    const words = body.toString('utf8').split('\0');
    const parameters: Record<string, string> = {};
    for (let at = 0; words[at]; at += 2) parameters[words[at] ?? ''] = words[at + 1] ?? '';
    return parameters;
  }

  end(): void {
    this.#socket.end();
  }

  #listen(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#log.push(chunk);
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
  }
}

async function listen(server: Server, host: string, wanted: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

/* Messages of the backend (manual, 54.7). */

/** A message: its type, its length, its body. */
export function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([header(type, body.length + 4), body]);
}

/** A header that declares any length, whatever follows it. */
export function header(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write(type, 'latin1');
  bytes.writeInt32BE(length, 1);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export const auth = {
  ok: message('R', int32(0)),
  cleartext: message('R', int32(3)),
  md5: message('R', int32(5), Buffer.from([1, 2, 3, 4])),
  gss: message('R', int32(7)),
  sspi: message('R', int32(9)),
  sasl: (...mechanisms: readonly string[]) =>
    message('R', int32(10), ...mechanisms.map((name) => `${name}\0`), '\0'),
  saslContinue: (text: string) => message('R', int32(11), text),
  saslFinal: (text: string) => message('R', int32(12), text),
};

export const ready = message('Z', 'I');
export const keyData = message('K', int32(4711), int32(1234));

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', `${name}\0${value}\0`);
}

/** An ErrorResponse or, with type `N`, a NoticeResponse. */
export function errorResponse(sqlstate: string, text: string, type: 'E' | 'N' = 'E'): Buffer {
  return message(type, 'SFATAL\0', 'VFATAL\0', `C${sqlstate}\0`, `M${text}\0`, '\0');
}

export function rowDescription(names: readonly string[]): Buffer {
  const fields = names.map((name) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  );
  return message('T', int16(names.length), ...fields);
}

export function dataRow(values: readonly (string | null)[]): Buffer {
  const fields = values.map((value) => {
    const bytes = Buffer.from(value ?? '');
    return Buffer.concat([int32(value === null ? -1 : bytes.length), bytes]);
  });
  return message('D', int16(values.length), ...fields);
}

export const commandComplete = message('C', 'SELECT 1\0');

/* Scripts to put together. */

/**
 * What a well-behaved server does until the session is open: SCRAM with this password, in the clear.
 * @param isReady false: it stops before it says that it is ready
 */
export function letInWithScram(password: string, isReady = true): ServerScript {
  return async (peer) => {
    await peer.startUp();
    peer.write(auth.sasl('SCRAM-SHA-256'));
    const exchange = await scramExchange(peer, password);
    peer.write(auth.saslFinal(exchange.serverFinal), auth.ok, keyData, ...(isReady ? [ready] : []));
  };
}

/** Asks for a password, or says what it likes in its place, and waits. */
export function asksFor(...requests: readonly Buffer[]): ServerScript {
  return async (peer) => {
    await peer.startUp();
    peer.write(...requests);
    await peer.left;
  };
}

/** What `script` does, over TLS. @param certificate asked for at each visit: tests issue it later than they declare */
export function behindTls(certificate: () => Issued, script: ServerScript): ServerScript {
  return async (peer) => {
    await peer.secure(certificate());
    await script(peer);
  };
}

export interface ScramLies {
  /** Of PBKDF2; 4096 when left out. */
  readonly iterations?: number;
  /** The server-first message, instead of the right one. */
  readonly serverFirst?: (clientNonce: string) => string;
}

/**
 * Reads SASLInitialResponse, sends the server-first message and reads SASLResponse.
 * @returns what an honest server would say last, and the proof it was sent
 */
export async function scramExchange(
  peer: Peer,
  password: string,
  { iterations = 4096, serverFirst }: ScramLies = {},
): Promise<{ readonly serverFinal: string; readonly clientFinal: string }> {
  const initial = (await peer.readMessage()).body;
  const clientFirst = initial.subarray(initial.indexOf(0) + 5).toString('utf8');
  const bare = clientFirst.slice(clientFirst.indexOf('n='));
  const clientNonce = bare.slice(bare.indexOf('r=') + 2);
  const salt = randomBytes(16);
  const first =
    serverFirst?.(clientNonce) ??
    `r=${clientNonce}${randomBytes(9).toString('base64')},s=${salt.toString('base64')},i=${iterations}`;
  peer.write(auth.saslContinue(first));
  const clientFinal = (await peer.readMessage()).body.toString('utf8');
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  const withoutProof = clientFinal.slice(0, clientFinal.indexOf(',p='));
  const signature = createHmac('sha256', serverKey)
    .update(`${bare},${first},${withoutProof}`)
    .digest('base64');
  return { serverFinal: `v=${signature}`, clientFinal };
}

/** What a password looks like in an answer to the MD5 request of {@link auth}. */
export function md5Answer(user: string, password: string): string {
  const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex');
  return `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), Buffer.from([1, 2, 3, 4])]))}`;
}

/** A row of answers, by the names of its columns. */
export type Row = Readonly<Record<string, string | null>>;

/**
 * Answers each statement of the client with the rows of the next entry, in either protocol (simple
 * and extended), until it leaves; what is a Buffer is sent as it is.
 * @param then done at the statement after the last of them, instead of answering it
 */
export async function answerInTurn(
  peer: Peer,
  answers: readonly (readonly Row[] | Buffer)[],
  then?: (peer: Peer) => Promise<void>,
): Promise<void> {
  for (const answer of answers) {
    const simple = await untilStatement(peer);
    if (Buffer.isBuffer(answer)) {
      peer.write(answer);
      continue;
    }
    const names = Object.keys(answer[0] ?? {});
    const rows = answer.map((row) => dataRow(names.map((name) => row[name] ?? null)));
    peer.write(
      ...(simple ? [] : [message('1'), message('2')]),
      ...(answer.length === 0 ? [] : [rowDescription(names), ...rows]),
      commandComplete,
      ready,
    );
  }
  if (then) {
    await untilStatement(peer);
    await then(peer);
  }
  await peer.left;
}

/** Reads up to a Query or a Sync. @returns whether it was a Query, of the simple protocol */
async function untilStatement(peer: Peer): Promise<boolean> {
  for (;;) {
    const { type } = await peer.readMessage();
    if (type === 'Q' || type === 'S') return type === 'Q';
  }
}

/** The answers that an honest server gives to a probe of either role, statement by statement. */
export const honestAnswers: readonly [begin: Row[], facts: Row[], privileges: Row[]] = [
  [{ statement_timeout: '0' }],
  [
    {
      version: '16.4',
      version_text: 'PostgreSQL 16.4',
      recovery: 'f',
      read_only: 'off',
      session_user: 'loader',
      database: 'shop',
      prefixes: null,
      roles: null,
      backends: '1',
      database_backends: '1',
      database_limit: '-1',
      role_limit: '-1',
      superuser: 'f',
      role_backends: '1',
      reserved: '3',
      max_connections: '100',
    },
  ],
  [
    {
      current_user: 'loader',
      database: 'shop',
      usage: 't',
      creation: 't',
      open: 't',
      database_create: 't',
      database_temporary: 't',
      schemas: '[["public", true, true, true, 0]]',
      relations: '1',
      tables: '1',
      of_others: '0',
      sequences: '0',
      lacks_select: 'f',
      lacks_insert: 'f',
      lacks_update: 'f',
      lacks_delete: 'f',
      lacks_truncate: 'f',
      missing_count: '0',
      missing_first: null,
      not_tables_count: '0',
      not_tables_first: null,
      closed_count: '0',
      closed_first: null,
      partial_count: '0',
      partial_first: null,
      filtered_count: '0',
      filtered_first: null,
      unwritable_count: '0',
      unwritable_first: null,
      closed_sequences_count: '0',
      closed_sequences_first: null,
    },
  ],
];
