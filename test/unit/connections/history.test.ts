import { describe, expect, it } from 'vitest';
import type { TestRecord } from '../../../src/connections/catalog.ts';
import type { TestResult } from '../../../src/connections/connection.ts';
import { summarizeHistory, toHistoryEntry } from '../../../src/connections/history.ts';
import { testHistorySchema } from '../../../src/connections/schema.ts';
import { probed } from '../../support/in-memory-connector.ts';

/** One test a day, from the first of March on; given oldest first, as they happened. */
function history(...results: Partial<TestResult>[]): TestRecord[] {
  return results
    .map((result, index) => ({
      at: `2026-03-${String(index + 1).padStart(2, '0')}T12:00:00.000Z`,
      result: { connection: 'orders', ...probed(result.status), ...result },
    }))
    .reverse();
}

function session(version: string, validTo: string | null, subject = 'CN=db'): Partial<TestResult> {
  const tls = {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    verified: 'full',
    subject,
    issuer: 'CN=CA',
    validTo,
  } as const;
  return { server: { version, provider: 'neon', recovery: false, readOnly: false, tls } };
}

const inTheClear: Partial<TestResult> = {
  server: { version: '16.4', provider: 'neon', recovery: false, readOnly: false, tls: null },
};
const failed: Partial<TestResult> = { status: 'failed' };

describe('a kept result, as it is printed', () => {
  it('is the contract', () => {
    const [passed, warned, lost] = history(
      { ...failed, durationMs: 3 },
      { status: 'warned', ...session('16.3', '2026-12-01T00:00:00.000Z') },
      inTheClear,
    ).map(toHistoryEntry);
    expect(testHistorySchema.parse([passed, warned, lost])).toEqual([passed, warned, lost]);
    expect(passed).toMatchObject({
      at: '2026-03-03T12:00:00.000Z',
      status: 'passed',
      durationMs: 12,
      code: null,
      message: null,
      serverVersion: '16.4',
      certificateValidTo: null,
    });
    expect(warned).toMatchObject({ code: 'telling', certificateValidTo: '2026-12-01T00:00:00.000Z' });
    expect(lost).toMatchObject({ durationMs: 3, message: 'this rung decided', serverVersion: null });
    expect(lost?.stages[3]).toEqual({
      stage: 'authenticate',
      status: 'failed',
      durationMs: 1,
      code: 'telling',
    });
  });
});

describe('what results tell together', () => {
  it('is nothing where there are none', () => {
    expect(summarizeHistory([])).toBeNull();
  });

  it('counts those that passed, with warnings or without', () => {
    const records = history({}, failed, { status: 'warned' }, failed, {});
    expect(summarizeHistory(records)).toMatchObject({
      tests: 5,
      passed: 3,
      warned: 1,
      since: '2026-03-01T12:00:00.000Z',
      durations: [12, null, 12, null, 12],
    });
  });

  it.each([
    [[7], { min: 7, median: 7, max: 7 }],
    [[9, 1], { min: 1, median: 5, max: 9 }],
    [[10, 9, 1], { min: 1, median: 9, max: 10 }],
    [[100, 9, 1, 10], { min: 1, median: 9.5, max: 100 }],
  ])('has the middle of %j', (durations, spread) => {
    const results = durations.map((durationMs) => ({ durationMs }));
    // A time-out says nothing of the server's pace.
    const records = history({ ...failed, durationMs: 10_000 }, ...results);
    expect(summarizeHistory(records)?.spread).toEqual(spread);
  });

  it('has no middle, and no session, where all failed', () => {
    expect(summarizeHistory(history(failed, failed))).toMatchObject({
      passed: 0,
      spread: null,
      session: null,
      versionChanges: [],
      certificateChanges: [],
    });
  });

  it('finds each change of the version, newest first, past what failed', () => {
    const day = '2026-12-01T00:00:00.000Z';
    const records = history(
      session('16.3', day),
      session('16.3', day),
      failed,
      session('16.4', day),
      session('16.3', day),
    );
    expect(summarizeHistory(records)).toMatchObject({
      session: { version: '16.3' },
      versionChanges: [
        { from: '16.4', to: '16.3', at: '2026-03-05T12:00:00.000Z' },
        { from: '16.3', to: '16.4', at: '2026-03-04T12:00:00.000Z' },
      ],
      certificateChanges: [],
    });
  });

  it('finds each change of the certificate, past sessions in the clear', () => {
    const former = session('16.4', '2026-03-10T00:00:00.000Z');
    const renewed = session('16.4', '2026-06-10T00:00:00.000Z');
    const records = history(former, inTheClear, former, renewed, session('16.4', null, 'CN=other'));
    expect(summarizeHistory(records)).toMatchObject({
      session: { certificate: { subject: 'CN=other', validTo: null } },
      versionChanges: [],
      certificateChanges: [
        { from: { validTo: '2026-06-10T00:00:00.000Z' }, to: { subject: 'CN=other' } },
        {
          from: { subject: 'CN=db', validTo: '2026-03-10T00:00:00.000Z' },
          to: { subject: 'CN=db', validTo: '2026-06-10T00:00:00.000Z' },
          at: '2026-03-04T12:00:00.000Z',
        },
      ],
    });
  });

  it('takes a failure after a session for one that tells of the server', () => {
    const records = history(session('16.3', null), { ...failed, ...session('17.0', null) });
    expect(summarizeHistory(records)?.versionChanges).toMatchObject([{ from: '16.3', to: '17.0' }]);
  });

  it('has no certificate when the newest session was in the clear', () => {
    const records = history(session('16.4', '2026-06-10T00:00:00.000Z'), inTheClear, failed);
    expect(summarizeHistory(records)?.session).toEqual({ version: '16.4', certificate: null });
  });
});
