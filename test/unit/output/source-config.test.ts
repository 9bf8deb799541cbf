import { expect, test } from 'vitest';
import type { SourceStatus } from '../../../src/metadata/source-status.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { sourceConfig } from '../../../src/output/source-config.ts';
import { parseCsv } from '../../support/csv.ts';
import { pipe } from './samples.ts';

/** The samples' now is noon of 2026-05-04. */
function status(fields: Partial<SourceStatus> = {}): SourceStatus {
  return {
    connection: 'orders',
    refreshEveryMs: 6 * 3_600_000,
    include: [],
    exclude: [],
    due: false,
    nextRefreshAt: '2026-05-04T15:30:00.000Z',
    lastRefresh: {
      status: 'succeeded',
      at: '2026-05-04T09:30:00.000Z',
      durationMs: 840,
      code: null,
      message: null,
    },
    server: { version: '18.1', provider: 'neon', recovery: false, readOnly: false, tls: null },
    snapshots: [
      {
        takenAt: '2026-05-03T12:00:00.000Z',
        checkedAt: '2026-05-04T09:30:00.000Z',
        durationMs: 900,
        relations: 12,
        columns: 80,
        current: true,
      },
      {
        takenAt: '2026-05-01T12:00:00.000Z',
        checkedAt: '2026-05-01T12:00:00.000Z',
        durationMs: 1500,
        relations: 11,
        columns: 75,
        current: true,
      },
    ],
    ...fields,
  };
}

const text = (of: SourceStatus, snapshots = false) => sourceConfig(of, { snapshots }).text(pipe);

test('a person reads what is decided, how the last refresh went and when the next is', () => {
  expect(text(status())).toBe(`orders
  Refresh          every 6 h
  Include          everything
  Exclude          nothing
  Last refresh     ✓ done 2026-05-04T09:30:00.000Z (2 h ago), took 840 ms
  Next refresh     2026-05-04T15:30:00.000Z (in 3 h)
  Newest snapshot  2026-05-03T12:00:00.000Z (1 d ago), unchanged 2 h ago, 12 relations, 80 columns
  Snapshots kept   2, the oldest of 2026-05-01T12:00:00.000Z (3 d ago)
  Server           18.1, neon
`);
});

test('before the first, and when it is off', () => {
  const never = status({
    refreshEveryMs: null,
    include: ['a.*', 'b'],
    exclude: ['*_audit'],
    nextRefreshAt: null,
    lastRefresh: null,
    server: null,
    snapshots: [],
  });
  expect(text(never)).toBe(`orders
  Refresh          off: only when it is asked for
  Include          a.*, b
  Exclude          *_audit
  Last refresh     never
  Next refresh     only when it is asked for
  Newest snapshot  none: nothing was read yet
`);
  expect(text({ ...never, refreshEveryMs: 90 * 60_000, due: true })).toContain('every 90 min\n');
  expect(text({ ...never, due: true })).toContain('Next refresh     due\n');
});

test('a failure with its cause, what is overdue, and what is of another endpoint', () => {
  const [newest] = status().snapshots;
  const failed = status({
    due: true,
    nextRefreshAt: '2026-05-04T11:00:00.000Z',
    lastRefresh: {
      status: 'failed',
      at: '2026-05-04T11:59:00.000Z',
      durationMs: 10_000,
      code: 'server_silent',
      message: 'it said\nnothing',
    },
    snapshots: newest ? [{ ...newest, current: false }] : [],
  });
  expect(text(failed)).toContain(`
  Last refresh     ✗ failed 2026-05-04T11:59:00.000Z (1 min ago), took 10.0 s: server_silent
                   it said\\nnothing
  Next refresh     due since 2026-05-04T11:00:00.000Z (1 h ago)
`);
  expect(text(failed)).toContain('of another endpoint or other globs than those of today');
});

test('the snapshots, a line each, where they are asked for', () => {
  expect(text(status(), true)).toContain(`
SNAPSHOT                  READ     UNCHANGED    TOOK  RELATIONS  COLUMNS
2026-05-03T12:00:00.000Z  1 d ago  2 h ago    900 ms         12       80
2026-05-01T12:00:00.000Z  3 d ago  –           1.5 s         11       75
`);
});

test('CSV has a row a field', async () => {
  const csv = parseCsv(await renderAnswer('csv', sourceConfig(status(), { snapshots: false }), pipe));
  const fields = new Map(csv.map(({ field, value }) => [field, value]));
  expect(fields.get('refreshEveryMs')).toBe('21600000');
  expect(fields.get('lastRefresh.status')).toBe('succeeded');
  expect(JSON.parse(fields.get('snapshots') ?? '')).toEqual(status().snapshots);
});
