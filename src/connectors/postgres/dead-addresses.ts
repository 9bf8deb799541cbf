import { isIP } from 'node:net';
import type { Endpoint } from '../../connections/connection.ts';
import type { Deadline } from './deadline.ts';
import { openSocket } from './dial.ts';
import { Fault } from './faults.ts';
import type { Opening } from './open-session.ts';

/** How long one of them is waited for, in milliseconds, all at once; the rest of a test wants its time too. */
const patienceMs = 2000;
/** A name with more addresses is a balancer's, and not all of them are its user's to mend. */
const mostTried = 8;

/**
 * The addresses of a host, besides the one that answered, where nothing does: who dials the name next
 * may get one of them. Those of the other family are left alone, since a network may carry one alone.
 * Nothing is said to them.
 * @returns a fault of the rung connect for each
 * @throws InterruptedError
 */
export async function deadAddresses(
  endpoint: Endpoint,
  { session, untried }: Opening,
  deadline: Deadline,
): Promise<Fault[]> {
  const family = isIP(session.address);
  const others = untried.filter((address) => isIP(address) === family).slice(0, mostTried);
  const soon = deadline.within(Math.min(patienceMs, deadline.left / 2));
  const faults = await Promise.all(
    others.map(async (address) => {
      try {
        const socket = await openSocket({ endpoint, host: session.host, address }, soon);
        socket.destroy();
        return [];
      } catch (error) {
        if (error instanceof Fault) return [error];
        throw error;
      }
    }),
  );
  return faults.flat();
}
