import type { Stage } from '../../connections/connection.ts';
import type { Deadline } from './deadline.ts';
import { Fault, type FaultCode } from './faults.ts';
import { providerOfHost } from './providers.ts';

/** How long is waited before the next try, in milliseconds; the last one from then on. */
const delays = [500, 1000, 2000, 4000];

/** What a Neon host may answer while its compute starts; of other hosts it is an answer to be told. */
const answersWhileWaking: ReadonlySet<FaultCode> = new Set(['cannot_connect_now', 'connect_timeout']);

/**
 * Whether a refusal is that of a Neon compute that sleeps and was just woken by being asked. Nobody else
 * starts a server for who connects, so that nothing is gained elsewhere by asking again.
 */
function isWaking({ code, detail }: Fault): boolean {
  return (
    code === 'neon_asleep' || (answersWhileWaking.has(code) && providerOfHost(detail.host ?? '') === 'neon')
  );
}

/**
 * Makes tries until one succeeds or fails for another reason than that Neon's compute is waking up,
 * with a pause before each further one, as long as the deadline leaves time for it.
 * @param onPause told of each pause: the rung that made it necessary, and its milliseconds
 * @returns what the last try came to, and how many there were
 * @throws what the last try threw, a Fault with the number of tries; InterruptedError
 */
export async function whileWaking<T>(
  attempt: () => Promise<T>,
  deadline: Deadline,
  onPause: (stage: Stage, durationMs: number) => void,
): Promise<{ readonly value: T; readonly tries: number }> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { value: await attempt(), tries };
    } catch (error) {
      if (!(error instanceof Fault) || !isWaking(error)) throw error;
      const delay = delays[Math.min(tries, delays.length) - 1] ?? 0;
      if (delay >= deadline.left) throw error.with({ tries });
      const from = performance.now();
      await deadline.pause(delay);
      onPause(error.stage, performance.now() - from);
    }
  }
}
