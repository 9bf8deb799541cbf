import { describe, expect, it } from 'vitest';
import type { StageResult } from '../../../../src/connections/connection.ts';
import { Ladder } from '../../../../src/connectors/postgres/ladder.ts';
import { passed, warning } from '../../../../src/connectors/postgres/verdict.ts';

describe('Ladder', () => {
  const refused = { status: 'failed', code: 'x', message: 'y', fix: 'z' } as const;

  it('tells each rung once, in order, with the time of all tries at it', () => {
    const told: StageResult[] = [];
    const ladder = new Ladder((result) => told.push(result));
    ladder.spend('connect', 1.26, 'failed');
    ladder.spend('connect', 2.5, 'done');
    ladder.settle('resolve', passed());
    ladder.settle('connect', warning('tls_absent', 'm', 'f'));

    expect(told).toEqual(ladder.results);
    expect(told.map(({ stage, status, durationMs }) => [stage, status, durationMs])).toEqual([
      ['resolve', 'passed', 0],
      ['connect', 'warned', 3.8],
    ]);
  });

  it('passes what was done below the rung that fails, and skips the others', () => {
    const ladder = new Ladder();
    ladder.settle('resolve', passed());
    ladder.spend('connect', 1, 'done');
    ladder.spend('tls', 1, 'failed');
    ladder.spend('schema', 1, 'done');
    ladder.fail('session', refused);

    expect(ladder.results.map(({ stage, status }) => [stage, status])).toEqual([
      ['resolve', 'passed'],
      ['connect', 'passed'],
      ['tls', 'skipped'],
      ['authenticate', 'skipped'],
      ['database', 'skipped'],
      ['session', 'failed'],
      ['schema', 'skipped'],
      ['privileges', 'skipped'],
    ]);
    expect(ladder.results[7]?.message).toBe('not reached: session failed');
  });

  it('counts the time of work that fails', async () => {
    const ladder = new Ladder();
    const work = () =>
      new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('no')), 20));
    await expect(ladder.timed('schema', work)).rejects.toThrow('no');
    ladder.settle('schema', refused);
    expect(ladder.results[0]?.durationMs).toBeGreaterThan(15);
  });
});
