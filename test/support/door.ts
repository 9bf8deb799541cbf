import { connect, createServer, type Socket } from 'node:net';
import { afterwards } from './clean-up.ts';
import type { ServerFacts } from './postgres.ts';

/** `late`: what the server says to it takes a while. */
export type Admission = 'in' | 'late' | 'away';

/** Longer than a server on this machine takes for anything, in milliseconds. */
const delay = 250;

/**
 * Stands before a server and lets connections through, late or at once, or turns them away; it ends after
 * the test.
 * @param admits told the how-manieth connection it is, from one
 */
export async function startDoor(
  real: ServerFacts,
  admits: (connection: number) => Admission,
): Promise<{ readonly port: number; connections(): number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const door = createServer((client) => {
    connections += 1;
    sockets.add(client);
    client.on('error', () => {});
    const admission = admits(connections);
    if (admission === 'away') {
      client.destroy();
      return;
    }
    const behind = connect(real.port, real.host);
    sockets.add(behind);
    behind.on('error', () => {}).on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
    client.pipe(behind);
    if (admission === 'in') behind.pipe(client);
    else behind.on('data', (chunk) => setTimeout(() => client.write(chunk), delay));
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  afterwards(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => door.close(resolve));
  });
  const address = door.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return { port: address.port, connections: () => connections };
}
