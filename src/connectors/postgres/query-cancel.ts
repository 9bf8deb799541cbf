import type { Endpoint } from '../../connections/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import { Deadline } from './deadline.ts';
import { dial } from './dial.ts';
import type { Session } from './session.ts';
import type { TlsFiles } from './tls-files.ts';

/** What the session was dialled with. */
export interface CancelWays {
  readonly endpoint: Endpoint;
  readonly files: TlsFiles;
  readonly keyPassword: Secret | null;
}

/** CancelRequest: length 16, code 80877102, process and key (manual, 54.7). */
const requestCode = 80_877_102;
/** The server closes the connection when it has looked at the request. Milliseconds. */
const patience = 1_500;

/**
 * Asks the server to cancel what a session runs, over a connection of its own to the same address and,
 * unlike libpq before 17, with TLS where the session has it: the key lets anybody cancel.
 * @returns whether it was sent: the server answers by ending the statement, or not at all
 */
export async function requestCancel(session: Session, ways: CancelWays): Promise<boolean> {
  const { backendKey, host, address } = session;
  if (backendKey === null) return false;
  const deadline = new Deadline(patience, new AbortController().signal);
  const attempt = session.tls === null ? 'plain' : 'tls';
  const target = { ...ways, host, address, attempt } as const;
  try {
    const { socket } = await dial(target, deadline, { connected: () => {}, secured: () => {} });
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(requestCode, 4);
    request.writeInt32BE(backendKey.process, 8);
    request.writeInt32BE(backendKey.secret, 12);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.resume();
    // Closing is left to the other side: PgBouncer 1.18 dies of a client that goes before its request was
    // passed on.
    socket.write(request);
    const late = () => new Error('not closed in time');
    await deadline.race(closed, late, () => {}).catch(() => socket.unref());
    return true;
  } catch {
    // Where it can't be sent, the session is cut off instead.
    return false;
  }
}
