import { describe, expect, test } from 'vitest';
import type { RefreshResult } from '../../../src/metadata/refresh-due.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { refreshResults, refreshWords, reportedRefreshes } from '../../../src/output/refresh-results.ts';
import { pipe, terminal } from './samples.ts';

function result(fields: Partial<RefreshResult> = {}): RefreshResult {
  return {
    connection: 'orders',
    status: 'refreshed',
    durationMs: 1234,
    relations: 1200,
    columns: 9,
    code: null,
    message: null,
    fix: null,
    ...fields,
  };
}

const none = { relations: null, columns: null };
const all = [
  result(),
  result({ connection: 'stock', status: 'unchanged', relations: 1, columns: 1 }),
  result({
    connection: 'dead\x1b',
    status: 'failed',
    ...none,
    code: 'refused',
    message: 'nobody\nlistens',
    fix: 'start it',
  }),
  result({
    connection: 'busy',
    status: 'skipped',
    ...none,
    code: 'refresh_running',
    message: 'another is at it',
  }),
];

describe('refreshes', () => {
  test('are a line each for a person, with the cause and its fix', () => {
    expect(
      refreshResults(all).text(terminal(100)),
    ).toBe(`✓ refreshed  orders    1.2 s  1,200 relations, 9 columns
✓ unchanged  stock     1.2 s  1 relation, 1 column
✗ failed     dead\\x1b  1.2 s  nobody\\nlistens
    → start it
– skipped    busy      1.2 s  another is at it

4 connections: 1 refreshed, 1 unchanged, 1 failed, 1 skipped
`);
  });

  test('are a record each in CSV', async () => {
    expect(await renderAnswer('csv', refreshResults(all.slice(0, 1)), pipe)).toBe(
      'connection,status,durationMs,relations,columns,code,message,fix\norders,refreshed,1234,1200,9,,,\n',
    );
  });

  test('are a case each in reports, and a line each while they are made', () => {
    const { results, value, summary, done } = reportedRefreshes(all);
    expect(results.map(({ connection, status, stages }) => [connection, status, stages[0]?.status])).toEqual([
      ['orders', 'passed', 'passed'],
      ['stock', 'passed', 'passed'],
      ['dead\x1b', 'failed', 'failed'],
      ['busy', 'skipped', 'skipped'],
    ]);
    expect([value, done]).toEqual([all, 'refreshed']);
    expect(summary).toBe('4 connections: 1 refreshed, 1 unchanged, 1 failed, 1 skipped');
    expect(all.map((it) => refreshWords.finished(it))).toMatchObject([
      { outcome: 'passed', text: '✓ refreshed  orders  1.2 s  1,200 relations, 9 columns' },
      { outcome: 'passed' },
      { outcome: 'failed', text: '✗ failed  dead\\x1b  1.2 s  nobody\\nlistens' },
      { outcome: 'skipped' },
    ]);
  });
});
