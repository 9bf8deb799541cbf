import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stage } from '../../../../src/connections/connection.ts';
import { InterruptedError } from '../../../../src/connections/errors.ts';
import { Deadline } from '../../../../src/connectors/postgres/deadline.ts';
import { Fault, type FaultCode } from '../../../../src/connectors/postgres/faults.ts';
import { whileWaking } from '../../../../src/connectors/postgres/waking.ts';

const neonHost = 'ep-cool-darkness-123456.eu-central-1.aws.neon.tech';
const asleep = () => new Fault('neon_asleep', { host: 'localhost', text: 'its words' });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

interface Course {
  /** When each try was made, in milliseconds from the first. */
  readonly at: number[];
  readonly pauses: [Stage, number][];
  readonly outcome: unknown;
}

/** Lets tries fail in turn by these, and then succeed, within so many milliseconds. */
async function course(faults: readonly Error[], timeoutMs = 60_000): Promise<Course> {
  const started = performance.now();
  const at: number[] = [];
  const pauses: [Stage, number][] = [];
  const attempt = async () => {
    at.push(Math.round(performance.now() - started));
    const fault = faults[at.length - 1];
    if (fault) throw fault;
    return 'in';
  };
  const running = whileWaking(attempt, new Deadline(timeoutMs, new AbortController().signal), (stage, ms) => {
    pauses.push([stage, Math.round(ms)]);
  }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(timeoutMs);
  return { at, pauses, outcome: await running };
}

describe('a Neon compute that wakes up', () => {
  it('is not waited for where it is awake', async () => {
    expect(await course([])).toEqual({ at: [0], pauses: [], outcome: { value: 'in', tries: 1 } });
  });

  it('is asked again after 0.5, 1, 2 and then every 4 seconds', async () => {
    const { at, pauses, outcome } = await course(Array.from({ length: 6 }, asleep));
    expect(at).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500]);
    expect(pauses.map(([, ms]) => ms)).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
    expect(new Set(pauses.map(([stage]) => stage))).toEqual(new Set(['session']));
    expect(outcome).toEqual({ value: 'in', tries: 7 });
  });

  it('is given up where the next pause would reach the deadline', async () => {
    const { at, outcome } = await course(Array.from({ length: 20 }, asleep), 3500);
    expect(at).toEqual([0, 500, 1500]);
    expect(outcome).toMatchObject({ code: 'neon_asleep', detail: { tries: 3, host: 'localhost' } });
  });

  it.each(['cannot_connect_now', 'connect_timeout'] as const)(
    'may be told by %s, on a host of Neon’s alone',
    async (code) => {
      const pauses = (host: string) => course([new Fault(code, { host })]).then((seen) => seen.pauses);
      expect(await pauses(neonHost)).toHaveLength(1);
      expect(await pauses('db.example.com')).toEqual([]);
      expect(await pauses('localhost')).toEqual([]);
    },
  );

  it.each([
    'neon_quota_exceeded',
    'neon_endpoint_unknown',
    'password_refused',
    'too_many_connections',
    'connection_refused',
    'dns_not_found',
  ] satisfies FaultCode[])('is not behind %s', async (code) => {
    const fault = new Fault(code, { host: neonHost });
    expect(await course([fault])).toEqual({ at: [0], pauses: [], outcome: fault });
  });

  it('hides no defect', async () => {
    const defect = new TypeError('x is not a function');
    expect(await course([defect])).toEqual({ at: [0], pauses: [], outcome: defect });
  });
});

it('an interruption ends the pause', async () => {
  vi.useRealTimers();
  const interruption = new AbortController();
  const deadline = new Deadline(60_000, interruption.signal);
  const running = whileWaking(
    () => Promise.reject(asleep()),
    deadline,
    () => {},
  );
  setTimeout(() => interruption.abort(), 20);
  await expect(running).rejects.toBeInstanceOf(InterruptedError);
});
