import net from 'node:net';
import tls from 'node:tls';
import type { Endpoint, TlsFacts } from '../../connections/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { Deadline } from './deadline.ts';
import { socketFault, tlsFault } from './diagnosis.ts';
import { Fault } from './faults.ts';
import { foreignProtocol } from './foreign-protocol.ts';
import { contextFor } from './tls-context.ts';
import type { TlsFiles } from './tls-files.ts';
import { type TlsAttempt, tlsFacts, tlsOptions, verification } from './tls-policy.ts';

/** What a try at one address needs to know. */
export interface DialTarget {
  readonly endpoint: Endpoint;
  /** The name that TLS checks and sends. */
  readonly host: string;
  readonly address: string;
  readonly attempt: TlsAttempt;
  readonly files: TlsFiles;
  readonly keyPassword: Secret | null;
}

/** An open transport, before PostgreSQL's start-up packet. */
export interface Transport {
  readonly socket: net.Socket;
  /** Null in the clear. */
  readonly tls: TlsFacts | null;
  /** The server's certificate in DER; null in the clear. */
  readonly certificate: Buffer | null;
}

/** Told as each step is done, so that the ladder can time it. */
export interface DialObserver {
  connected(): void;
  secured(): void;
}

/** SSLRequest: length 8, code 80877103 (manual, 54.7 Message Formats). */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Opens a transport to one address: TCP or a Unix socket, then TLS as the attempt says, negotiated
 * by SSLRequest as libpq does or directly.
 * @param deadline of all of this
 * @throws Fault of the rungs connect and tls; InterruptedError
 */
export async function dial(
  target: DialTarget,
  deadline: Deadline,
  observer: DialObserver,
): Promise<Transport> {
  const socket = await openSocket(target, deadline);
  observer.connected();
  try {
    const transport = await secure(socket, target, deadline);
    observer.secured();
    return transport;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * Opens a socket to one address, and says nothing on it.
 * @throws Fault of the rung connect; InterruptedError
 */
export async function openSocket(
  target: Pick<DialTarget, 'endpoint' | 'host' | 'address'>,
  deadline: Deadline,
): Promise<net.Socket> {
  const { endpoint, host, address } = target;
  const detail = { host, port: endpoint.port, address };
  const socket = address.startsWith('/')
    ? net.connect({ path: `${address}/.s.PGSQL.${endpoint.port}` })
    : net.connect({ host: address, port: endpoint.port, noDelay: true });
  // Errors after the one that is waited for must not become uncaught.
  socket.on('error', () => {});
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => reject(socketFault(error, detail)));
  });
  const timedOut = () => new Fault('connect_timeout', detail);
  await deadline.race(opened, timedOut, () => socket.destroy());
  if (endpoint.options.keepalives !== '0' && !address.startsWith('/')) {
    socket.setKeepAlive(true, Number(endpoint.options.keepalives_idle ?? 0) * 1000);
  }
  return socket;
}

async function secure(socket: net.Socket, target: DialTarget, deadline: Deadline): Promise<Transport> {
  const { endpoint, host, attempt } = target;
  const detail = { host, port: endpoint.port, sslMode: endpoint.sslMode };
  if (attempt === 'plain') return { socket, tls: null, certificate: null };
  // Made before anything is sent: what can't be checked is not begun.
  const options = tlsOptions(endpoint, host, target.files, target.keyPassword);
  if (endpoint.options.sslnegotiation !== 'direct' && !(await askForTls(socket, target, deadline))) {
    if (attempt === 'tls') throw new Fault('tls_not_supported', detail);
    return { socket, tls: null, certificate: null };
  }
  const direct = endpoint.options.sslnegotiation === 'direct';
  const secured = await handshake(socket, options, { ...detail, direct }, deadline);
  if (direct && secured.alpnProtocol !== 'postgresql') {
    secured.destroy();
    throw new Fault('tls_direct_refused', { ...detail, text: 'it did not agree on ALPN' });
  }
  const { raw = null } = secured.getPeerCertificate();
  return { socket: secured, tls: tlsFacts(secured, verification(endpoint)), certificate: raw };
}

/**
 * Sends SSLRequest and reads the one byte that answers it. More than one byte before the handshake
 * is an injection (CVE-2021-23222); the words of an error before TLS are nobody's and are dropped
 * (CVE-2024-10977).
 */
async function askForTls(socket: net.Socket, target: DialTarget, deadline: Deadline): Promise<boolean> {
  const detail = { host: target.host, port: target.endpoint.port };
  const answered = new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('end', () => reject(new Fault('connection_closed', detail)));
    socket.once('error', (error) => reject(socketFault(error, detail)));
  });
  socket.write(sslRequest);
  const answer = await deadline.race(
    answered,
    () => new Fault('server_silent', detail),
    () => socket.destroy(),
  );
  socket.pause();
  const peer = foreignProtocol(answer);
  if (peer !== null) throw new Fault('not_postgresql', { ...detail, peer });
  const letter = String.fromCharCode(answer[0] ?? 0);
  if (letter !== 'S' && letter !== 'N') {
    if (letter !== 'E') throw new Fault('not_postgresql', detail);
    throw new Fault('protocol_violation', { ...detail, text: 'an error in answer to the request for TLS' });
  }
  if (answer.length > 1) {
    throw new Fault('protocol_violation', { ...detail, text: 'bytes before the TLS handshake' });
  }
  return letter === 'S';
}

async function handshake(
  socket: net.Socket,
  options: tls.ConnectionOptions,
  { direct, ...detail }: { host: string; port: number; sslMode: string; direct: boolean },
  deadline: Deadline,
): Promise<tls.TLSSocket> {
  let secured: tls.TLSSocket;
  try {
    secured = tls.connect({ ...options, secureContext: contextFor(options), socket });
  } catch (error) {
    // Bad PEM and a wrong key password are thrown here, before a byte is sent.
    throw new Fault('tls_bad_certificate_file', { ...detail, text: reasonOf(error) }, error);
  }
  secured.on('error', () => {});
  askOnceForCertificate(secured);
  const done = new Promise<void>((resolve, reject) => {
    secured.once('secureConnect', resolve);
    const fail = (error: { code?: unknown }) => {
      // A server before 17 takes the handshake for a start-up packet of absurd length, and hangs up.
      const hungUp = direct && error.code === 'ECONNRESET';
      reject(
        hungUp
          ? new Fault('tls_direct_refused', { ...detail, text: 'it closed the connection' }, error)
          : tlsFault(error, detail),
      );
    };
    secured.once('error', fail);
    secured.once('close', () => fail({ code: 'ECONNRESET' }));
  });
  const timedOut = () => new Fault('tls_handshake_failed', { ...detail, text: 'no answer in time' });
  await deadline.race(done, timedOut, () => secured.destroy());
  return secured;
}

/**
 * Taking a certificate apart costs as much as a query, and Node does so for each who asks, of the whole
 * chain for its own check: here once, of the server's own alone, which is all that any of us looks at.
 */
function askOnceForCertificate(secured: tls.TLSSocket): void {
  const ask = secured.getPeerCertificate.bind(secured);
  let known: tls.PeerCertificate | null = null;
  secured.getPeerCertificate = (() => {
    const told = known ?? ask();
    // Before the handshake there is none.
    if (told?.raw) known = told;
    return told;
  }) as tls.TLSSocket['getPeerCertificate'];
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'reason' in error && typeof error.reason === 'string') return error.reason;
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
