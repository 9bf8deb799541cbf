import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InterruptedError } from '../../../../src/connections/errors.ts';
import { Deadline } from '../../../../src/connectors/postgres/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const tooLate = () => new Error('too late');
const never = new Promise<never>(() => {});

function waiting(timeoutMs = 1000) {
  const interruption = new AbortController();
  const deadline = new Deadline(timeoutMs, interruption.signal);
  const abandon = vi.fn();
  return { interruption, deadline, abandon };
}

describe('a wait', () => {
  it('ends with the work, be it done or refused, and lets go of nothing then', async () => {
    const { deadline, abandon } = waiting();
    expect(await deadline.race(Promise.resolve('done'), tooLate, abandon)).toBe('done');
    const refused = new Error('refused');
    await expect(deadline.race(Promise.reject(refused), tooLate, abandon)).rejects.toBe(refused);
    expect(abandon).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['the deadline', 1000, 1000],
    ['that of a part', 300, 300],
    ['that of the whole where a part has longer', 5000, 1000],
  ])('ends at %s, and lets go of what the work holds', async (_what, partMs, at) => {
    const { deadline, abandon } = waiting();
    const part = deadline.within(partMs);
    const racing = expect(part.race(never, tooLate, abandon)).rejects.toThrow('too late');
    await vi.advanceTimersByTimeAsync(at - 1);
    expect(abandon).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await racing;
    expect(abandon).toHaveBeenCalledOnce();
  });

  it('leaves no time when it is over', async () => {
    vi.useRealTimers();
    const left: number[] = [];
    const races = Array.from({ length: 100 }, async (_, index) => {
      const { deadline, abandon } = waiting(2 + index / 7);
      const tooLateBy = () => {
        left.push(deadline.left);
        return tooLate();
      };
      await expect(deadline.race(never, tooLateBy, abandon)).rejects.toThrow('too late');
    });
    await Promise.all(races);
    expect(left).toEqual(races.map(() => 0));
  });

  it('ends at an interruption, also one that came before', async () => {
    const { deadline, abandon, interruption } = waiting();
    const racing = deadline.race(never, tooLate, abandon);
    interruption.abort();
    await expect(racing).rejects.toBeInstanceOf(InterruptedError);
    await expect(deadline.race(never, tooLate, abandon)).rejects.toBeInstanceOf(InterruptedError);
    expect(abandon).toHaveBeenCalledTimes(2);
  });

  it('takes no notice of work that fails after it was abandoned', async () => {
    const { deadline, abandon } = waiting();
    const work = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('late')), 2000));
    const racing = expect(deadline.race(work, tooLate, abandon)).rejects.toThrow('too late');
    await vi.advanceTimersByTimeAsync(3000);
    await racing;
  });
});

describe('a pause', () => {
  it.each([
    [400, 400],
    [5000, 1000],
  ])('of %i ms lasts %i where 1000 are left', async (ms, lasts) => {
    const { deadline } = waiting();
    const over = vi.fn();
    const pausing = deadline.pause(ms).then(over);
    await vi.advanceTimersByTimeAsync(lasts - 1);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await pausing;
    expect(over).toHaveBeenCalledOnce();
  });

  it('ends at an interruption, also one that came before', async () => {
    const { deadline, interruption } = waiting();
    const pausing = deadline.pause(400);
    interruption.abort();
    await expect(pausing).rejects.toBeInstanceOf(InterruptedError);
    await expect(deadline.pause(400)).rejects.toBeInstanceOf(InterruptedError);
    expect(vi.getTimerCount()).toBe(0);
  });
});
